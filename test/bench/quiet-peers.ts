// The peers on a host on which nothing is to do: one refresh of every ENI (amazon-ec2-net-utils), one iteration of the hot-plug handler
// (cloud-init, which never looks by itself).
import { type AgentHost, destroyAgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import type { Counters } from '../support/metadata-emulator.ts';
import { parseTimed, timed } from './cpu.ts';
import { median } from './figures.ts';
import { createCloudInitHost, handlerSucceeded, hotplugHandler } from './peers/cloud-init.ts';
import { createEc2NetUtilsHost, refreshAll } from './peers/ec2-net-utils.ts';
import { enisOf, type Size } from './sizes.ts';

export interface PeerUse {
  readonly requests: number;
  readonly cpuMs: number;
}

export async function useOfEc2NetUtils(size: Size, rounds: number): Promise<PeerUse> {
  const host = await createEc2NetUtilsHost('quietnetutils', enisOf(size));
  const refresh = refreshAll(enisOf(size).map(eni => eni.link));
  try {
    // The first one after the start may still reload.
    await guestOk(host.guest, refresh, { timeout: 60_000 });
    return await useOf(host, refresh, rounds);
  } finally {
    await destroyAgentHost(host);
  }
}

export async function useOfCloudInit(size: Size, rounds: number): Promise<PeerUse> {
  const host = await createCloudInitHost('quietcloudinit', enisOf(size));
  try {
    const use = await useOf(host, hotplugHandler(enisOf(size).at(-1)!.link), rounds);
    if (!(await handlerSucceeded(host))) throw new Error('the handler of cloud-init did not come to its end');
    return use;
  } finally {
    await destroyAgentHost(host);
  }
}

async function useOf(host: AgentHost, argv: readonly string[], rounds: number): Promise<PeerUse> {
  const cpuMs: number[] = [];
  await host.metadata.send({ do: 'clear-log' });
  for (let round = 0; round < rounds; round++)
    cpuMs.push(parseTimed(await guestOk(host.guest, timed(argv), { timeout: 120_000 })).cpuMs);
  const { requests } = (await host.metadata.send({ do: 'counters' })) as Counters;
  return { requests: requests / rounds, cpuMs: median(cpuMs) };
}
