// Every address of the guest, pinged in each direction: out to the client far away, out to the ENI's own gateway, and in
// from the client. The answer to "does this ENI work"; a wrong source NIC shows as a loss, because the router is strict.
import { type Ip, isLinkLocal } from '../../agent/model/address.ts';
import { run, slack } from './command.ts';
import type { Guest } from './guest.ts';
import { runInGuest } from './guest-commands.ts';
import { inNamespace } from './namespace.ts';
import type { Vpc } from './vpc.ts';
import { remoteClient, subnetOf, type VpcEni } from './vpc-spec.ts';

/** `neighbour`: to another VM in the same subnet, where the lab has one. */
export type Direction = 'out' | 'gateway' | 'neighbour' | 'in';

export interface PingResult {
  readonly link: string;
  readonly address: Ip;
  readonly direction: Direction;
  readonly target: string;
  /** Whether one echo came back before the deadline, and after how many rounds. */
  readonly ok: boolean;
  readonly rounds: number;
}

export interface MatrixOptions {
  /** Which ENIs and which of their addresses; all of all unless told. */
  readonly pick?: (eni: VpcEni, address: Ip) => boolean;
  /** Milliseconds of an idle machine in which a ping may be tried again; 15,000 unless told. In the first 2 s of a link IPv6 may lose some. */
  readonly patience?: number;
  /** Pings from inside only once the address answers to the client: where starting a program is slow, and is not to slow down what is awaited. */
  readonly outsideFirst?: boolean;
}

interface Probe {
  readonly link: string;
  readonly address: Ip;
  readonly direction: Direction;
  readonly target: string;
  readonly argv: readonly string[];
}

const batchSize = 60;

/** Runs a script of /bin/sh in the guest; resolves with its stdout. */
export type RunInside = (script: string) => Promise<{ readonly stdout: string }>;

/** Pings all of them, many at a time; each is tried until it succeeds or the patience is over. */
export async function pingMatrix(guest: Guest, options: MatrixOptions = {}): Promise<readonly PingResult[]> {
  return pingMatrixOf(guest.vpc, script => runInGuest(guest, ['sh', '-c', script]), options);
}

/** The same for any kind of guest. */
export async function pingMatrixOf(
  vpc: Vpc,
  inside: RunInside,
  options: MatrixOptions = {},
): Promise<readonly PingResult[]> {
  const probes = [...vpc.enis.values()].flatMap(eni =>
    eni.subnets
      .flatMap(subnet => subnet.addresses)
      .filter(address => options.pick?.(eni, address) ?? true)
      .flatMap(address => probesOf(vpc, eni, address)),
  );
  const rounds = new Map<Probe, number>();
  const end = Date.now() + slack * (options.patience ?? 15_000);
  const reached = new Set<Ip>();
  let missing: readonly Probe[] = probes;
  for (let round = 1, isLast = false; missing.length > 0 && !isLast; round++) {
    isLast = round > 1 && Date.now() >= end;
    const isDue = ({ direction, address }: Probe) => direction === 'in' || reached.has(address);
    const due = options.outsideFirst === true && !isLast ? missing.filter(isDue) : missing;
    const answered = await pingAll(vpc, inside, due);
    for (const probe of answered) {
      rounds.set(probe, round);
      if (probe.direction === 'in') reached.add(probe.address);
    }
    missing = missing.filter(probe => !answered.has(probe));
  }
  return probes
    .map(({ argv: _argv, ...probe }) => probe)
    .map((probe, index) => {
      const round = rounds.get(probes[index]!);
      return { ...probe, ok: round !== undefined, rounds: round ?? 0 };
    });
}

/** The pings that failed, one readable line each: what a test compares with []. */
export function failedPings(results: readonly PingResult[]): readonly string[] {
  return results.filter(result => !result.ok).map(r => `${r.link} ${r.address} ${r.direction} ${r.target}`);
}

