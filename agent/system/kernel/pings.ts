// Pings from given sources, one packet each: the only thing of `doctor` that sends anything, and only where the user says so.
import { familyOf, type Ip } from '../../model/address.ts';
import type { System } from '../system.ts';

export interface Ping {
  readonly from: Ip;
  readonly to: Ip;
}

export interface PingResult extends Ping {
  readonly outcome: 'answered' | 'lost' | 'failed' | 'no-program' | 'not-sent';
  /** Of `failed`: what the program said. */
  readonly reason: string;
}

/** At most so many processes at once, and no new one after so long: a lost ping takes a second. */
const sideBySide = 32;
const totalMs = 20_000;

/** Results in the order of the pings. */
export async function sendPings(system: System, pings: readonly Ping[]): Promise<readonly PingResult[]> {
  const results: PingResult[] = [];
  const end = system.ticks() + totalMs;
  for (let at = 0; at < pings.length; at += sideBySide) {
    const batch = pings.slice(at, at + sideBySide);
    const late = system.ticks() >= end;
    results.push(
      ...(late
        ? batch.map(ping => ({ ...ping, outcome: 'not-sent' as const, reason: '' }))
        : await Promise.all(batch.map(ping => send(system, ping)))),
    );
  }
  return results;
}

async function send(system: System, ping: Ping): Promise<PingResult> {
  const words = ['-n', '-q', '-c', '1', '-W', '1', '-I', ping.from, ping.to];
  const run = (program: string) => system.run([program, ...words], { timeoutMs: 3000 });
  let { exitCode, stderr } = await run('ping');
  // Where `ping` knows IPv4 only (old iputils), IPv6 has a program of its own.
  if (familyOf(ping.to) === 6 && exitCode !== 0 && exitCode !== 1) {
    const other = await run('ping6');
    if (other.exitCode !== 127) ({ exitCode, stderr } = other);
  }
  return { ...ping, ...readOutcome(exitCode, stderr) };
}

/** 0: an answer. 1, or the deadline of ours: none. Anything else: the packet could not be sent. */
export function readOutcome(exitCode: number, stderr: string): Pick<PingResult, 'outcome' | 'reason'> {
  if (exitCode === 0) return { outcome: 'answered', reason: '' };
  if (exitCode === 1 || exitCode === 124) return { outcome: 'lost', reason: '' };
  if (exitCode === 127) return { outcome: 'no-program', reason: '' };
  const [first = ''] = stderr.trim().split('\n');
  return { outcome: 'failed', reason: first.replace(/^ping6?: /, '') || `exit ${exitCode}` };
}
