// Hot-plug in one step: everything of the ENI that is not the guest's (router port, DHCP, metadata) is ready before its link appears,
// as after an attach that the cloud has finished. Only the move of the link into the guest is the event.
import type { AgentHost } from '../lab/agent-host.ts';
import { startDhcp } from '../lab/dhcp-server.ts';
import { createNamespace, ip, labName, removeNamespace } from '../lab/namespace.ts';
import { recordingOf } from '../lab/recording-of.ts';
import { plugPort } from '../lab/router-port.ts';
import { detachEni } from '../lab/vpc.ts';
import { type EniSpec, parseEni, type VpcEni } from '../lab/vpc-spec.ts';

export interface PreparedEni {
  readonly eni: VpcEni;
  /** The link appears in the guest. */
  readonly plug: () => Promise<void>;
}

export async function prepareEni({ vpc, metadata }: AgentHost, spec: EniSpec): Promise<PreparedEni> {
  const eni = parseEni(vpc.provider, spec, vpc.nextIndex++);
  const staging = labName(vpc.name, 'staging');
  await createNamespace(staging);
  await plugPort(vpc.router, staging, vpc.provider, eni);
  const server = await startDhcp(vpc.router, eni, vpc.dir);
  if (server !== undefined) vpc.servers.set(eni.link, server);
  vpc.enis.set(eni.link, eni);
  await metadata.send({ do: 'replace', recording: recordingOf(vpc.provider, [...vpc.enis.values()]) });
  return {
    eni,
    plug: async () => {
      await ip(staging, 'link', 'set', 'dev', eni.link, 'netns', vpc.guest);
      removeNamespace(staging);
    },
  };
}

/** The cloud detaches the ENI: its link vanishes and the metadata knows. */
export async function unplugEni({ vpc, metadata }: AgentHost, link: string): Promise<void> {
  await detachEni(vpc, link);
  await metadata.sync();
}
