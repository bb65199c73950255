// A VPC, its metadata service and a booted guest with the agent in it: what every test of the agent in the lab starts from, and
// the questions that it asks.

import type { Outcome } from './command.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { createGuest, type Guest, type GuestSpec } from './guest.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { listGuestDir, readGuestFile } from './guest-files.ts';
import { stopGuest } from './guest-power.ts';
import { createVpc, destroyVpc, type Vpc, type VpcSpec } from './vpc.ts';

export interface AgentHost {
  readonly vpc: Vpc;
  readonly guest: Guest;
  readonly metadata: Emulator;
}

export async function createAgentHost(spec: VpcSpec, guestSpec: GuestSpec = {}): Promise<AgentHost> {
  const vpc = await createVpc(spec);
  try {
    const metadata = await startEmulator(vpc);
    const guest = await createGuest(vpc, guestSpec);
    return { vpc, guest, metadata };
  } catch (error) {
    await destroyVpc(vpc);
    throw error;
  }
}

export async function destroyAgentHost(host: AgentHost | undefined): Promise<void> {
  if (host === undefined) return;
  await stopGuest(host.guest);
  await host.metadata.stop();
  await destroyVpc(host.vpc);
}

/** Runs the agent and demands an exit code; the error shows all that it said. */
export async function agentOk(host: AgentHost, args: readonly string[], exitCode = 0): Promise<string> {
  const outcome: Outcome = await runAgent(host.guest, args);
  if (outcome.exitCode !== exitCode)
    throw new Error(
      `eni-agent ${args.join(' ')} ended with ${outcome.exitCode}, not ${exitCode}:\n${outcome.stdout}${outcome.stderr}`,
    );
  return outcome.stdout;
}

/**
 * Files, addresses, routes and rules of the guest as text, without what changes by itself and without who added it (ifup or the
 * agent: protocol number, the broadcast address that ifup gives to a /32, the order). Two equal texts: the same network.
 */
export async function networkState(host: AgentHost): Promise<string> {
  const { guest } = host;
  const folder = '/etc/network/interfaces.d';
  const files = listGuestDir(guest, folder).map(
    name => `== ${name}\n${readGuestFile(guest, `${folder}/${name}`)}`,
  );
  const show =
    'for f in 4 6; do ip -$f rule; ip -$f route show table all; done; ip -o addr; cat /run/network/ifstate';
  const kernel = await guestOk(guest, ['sh', '-c', show]);
  const lines = kernel.split('\n').filter(line => !/ table local | fe80|^fe80|ff00::/.test(line));
  const steady = lines.map(line =>
    line
      .replace(/valid_lft.*$|expires \S+|^\d+: /g, '')
      .replace(/ (linkdown|tentative|dynamic|nodad|onlink|proto 129|brd \S+)/g, '')
      .trim(),
  );
  return [...files, ...steady.sort()].join('\n');
}