/** A table for people: one line per address, one column per direction. */
export function renderMatrix(results: readonly PingResult[], mark = { ok: 'ok', lost: 'LOST' }): string {
  const rows = new Map<string, Partial<Record<Direction, boolean>>>();
  for (const { link, address, direction, ok } of results)
    rows.set(`${link} ${address}`, { ...rows.get(`${link} ${address}`), [direction]: ok });
  const width = Math.max(7, ...results.map(result => result.address.length));
  const cell = (ok: boolean | undefined, columns: number) => {
    const text = ok === undefined ? '-' : ok ? mark.ok : mark.lost;
    // Marks may carry colour codes, which take no room on the screen.
    return text + ' '.repeat(Math.max(0, columns - text.replace(/\u001b\[\d*m/g, '').length));
  };
  const columns = titles.filter(([direction]) => results.some(result => result.direction === direction));
  const lines = [...rows].map(([key, row]) => {
    const [link = '', address = ''] = key.split(' ');
    const cells = columns.map(([direction, title]) => cell(row[direction], title.length + 2)).join('');
    return `${link.padEnd(6)} ${address.padEnd(width)}  ${cells}`.trimEnd();
  });
  const head = `${'link'.padEnd(6)} ${'address'.padEnd(width)}  ${columns.map(([, title]) => title).join('  ')}`;
  return [head, ...lines].join('\n');
}

const titles: readonly (readonly [Direction, string])[] = [
  ['out', 'to client'],
  ['gateway', 'to gateway'],
  ['neighbour', 'to neighbour'],
  ['in', 'from client'],
];

function probesOf(vpc: Vpc, eni: VpcEni, address: Ip): readonly Probe[] {
  const six = address.includes(':');
  const client = remoteClient.address[six ? 6 : 4];
  const ping = ['ping', six ? '-6' : '-4', '-n', '-q', '-c', '1', '-W', '1'];
  const probes: Probe[] = [];
  const add = (direction: Direction, target: string, argv: readonly string[]) =>
    probes.push({ link: eni.link, address, direction, target, argv });
  add('out', client, [...ping, '-I', address, client]);
  const gateway = subnetOf(eni, address)?.gateway;
  if (gateway !== undefined) {
    // A link-local gateway needs its link named.
    const target = isLinkLocal(gateway) ? `${gateway}%${eni.link}` : gateway;
    add('gateway', target, [...ping, '-I', address, target]);
  }
  for (const neighbour of vpc.neighbours.values())
    for (const theirs of neighbour.subnets)
      if (theirs.subnet === subnetOf(eni, address)?.subnet && theirs.addresses[0] !== undefined)
        add('neighbour', theirs.addresses[0], [...ping, '-I', address, theirs.addresses[0]]);
  add('in', address, [...ping, address]);
  return probes;
}

/** One round: two processes per batch (guest and client), each starting its pings side by side. */
async function pingAll(
  vpc: Vpc,
  runInside: RunInside,
  probes: readonly Probe[],
): Promise<ReadonlySet<Probe>> {
  const answered = new Set<Probe>();
  const numbered = probes.map((probe, number) => ({ probe, number }));
  for (let start = 0; start < numbered.length; start += batchSize) {
    const batch = numbered.slice(start, start + batchSize);
    // Arguments are parsed addresses and link names: nothing that a shell could read otherwise.
    const script = (inward: boolean) =>
      batch
        .filter(({ probe }) => (probe.direction === 'in') === inward)
        .map(({ probe, number }) => `{ ${probe.argv.join(' ')} >/dev/null 2>&1 && echo ${number}; } &`)
        .join('\n');
    const [inside, outside] = await Promise.all([
      script(false) === '' ? { stdout: '' } : runInside(`${script(false)}\nwait`),
      run(await inNamespace(vpc.client, ['sh', '-c', `${script(true)}\nwait`])),
    ]);
    for (const line of `${inside.stdout}\n${outside.stdout}`.split('\n')) {
      const probe = /^\d+$/.test(line) ? numbered[Number(line)]?.probe : undefined;
      if (probe !== undefined) answered.add(probe);
    }
  }
  return answered;
}
