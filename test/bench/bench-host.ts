// The machine that hot-plug, quiet passes and memory are measured on: Debian 13 under real systemd with networkd and udevd, in a VPC of
// the AWS kind, with its metadata service. With the agent, or as a peer's machine (peers/).
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AgentHost, createAgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { agentPaths } from '../lab/guest-init.ts';
import type { EniSpec } from '../lab/vpc-spec.ts';

export interface BenchHostSpec {
  /** 1 to 20 of a-z and 0-9. */
  readonly name: string;
  /** The primary first. */
  readonly enis: readonly EniSpec[];
  /** Empty: a machine without the agent. */
  readonly bundle: string;
  readonly agentKeys?: readonly string[];
  /** More files of the image, path below / to content. */
  readonly files?: Readonly<Record<string, string>>;
}

export async function createBenchHost(spec: BenchHostSpec): Promise<AgentHost> {
  const host = await createAgentHost(
    { name: spec.name, provider: 'aws', enis: spec.enis },
    {
      suite: 'trixie',
      image: 'networkd',
      bundle: spec.bundle === '' ? '/nonexistent' : spec.bundle,
      agentKeys: spec.agentKeys ?? [],
      files: { ...quietFiles, ...(spec.bundle === '' ? {} : installedFiles(spec.bundle)), ...spec.files },
    },
  );
  // /sys is read-only, so that nothing of the guest reaches the machine; events of links come all the same.
  await guestOk(host.guest, ['systemctl', 'start', 'systemd-udevd.service']);
  return host;
}

/** What the packages install as the command `eni-agent`: it stands beside the bundle. */
export function launcherOf(path: string): string {
  return join(dirname(path), 'launcher.cjs');
}

/** The launcher and the unit that the packages ship, with its options for Node, by the paths of the lab. The unit is not enabled. */
function installedFiles(bundle: string): Readonly<Record<string, string>> {
  const unit = readFileSync(new URL('../../systemd/eni-agent.service', import.meta.url), 'utf8');
  const installed = dirname(agentPaths.node);
  return {
    'etc/systemd/system/eni-agent.service': unit.replaceAll('/usr/lib/eni-agent', installed),
    [launcherOf(agentPaths.bundle).slice(1)]: readFileSync(launcherOf(bundle), 'utf8'),
  };
}

/** Peers that the tree has but that are not measured now do not run; udevd starts although /sys is read-only. */
const quietFiles = {
  'etc/cloud/cloud-init.disabled': '',
  'etc/systemd/system/systemd-udevd.service.d/bench.conf': '[Unit]\nConditionPathIsReadWrite=\n',
};
