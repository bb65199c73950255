// amazon-ec2-net-utils as Debian ships it, by its own udev rule, units and timer. Two files are changed, which accept `ena`, `ixgbevf`
// and `vif` only, so that they take the lab's veth as well.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentHost } from '../../lab/agent-host.ts';
import { findTree } from '../../lab/guest.ts';
import { guestOk } from '../../lab/guest-commands.ts';
import type { EniSpec } from '../../lab/vpc-spec.ts';
import { createBenchHost } from '../bench-host.ts';

const rule = 'usr/lib/udev/rules.d/99-vpc-policy-routes.rules';
const network = 'usr/lib/systemd/network/80-ec2.network';

/** A machine that is set up by the peer: every ENI that is there at the start has been configured once. */
export async function createEc2NetUtilsHost(name: string, enis: readonly EniSpec[]): Promise<AgentHost> {
  const files = {
    [rule]: shipped(rule).replaceAll('vif|ena|ixgbevf', 'vif|ena|ixgbevf|veth'),
    [network]: shipped(network).replace('Driver=ena', 'Driver=veth ena'),
    // The lab image's catch-all; an empty file is no file.
    'usr/lib/systemd/network/80-lab.network': '',
  };
  const host = await createBenchHost({ name, enis, bundle: '', files });
  await guestOk(host.guest, ['systemctl', 'start', ...enis.map(e => `policy-routes@${e.link}.service`)], {
    timeout: 120_000,
  });
  return host;
}

/** One refresh of every ENI, as the timers run it one by one. */
export function refreshAll(links: readonly string[]): readonly string[] {
  return ['sh', '-e', '-c', 'for link; do setup-policy-routes "$link" start; done', 'sh', ...links];
}

function shipped(path: string): string {
  return readFileSync(join(findTree('trixie'), path), 'utf8');
}
