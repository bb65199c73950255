// `routes = NETWORK via GATEWAY` with one network service: a network behind a router in the subnet of an ENI, which only that ENI reaches. Packets
// without a source and those of the ENI go there, the others as before, also after a boot without the agent. Told once for each service.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Suite } from '../needs/suites.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { removeGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import type { GuestImageName } from './images.ts';
import { ip, ipBatch } from './namespace.ts';
import { addNeighbour } from './neighbour.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { eniOf, readSpoofDrops } from './vpc.ts';

export interface RoutesStory {
  /** Of the VPC; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
}

const config = '/etc/eni-agent/eni-agent.conf.d/test.conf';
const networks = ['10.20.0.0/24', '2001:db8:20::/64'];
const hosts = ['10.20.0.9', '2001:db8:20::9'];

export function tellRoutes({ name, suite, image }: RoutesStory): void {
  let host: AgentHost;
  let plain: readonly string[] = [];

  beforeAll(async () => {
    const enis = [0, 1, 2].map(n => ({
      link: `eth${n}`,
      mac: `02:00:00:00:2c:0${n}`,
      subnets: [
        { subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] },
        { subnet: `2001:db8:${n}::/64`, addresses: [`2001:db8:${n}::10`] },
      ],
    }));
    host = await createAgentHost({ name, provider: 'aws', enis }, { suite, image });
    const { namespace } = await addNeighbour(host.vpc, {
      link: 'eth0',
      mac: '02:00:00:00:2d:01',
      subnets: [
        { subnet: '10.0.1.0/24', addresses: ['10.0.1.91'], prefixes: [networks[0]!] },
        { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::91'], prefixes: [networks[1]!] },
      ],
    });
    await ipBatch(namespace, [
      'link set dev lo up',
      ...hosts.map(a => `addr add ${a} dev lo${a.includes(':') ? ' nodad' : ''}`),
    ]);
    await agentOk(host, ['once']);
    await onlyByEni();
    plain = await state();
  });
  afterAll(() => destroyAgentHost(host));

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);

  /** No route table of the VPC leads there but that of the ENI's subnet. */
  async function onlyByEni(): Promise<void> {
    for (const network of networks) {
      const family = network.includes(':') ? '-6' : '-4';
      const rule = ['iif', eniOf(host.vpc, 'eth0').port, 'to', network, 'prohibit', 'priority', '900'];
      await ip(host.vpc.router, family, 'rule', 'del', ...rule).catch(() => undefined);
      await ip(host.vpc.router, family, 'rule', 'add', ...rule);
    }
  }

  async function state(): Promise<readonly string[]> {
    const shown = await sh('for f in 4 6; do ip -$f rule; ip -$f route show table all; done');
    const lines = shown.split('\n').filter(line => !/ table local|fe80::\/64|^ff00|multicast|^$/.test(line));
    const changing =
      / expires \S+| pref \S+| linkdown| proto (129|static|boot)| metric (1024|\d{1,3})\b| onlink/g;
    return lines.map(line => line.replace(changing, '').replace(/\s+/g, ' ').trim()).sort();
  }

  /** Which of the two hosts answer. */
  async function reached(...words: readonly string[]): Promise<readonly string[]> {
    const answers = await Promise.all(
      hosts.map(async to => {
        const source = words.filter(w => w.includes(':') === to.includes(':')).flatMap(w => ['-I', w]);
        const { exitCode } = await runInGuest(host.guest, [
          'ping',
          '-n',
          '-q',
          '-c',
          '2',
          '-i',
          '0.2',
          '-W',
          '1',
          ...source,
          to,
        ]);
        return exitCode === 0 ? [to] : [];
      }),
    );
    return answers.flat();
  }

  async function works(): Promise<void> {
    const drops = (await readSpoofDrops(host.vpc)).total;
    expect(await reached()).toEqual(hosts);
    for (const n of [1, 2]) expect(await reached(`10.0.${n}.10`, `2001:db8:${n}::10`)).toEqual(hosts);
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect((await readSpoofDrops(host.vpc)).total).toBe(drops);
    for (const to of hosts) {
      expect(await sh(`ip route get ${to}`)).toContain('dev eth1');
      const own = to.includes(':') ? '2001:db8:2::10' : '10.0.2.10';
      expect(await sh(`ip route get ${to} from ${own}`)).toContain('dev eth2');
    }
  }

  test('without the option only the ENI’s own addresses reach it', async () => {
    expect(await reached()).toEqual([]);
    expect(await reached('10.0.1.10', '2001:db8:1::10')).toEqual(hosts);
  });

  test('with it the machine does', async () => {
    const wanted = `${networks[0]} via 10.0.1.91, ${networks[1]} via 2001:db8:1::91`;
    writeGuestFile(host.guest, config, `[eni "02:00:00:00:2c:01"]\nroutes = ${wanted}\n`);
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    await works();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('after a boot without the agent too', async () => {
    await rebootGuest(host.guest);
    await onlyByEni();
    await waitFor(async () => (await sh('ip -6 route show table main')).includes('2001:db8:20::/64'), 30_000);
    await waitFor(async () => (await sh('ip -6 -o addr show tentative')) === '', 30_000);
    await works();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('without the option nothing of it stays', async () => {
    removeGuestFile(host.guest, config);
    await agentOk(host, ['once']);
    expect(await state()).toEqual(plain);
    expect(await reached()).toEqual([]);
  });
}
