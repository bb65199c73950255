// What every act of the live demo does: run something in the guest, show it as a person would see it, and check what came of it.
import { countEvents } from '../lab/event-counter.ts';
import type { Guest } from '../lab/guest.ts';
import { guestOk, runAgent, runInGuest } from '../lab/guest-commands.ts';
import {
  failedPings,
  type MatrixOptions,
  type PingResult,
  pingMatrix,
  renderMatrix,
} from '../lab/ping-matrix.ts';
import { command, green, red, result, show } from './screen.ts';

const marks = { ok: green('ok'), lost: red('LOST') };
let wrong = 0;

/** Shows whether something is as it should be, and counts it if it is not. */
export function check(ok: boolean, text: string): void {
  if (!ok) wrong += 1;
  result(ok, text);
}

/** Checks that failed so far. */
export function failedChecks(): number {
  return wrong;
}

/** Runs the agent and shows what it said; its exit code must be one of `codes`. */
export async function agent(
  guest: Guest,
  args: readonly string[],
  codes: readonly number[],
  most = 60,
): Promise<void> {
  command(`eni-agent ${args.join(' ')}`);
  const { exitCode, stdout, stderr } = await runAgent(guest, args);
  show(textOf(stdout + stderr, '(no output)'), most);
  if (!codes.includes(exitCode)) check(false, `eni-agent ${args[0]} ended with ${exitCode}`);
}

/** `eni-agent once` with the events of the primary counted: none but those of its link group, which the first ENI brings and the last one takes. */
export async function once(guest: Guest): Promise<void> {
  // A daemon may act after the command that told it to has ended.
  const linger = guest.image.init === 'systemd' ? 1000 : 300;
  const { events } = await countEvents(guest.vpc, () => agent(guest, ['once'], [0]), { linger });
  const [other, group] = [events.of('eth0').length, events.groupsOf('eth0').length];
  const besides = group === 0 ? '' : `, besides ${group} of its link group`;
  check(other === 0 && group <= 1, `${other} kernel events on eth0 while it ran${besides}`);
}

/** Pings and shows the table. */
export async function showPings(guest: Guest, options: MatrixOptions = {}): Promise<readonly PingResult[]> {
  const results = await pingMatrix(guest, options);
  show(renderMatrix(results, marks));
  return results;
}

/** All pings, and all must be answered. */
export async function pings(guest: Guest): Promise<void> {
  const results = await showPings(guest);
  const answered = results.length - failedPings(results).length;
  check(results.length > 0 && answered === results.length, `${answered} of ${results.length} pings answered`);
}

/** A command with its output, which is also returned. */
export async function shell(guest: Guest, line: string): Promise<string> {
  command(line);
  const { stdout, stderr } = await runInGuest(guest, line.split(' '));
  show(textOf(stdout + stderr, '(nothing)'));
  return stdout;
}

/** A command whose success says nothing. */
export async function quiet(guest: Guest, line: string): Promise<void> {
  command(line);
  await guestOk(guest, line.split(' '));
}

function textOf(output: string, empty: string): string {
  return output.trim() === '' ? empty : output;
}
