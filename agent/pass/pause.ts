// A pause for work by hand: a mark below /run, and while it is valid nothing of ours changes an ENI by itself. Its end is kept in seconds
// since the boot, which no clock that is set can move, and no reboot keeps.
import { readBootId } from '../apply/checkpoint.ts';
import { AgentError } from '../errors.ts';
import { type OwnFile, recall } from '../records/own-file.ts';
import * as s from '../records/shapes.ts';
import type { System } from '../system/system.ts';
import { withLock } from './lock.ts';

export const pausePath = '/run/eni-agent/pause.json';

/** Whoever forgets it finds the machine looked after again a day later. */
export const longestPauseMs = 24 * 3_600_000;

interface Mark {
  readonly version: 1;
  readonly bootId: string | undefined;
  /** Seconds since the boot, as /proc/uptime has them: the time that the machine was suspended counts. */
  readonly endsAt: number;
}

const markFile: OwnFile<Mark> = {
  path: pausePath,
  shape: s.shapeOf({ version: s.literal(1), bootId: s.optional(s.line), endsAt: s.number }),
};

/** The end of the pause by the clock as it is now, in milliseconds since the epoch, to the second; undefined if there is none. */
export async function readPause(system: System): Promise<number | undefined> {
  const mark = await recall(system, markFile).catch(() => undefined);
  if (mark === undefined || mark.bootId !== (await readBootId(system))) return undefined;
  const left = (mark.endsAt - ((await readUptime(system)) ?? Number.POSITIVE_INFINITY)) * 1000;
  if (left <= 0 || left > longestPauseMs) return undefined;
  return Math.ceil((system.now() + left) / 1000) * 1000;
}

/**
 * Begins a pause, or replaces the one that there is. Waits for a pass that is under way: after this none changes anything.
 *
 * @param ms at most longestPauseMs
 * @returns its end, as readPause has it. Throws `lock-held`, `file-failed`
 */
export async function beginPause(system: System, ms: number): Promise<number> {
  return withLock(system, async () => {
    const uptime = await readUptime(system);
    if (uptime === undefined) throw new AgentError('file-failed', 'cannot read /proc/uptime');
    const mark: Mark = { version: 1, bootId: await readBootId(system), endsAt: uptime + ms / 1000 };
    await system.writeFile(pausePath, `${JSON.stringify(mark)}\n`, 0o644);
    return (await readPause(system)) ?? system.now() + ms;
  });
}

/** Takes the mark away, also one that is not valid any more. */
export async function endPause(system: System): Promise<void> {
  await system.removeFile(pausePath);
}

/** `14:30 UTC`, and the day where it is another one. */
export function clockTimeOf(until: number, now: number): string {
  const [day = '', time = ''] = new Date(until).toISOString().split('T');
  const isToday = new Date(now).toISOString().startsWith(day);
  return `${isToday ? '' : `${day} `}${time.slice(0, 5)} UTC`;
}

/** For every place that has to say it: until when, and how long that is. */
export function describePause(until: number, now: number): string {
  const minutes = Math.max(1, Math.round((until - now) / 60_000));
  const left = minutes === 1 ? '1 minute' : `${minutes} minutes`;
  return `paused by hand until ${clockTimeOf(until, now)}, ${left} left`;
}

async function readUptime(system: System): Promise<number | undefined> {
  const text = await system.readFile('/proc/uptime').catch(() => undefined);
  const seconds = Number.parseFloat(text ?? '');
  return Number.isFinite(seconds) ? seconds : undefined;
}
