// Places that packets are sent from and to: the guest, the hosts around it, and what the guest has behind it. Each is a network namespace with echo
// servers (traffic.py), run by the Python of the guest's tree.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, run, startBackground, waitFor } from '../command.ts';
import { findTree } from '../guest.ts';
import { inNamespace } from '../namespace.ts';
import type { Vpc } from '../vpc.ts';
import { metadataAddresses } from '../vpc-spec.ts';

/** Servers that are bound to one address, and those that are bound to none. */
export const boundPort = 7001;
export const anyPort = 7002;

export interface Probe {
  readonly kind: 'tcp' | 'udp' | 'refused' | 'ping' | 'http';
  readonly to: string;
  readonly port?: number;
  /** What is sent, and has to come back. */
  readonly bytes?: number;
  readonly source?: string;
  readonly device?: string;
  /** Of ping. */
  readonly options?: readonly string[];
}

export interface Place {
  readonly name: string;
  readonly namespace: string;
  readonly addresses: readonly string[];
}

export interface Servers {
  stop(): Promise<void>;
}

const script = readFileSync(join(import.meta.dirname, 'traffic.py'), 'utf8');

/** Starts the echo servers of a place; without those for any address, where it has them already. */
export async function serve(vpc: Vpc, place: Place, withAny = true): Promise<Servers> {
  const servers = [
    ...place.addresses.map(address => ({ address, port: boundPort })),
    ...(withAny ? ['0.0.0.0', '::'] : []).map(address => ({ address, port: anyPort })),
  ].flatMap(server => [
    { kind: 'tcp', ...server },
    { kind: 'udp', ...server },
  ]);
  const process: Background = startBackground(
    await python(vpc, place.namespace, ['serve', JSON.stringify(servers)]),
  );
  const isReady = () => /^ready$/m.test(process.output());
  await waitFor(() => isReady() || !process.running(), 10_000);
  if (!isReady()) throw new Error(`no servers at ${place.name}: ${process.output()}`);
  return process;
}

/** Sends all of them, many at a time; what went wrong with each, empty for nothing. */
export async function send(vpc: Vpc, place: Place, probes: readonly Probe[]): Promise<readonly string[]> {
  const argv = await python(vpc, place.namespace, ['probe']);
  const { exitCode, stdout, stderr } = await run(argv, { input: JSON.stringify(probes), timeout: 60_000 });
  if (exitCode !== 0) throw new Error(`nothing could be sent from ${place.name}: ${exitCode} ${stderr}`);
  return JSON.parse(stdout);
}

async function python(vpc: Vpc, namespace: string, args: readonly string[]): Promise<readonly string[]> {
  // -B: the tree is that of all guests, and nothing is written there.
  return inNamespace(
    namespace,
    ['chroot', findTree('bookworm'), '/usr/bin/python3', '-I', '-B', '-c', script, ...args],
    { router: vpc.router, addresses: metadataAddresses(vpc.provider) },
  );
}
