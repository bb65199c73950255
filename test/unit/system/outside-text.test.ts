// Text from outside (metadata, programs, files, names of links) in each place where the agent writes: no character steers a terminal, ends
// a line or changes the order of the others, and none is so long that the reader gives up. What is JSON says the same as before.
import { describe, expect, test } from 'vitest';
import { openRecord, tellSystemLog } from '../../../agent/cli/system-log.ts';
import { renderMetrics } from '../../../agent/daemon/metrics/file.ts';
import { type Report, reportPath, writeReport } from '../../../agent/daemon/report.ts';
import type { HistoryEntry } from '../../../agent/history/entry.ts';
import { historyPath, recordInHistory } from '../../../agent/history/store.ts';
import { runHooks } from '../../../agent/hooks.ts';
import { openLog } from '../../../agent/log/open-log.ts';
import { silentLog } from '../../../agent/log.ts';
import type { PassResult } from '../../../agent/pass/pass.ts';
import { json } from '../../../agent/support/part.ts';
import type { CommandResult, RunOptions, System } from '../../../agent/system/system.ts';
import { runCli } from '../../support/cli-machine.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const mark = 'from outside';
/** What a terminal obeys, what ends a line for one reader or another, what turns the order round, what is not to be seen, and a lone half. */
const odd = `${mark} \u001b[8m\u001b[H\u001b[J\u001b]0;t\u0007\u009b2J\n{"level":"info","msg":"forged"}\r\nMAINPID=331\u0000\u007f\u0085\u2028\u2029\u202e\u2066\u200b\ufeff\u{e0041}\ud800"\\`;
const long = odd.repeat(8000);

const at = '2026-01-15T10:00:00.000Z';

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const pass = (text: string) =>
  ({
    outcome: 'applied',
    instance: { provider: 'aws', instanceId: text },
    backend: 'networkd',
    changes: [],
    files: [{ path: text }],
    degraded: [text],
  }) as unknown as PassResult;

/** What the hook `x` reads. */
async function hookInput(text: string): Promise<string> {
  let input = '';
  const stat = async (path: string) => ({
    inode: 1,
    modified: 0,
    mode: path.endsWith('/x') ? 0o100755 : 0o40755,
    uid: 0,
  });
  const run = async (_argv: readonly string[], options: RunOptions): Promise<CommandResult> => {
    input = options.input ?? '';
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const system = {
    stat,
    run,
    listFolder: async () => ['x'],
    readLink: async () => undefined,
    ticks: () => 0,
  };
  await runHooks(system as unknown as System, silentLog, pass(text), text);
  return input;
}

async function logLine(format: 'json' | 'text', reader: 'journal' | 'file', text: string): Promise<string> {
  const lines: string[] = [];
  const log = await openLog({
    level: 'info',
    format,
    reader,
    to: line => void lines.push(line),
    now: () => 0,
  });
  log.warn({ link: text, reason: text, drift: [text] }, text);
  return lines.join('');
}

async function systemLog(text: string): Promise<string> {
  const system = new FakeSystem();
  const { log, lines } = openRecord();
  log.warn({ link: text, reason: text }, text);
  await tellSystemLog(system, lines);
  return system.systemLog.map(line => `${line}\n`).join('');
}

const report = (text: string) =>
  ({
    startedAt: '',
    build: { version: text },
    counters: {},
    metadata: {},
    notAsPlanned: [],
    leftOver: [],
    degraded: [],
    enis: [{ eniId: text, mac: 'm', link: text, state: 'working' }],
  }) as unknown as Report;

const fullReport = (text: string): Omit<Report, 'enis'> & { enis: unknown } => ({
  ...report(text),
  version: 1,
  build: { version: '1', commit: null, date: null },
  pid: 1,
  startedAt: at,
  lookedAt: at,
  nextLookAt: at,
  mood: 'quiet',
  waitingFor: [text],
  lastTriggers: ['timer'],
  counters: { passes: 1, quiet: 1, changes: 1, repairs: 1, failures: 1, requests: 1 },
  metadata: { state: 'answered', answeredAt: at },
  error: { code: 'bug', message: text, hint: text, since: at, times: 1 },
  enis: [
    {
      eniId: text,
      mac: '02:00:00:00:00:02',
      link: text,
      state: 'failed',
      since: at,
      text,
      lastError: { at, text },
    },
  ],
  problems: [text],
  configProblem: null,
  lastChange: null,
  brake: null,
  liveOnly: null,
  refused: false,
  lastGoodLookAt: at,
  answered: [],
  pausedUntil: null,
});

async function written(path: string, write: (system: System) => Promise<unknown>): Promise<string> {
  const system = new FakeSystem();
  await write(system);
  return system.files.get(path)!.content;
}

function entry(text: string): HistoryEntry {
  const eni = {
    kind: 'changed',
    eniId: undefined,
    mac: '02:00:00:00:00:02',
    link: 'eth1',
    added: [text],
    removed: [],
  };
  const rest = { times: 1, by: 'daemon', trigger: 'timer', result: 'failed', backend: 'netplan', files: [] };
  return {
    at,
    since: at,
    ...rest,
    error: { code: 'x', message: text },
    enis: [eni],
  } as unknown as HistoryEntry;
}

const historyFile = (text: string) =>
  written(historyPath, system => recordInHistory(system, silentLog, entry(text)));

interface Writer {
  readonly name: string;
  readonly write: (text: string) => Promise<string>;
  readonly isJson?: true;
  readonly most?: number;
}

const writers: readonly Writer[] = [
  { name: 'the log for people', write: text => logLine('text', 'file', text), most: 3000 },
  { name: 'the log for people in the journal', write: text => logLine('text', 'journal', text), most: 3000 },
  // journald makes two lines of one with more than 48 KiB.
  {
    name: 'the log for programs',
    write: text => logLine('json', 'file', text),
    isJson: true,
    most: 48 * 1024,
  },
  { name: 'the system log of a command', write: systemLog, most: 3000 },
  { name: 'what a hook reads', write: hookInput, isJson: true },
  {
    name: 'the metrics',
    write: async text => renderMetrics(report(text)),
  },
  { name: 'the history', write: historyFile, isJson: true },
  {
    name: 'the report of the daemon',
    write: text => written(reportPath, system => writeReport(system, report(text))),
    isJson: true,
  },
  { name: 'a part of the archive', write: async text => json(text), isJson: true },
  {
    name: 'status --cached',
    write: async text => {
      const { out, err } = await runCli(['status', '--cached'], {
        [reportPath]: JSON.stringify(fullReport(text)),
      });
      return out + err;
    },
  },
  {
    name: 'history',
    write: async text =>
      (await runCli(['history'], { [historyPath]: `${JSON.stringify(entry(text))}\n` })).out,
  },
  {
    name: 'history --json',
    write: async text =>
      (await runCli(['history', '--json'], { [historyPath]: `${JSON.stringify(entry(text))}\n` })).out,
    isJson: true,
  },
];

describe.each(writers)('$name', ({ write, isJson, most }) => {
  test.each([
    ['a short one', odd],
    ['a megabyte', long],
  ])('%s', async (_, text) => {
    const said = await write(text);
    expect(said).toContain(mark);
    expect(said.replaceAll('\n', '')).not.toMatch(unprintable);
    expect(said.split('\n')).toHaveLength((await write(mark)).split('\n').length);
    if (isJson) expect(JSON.stringify(JSON.parse(said))).toContain(mark);
    if (most !== undefined) expect(said.length).toBeLessThan(most);
  });
});
