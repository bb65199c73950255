// What a command by hand has changed belongs into the system's log as well: standard error of a terminal does not get there. By logger(1) of
// util-linux, which every distribution has: it reaches the journal, or the syslog daemon where there is no journal.

import { textLine } from '../log/text.ts';
import { type LineLevel, type Log, logAt } from '../log.ts';
import type { System } from '../system/system.ts';

interface Line {
  readonly level: LineLevel;
  readonly text: string;
}

const severities: Readonly<Record<LineLevel, string>> = {
  error: 'err',
  warn: 'warning',
  info: 'notice',
  debug: 'debug',
};

/** A log that keeps its lines, at info and above, until the command is over. */
export function openRecord(): { readonly log: Log; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const log = logAt('info', (level, fields, message) => {
    lines.push({ level, text: textLine(fields, message) });
  });
  return { log, lines };
}

/** Milliseconds for each call: a syslog daemon that hangs holds nobody up. */
const patienceMs = 2000;

/** Best effort, in the order of the lines. Never throws. */
export async function tellSystemLog(system: System, lines: readonly Line[]): Promise<void> {
  for (let start = 0, end = 0; start < lines.length; start = end) {
    const { level } = lines[start]!;
    while (lines[end]?.level === level) end++;
    const input = lines
      .slice(start, end)
      .map(({ text }) => `${text}\n`)
      .join('');
    const words = ['logger', '-t', 'eni-agent', '-p', `daemon.${severities[level]}`] as const;
    const { exitCode } = await system.run(words, { input, timeoutMs: patienceMs });
    // Missing, or stuck: no use in trying the others.
    if (exitCode !== 0) return;
  }
}
