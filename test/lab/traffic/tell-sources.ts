// `sources = NETWORKS`: containers with SNAT to an address of the ENI, and an administrator's VIP in a subnet that two ENIs share. Lost without the
// option, by the ENI with it, and after a boot without the agent. Told once for each service.
import { describe, expect, test } from 'vitest';
import { agentOk } from '../agent-host.ts';
import { waitFor } from '../command.ts';
import { guestOk } from '../guest-commands.ts';
import { removeGuestFile, writeGuestFile } from '../guest-files.ts';
import { rebootGuest } from '../guest-power.ts';
import { addBehind, letForward } from './behind.ts';
import { outbound } from './flows.ts';
import { fewOut } from './kinds.ts';
import { type TrafficMachine, trafficMachines } from './machines.ts';
import type { Place } from './places.ts';
import { sendCounted } from './published.ts';
import { vips } from './scenes.ts';
import { addVips, buildStage, openBehind, type Stage, strikeStage, type TrafficStory } from './stage.ts';
import { lostOf, renderTable } from './table.ts';

const config = '/etc/eni-agent/eni-agent.conf.d/sources.conf';
const containers = { link: 'docker0', networks: ['172.17.0.0/16', 'fd00:17::/64'] };
/** In the subnet that eth1 and eth2 share. */
const hisVips = ['10.0.1.210', '2001:db8:1::210'];

const machines = ['exclusive', 'shared', 'withprimary'].map((name): TrafficMachine => {
  const machine = trafficMachines.find(m => m.name === name)!;
  return { ...machine, vips: name === 'shared' ? hisVips : [] };
});

export function tellSources(story: TrafficStory & { readonly machines: readonly string[] }): void {
  describe.each(machines.filter(m => story.machines.includes(m.name)))('$title', machine => {
    test('lost without the option, and by the ENI with it', async () => {
      const stage = await buildStage(story, machine);
      try {
        await tell(stage, `${story.image}, ${machine.title}`);
      } finally {
        await strikeStage(stage);
      }
    });
  });
}

async function tell(stage: Stage, title: string): Promise<void> {
  const { host, field, machine } = stage;
  const place = await addContainers(stage);
  if (machine.vips.length > 0) await addVips(stage);
  const send = async (note: string) => {
    const own = [{ link: 'docker0', addresses: place.addresses }];
    const flows = [
      ...outbound(place, own, field.peers, fewOut, 'container with SNAT'),
      ...(machine.vips.length > 0 ? vips(field, { link: 'eth1', addresses: machine.vips }) : []),
    ];
    const { results, drops } = await sendCounted(stage, flows);
    const table = renderTable(`${title}: ${note}`, results, drops === 0 ? [] : [String(drops)]);
    console.log(table);
    return { lost: lostOf(results), drops, table };
  };
  const expectAll = async (note: string) => {
    const { lost, drops, table } = await send(note);
    expect([lost.length, drops], table).toEqual([0, 0]);
  };

  const off = await send('without the option');
  expect(off.lost.length, off.table).toBeGreaterThan(5);
  const wanted = [...containers.networks, ...machine.vips.map(ip => `${ip}/${ip.includes(':') ? 128 : 32}`)];
  writeGuestFile(host.guest, config, `[eni "${machine.enis[1].mac}"]\nsources = ${wanted.join(' ')}\n`);
  await agentOk(host, ['once']);
  await expectAll('with the option');
  expect(await agentOk(host, ['once'])).toContain('Nothing to do.');

  // What a boot brings without the agent.
  const before = await ruleTexts(stage);
  await rebootGuest(host.guest);
  await waitFor(async () => (await ruleTexts(stage)).join() === before.join(), 30_000);
  expect(await ruleTexts(stage)).toEqual(before);
  removeGuestFile(host.guest, config);
  await agentOk(host, ['once']);
  expect((await ruleTexts(stage)).filter(rule => /172\.17|fd00:17|\.210/.test(rule))).toEqual([]);
}

/** With SNAT to the first addresses of eth1, whatever link they leave by. */
async function addContainers(stage: Stage): Promise<Place> {
  const { vpc } = stage.field;
  await letForward(vpc);
  const place = await addBehind(vpc, {
    link: containers.link,
    nets: [
      { gateway: '172.17.0.1/16', address: '172.17.0.2' },
      { gateway: 'fd00:17::1/64', address: 'fd00:17::2' },
    ],
  });
  await openBehind(stage, [place]);
  const [four, six] = vpc.enis.get('eth1')!.subnets.map(subnet => subnet.addresses[0]!);
  const table = `table inet outgoing {
  chain out { type nat hook postrouting priority srcnat;
    ip saddr ${containers.networks[0]} snat ip to ${four}
    ip6 saddr ${containers.networks[1]} snat ip6 to ${six}
  }
}`;
  await guestOk(stage.host.guest, ['/usr/sbin/nft', table]);
  return place;
}

async function ruleTexts({ host }: Stage): Promise<readonly string[]> {
  const text = await guestOk(host.guest, ['sh', '-c', 'ip -4 rule; ip -6 rule']);
  return text
    .split('\n')
    .map(line => line.replace(/ proto \S+/, '').trim())
    .filter(line => line !== '')
    .sort();
}
