// Counts what the kernel announces about links, addresses, routes and rules of the guest while something happens: the
// proof that the primary was not touched, not for one packet. Source: `ip -o -ts monitor` (rtnetlink groups).
import { startBackground, waitFor } from './command.ts';
import { inNamespace, ip } from './namespace.ts';
import type { Vpc } from './vpc.ts';

export interface Events {
  /** All lines that the monitor wrote during the callback, with time stamps. */
  readonly lines: readonly string[];
  /** Lines that announce no more of the link than another group; they are in none of the others. */
  groupsOf(link: string): readonly string[];
  /** Lines that name the link. */
  of(link: string): readonly string[];
  /** Lines that name the link and announce that something went away. */
  deletionsOf(link: string): readonly string[];
}

export interface CountOptions {
  /** Links that must have been silent for `quiet` ms before the callback starts; all ENIs unless told. */
  readonly settle?: readonly string[];
  /** Milliseconds; 300 unless told. Directly after a boot duplicate address detection still speaks. */
  readonly quiet?: number;
  /** Milliseconds to go on listening after the callback, for what a daemon does later; 300 unless told. */
  readonly linger?: number;
}

/**
 * Runs `action` and returns the events of that time, with the action's own result. Throws if the monitor does not run
 * or did not see the control events (an address of lo, added before and after): a dead monitor must not count as silence.
 */
export async function countEvents<T>(
  vpc: Vpc,
  action: () => Promise<T>,
  options: CountOptions = {},
): Promise<{ readonly events: Events; readonly result: T }> {
  const argv = ['ip', '-o', '-ts', 'monitor', 'link', 'address', 'route', 'rule'];
  const monitor = startBackground(await inNamespace(vpc.guest, argv));
  try {
    await control(vpc, monitor.output, '127.77.0.1');
    await settle(vpc, monitor.output, options.settle ?? [...vpc.enis.keys()], options.quiet ?? 300);
    // Cut at a control event of its own, so that the settling is not part of the count.
    await control(vpc, monitor.output, '127.77.0.2');
    const from = monitor.output().length;
    const before = await ip(vpc.guest, '-o', 'link', 'show');
    const result = await action();
    await new Promise(resolve => setTimeout(resolve, options.linger ?? 300));
    // Events of one socket keep their order: once this one is there, all earlier ones are.
    await control(vpc, monitor.output, '127.77.0.3');
    if (!monitor.running()) throw new Error(`ip monitor ended early: ${monitor.output().slice(-300)}`);
    const lines = monitor
      .output()
      .slice(from)
      .split('\n')
      .filter(line => line !== '' && !line.includes('127.77.0.'));
    const others = withoutGroups(lines, before.split('\n'));
    const groups = lines.filter(line => !others.includes(line));
    return { events: { ...eventsOf(others), groupsOf: link => eventsOf(groups).of(link) }, result };
  } finally {
    await monitor.stop();
  }
}

/**
 * Without the lines that announce no more of a link than another group: that of the primary is set once, and neither the network service nor a
 * packet takes notice.
 */
export function withoutGroups(lines: readonly string[], before: readonly string[]): readonly string[] {
  const body = (line: string) =>
    line
      .replace(/^\[[^\]]*\] */, '')
      .replace(/ mode \S+| qlen \d+|\\/g, '')
      .replace(/\s+/g, ' ');
  const ofLink = (line: string) => /^(\d+: [^:]+): </.exec(body(line))?.[1];
  const bare = (line: string) => body(line).replace(/ group \S+/, '');
  const known = new Map(before.map(line => [ofLink(line), line]));
  return lines.filter(line => {
    const link = ofLink(line);
    const last = known.get(link);
    if (link === undefined || last === undefined) return true;
    known.set(link, line);
    const isSame = bare(line).trim() === bare(last).trim();
    return !isSame || body(line).trim() === body(last).trim();
  });
}

function eventsOf(lines: readonly string[]): Omit<Events, 'groupsOf'> {
  const of = (link: string) => {
    const name = new RegExp(`(^|[\\s])${link.replaceAll('.', '\\.')}(?=[\\s:@]|$)`);
    return lines.filter(line => name.test(line));
  };
  return { lines, of, deletionsOf: link => of(link).filter(line => line.includes('Deleted ')) };
}

/** Adds and removes an address on lo until the monitor has shown both; some seconds at most. */
async function control(vpc: Vpc, output: () => string, address: string): Promise<void> {
  for (let attempt = 0; attempt < 15; attempt++) {
    await ip(vpc.guest, 'addr', 'add', `${address}/32`, 'dev', 'lo');
    await ip(vpc.guest, 'addr', 'del', `${address}/32`, 'dev', 'lo');
    // The route of the local table is the last thing to go, so this line is the end of the control event.
    const last = new RegExp(`Deleted .*${address.replaceAll('.', '\\.')}`);
    if (await waitFor(() => last.test(output()), 200, 10)) {
      await new Promise(resolve => setTimeout(resolve, 30));
      return;
    }
  }
  throw new Error(`ip monitor showed no event of lo: ${output().slice(-300) || '(no output)'}`);
}

/** Waits until the links are silent and no address of theirs is tentative: the end of duplicate address detection is an event
 * too, and comes 1 to 2 s after the link. At most 8 s. */
async function settle(
  vpc: Vpc,
  output: () => string,
  links: readonly string[],
  quiet: number,
): Promise<void> {
  let seen = 0;
  let since = Date.now();
  const silent = await waitFor(async () => {
    const now = links.reduce((sum, link) => sum + eventsOf(output().split('\n')).of(link).length, 0);
    if (now !== seen) {
      seen = now;
      since = Date.now();
    }
    if (Date.now() - since < quiet) return false;
    const tentative = await ip(vpc.guest, '-6', '-o', 'addr', 'show', 'tentative');
    return !links.some(link => tentative.includes(` ${link} `));
  }, 8000);
  if (!silent) throw new Error(`${links.join(', ')} did not settle in 8 s`);
}
