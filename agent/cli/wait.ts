// `--wait SECONDS`: looks again while something is missing that may come by itself, for where no daemon does so.
import { AgentError } from '../errors.ts';
import type { System } from '../system/system.ts';
import { textOption } from './args.ts';
import type { CliOption, OptionValues } from './command.ts';

const longest = 600;

export const waitOption: CliOption = {
  type: 'string',
  value: 'SECONDS',
  help: `keep checking for this long (at most ${longest}) while a link, a lease or metadata is missing`,
};

/** Milliseconds between looks; the last one repeats. As the daemon does it, but for what only a new process would see at once. */
const pausesMs = [1000, 2000, 5000, 10_000];

/** A machine that has just booted may not have its address yet. */
const passing: ReadonlySet<AgentError['code']> = new Set(['metadata-unreachable', 'metadata-invalid']);

/** Milliseconds; 0 if the option was not given. Throws `usage`. */
export function waitMsOf(values: OptionValues): number {
  const text = textOption(values, 'wait');
  if (text === undefined) return 0;
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= longest) return seconds * 1000;
  throw new AgentError(
    'usage',
    `--wait ${JSON.stringify(text)} is not a whole number of seconds from 1 to ${longest}`,
  );
}

/**
 * Looks once, and again until nothing is missing or the time is over.
 *
 * @param attempt says whether anything is missing that may come; what it throws last is thrown here
 */
export async function retryUntilComplete(
  system: System,
  waitMs: number,
  attempt: () => Promise<boolean>,
): Promise<void> {
  const end = system.ticks() + waitMs;
  for (let tries = 0; ; tries++) {
    const pause = pausesMs[Math.min(tries, pausesMs.length - 1)]!;
    const isLast = system.ticks() + pause > end;
    try {
      if (!(await attempt()) || isLast) return;
    } catch (error) {
      if (isLast || !(error instanceof AgentError) || !passing.has(error.code)) throw error;
    }
    await system.sleep(pause);
  }
}
