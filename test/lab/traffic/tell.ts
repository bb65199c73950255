// Every kind of packet that docs/how-it-works.md promises, sent through machines that one network service has configured, from a host far away and
// from one in the subnet of each ENI, past a router that drops what does not come from its ENI. One table per machine. Told once for each service.
import { describe, expect, test } from 'vitest';
import { agentOk } from '../agent-host.ts';
import { run, waitFor } from '../command.ts';
import { inNamespace, ip } from '../namespace.ts';
import { eniOf } from '../vpc.ts';
import { addressesOf, remoteClient } from '../vpc-spec.ts';
import { addContainers } from './containers.ts';
import { familyOfText } from './flows.ts';
import { machinesOfRun } from './machines.ts';
import { addFirewall, addStaticRoutes, besideFirewall, besideStaticRoutes } from './others.ts';
import { afterTooBig, plain, vips } from './scenes.ts';
import {
  addVips,
  buildStage,
  openBehind,
  play,
  type Stage,
  strikeStage,
  type TrafficStory,
} from './stage.ts';
import { lostOf, renderTable } from './table.ts';
import { addVpn, besideEverything, besideVpn, takeEverything } from './vpn.ts';

export function tellTraffic(story: TrafficStory): void {
  describe.each(machinesOfRun())('$title', machine => {
    test('every packet comes back, and none is dropped as a foreign one', async () => {
      const stage = await buildStage(story, machine);
      try {
        await tell(stage);
      } finally {
        await strikeStage(stage);
      }
      const { results, drops } = stage;
      const table = renderTable(`${story.image}, ${machine.title}`, results, drops);
      console.log(table);
      expect(lostOf(results).length, table).toBe(0);
      expect(drops, table).toEqual([]);
    });
  });
}

async function tell(stage: Stage): Promise<void> {
  const { field, machine } = stage;
  await play(stage, 'nothing beside', plain(field));

  if (machine.vips.length > 0) {
    await addVips(stage);
    await play(stage, 'VIP', vips(field, { link: 'eth1', addresses: machine.vips }));
  }

  const { places, flows } = await addContainers(field);
  await openBehind(stage, places);
  // What main has inside of an ENI's networks is seen by a pass.
  await agentOk(stage.host, ['once']);
  await play(stage, 'containers', flows(field));

  const withoutFirewall = await addFirewall(field);
  await play(stage, 'firewall and Tailscale', besideFirewall(field));
  await withoutFirewall();

  const withoutRoutes = await addStaticRoutes(field);
  await play(stage, 'static route by eth0', besideStaticRoutes(field));
  await withoutRoutes();

  await tellPathMtu(stage);
  await play(stage, 'Packet Too Big', afterTooBig(field));

  const vpn = await addVpn(field);
  await openBehind(stage, [vpn]);
  await play(stage, 'VPN to 10.0.0.0/8', besideVpn(field, vpn));
  await takeEverything(field);
  await play(stage, 'VPN to everything', besideEverything(field, vpn));
}

/** The primary sends a packet that is too large for the way to the client, and is told so, in each family. */
async function tellPathMtu({ field: { vpc }, machine }: Stage): Promise<void> {
  if (machine.mtu === 1500) {
    await ip(vpc.router, 'link', 'set', 'dev', 'client', 'mtu', '1300');
    await ip(vpc.client, 'link', 'set', 'dev', 'eth0', 'mtu', '1300');
  }
  for (const family of [4, 6] as const) {
    const to = remoteClient.address[family];
    const from = addressesOf(eniOf(vpc, 'eth0')).find(a => familyOfText(a) === family)!;
    const size = String(machine.mtu - 100);
    const argv = ['ping', '-n', '-c', '1', '-W', '1', '-M', 'do', '-s', size, '-I', from, to];
    const ping = await inNamespace(vpc.guest, argv);
    const isTold = async () => {
      await run(ping);
      return / mtu 1[35]00/.test(await ip(vpc.guest, 'route', 'get', to, 'from', from));
    };
    if (!(await waitFor(isTold, 10_000))) throw new Error(`the primary is not told the path MTU to ${to}`);
  }
}
