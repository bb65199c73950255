// A machine that is a router between the subnets of its ENIs, and a NAT appliance, with one network service: `forward = yes` makes it one in both
// families and under strict rp_filter, costs its own packets nothing, survives a boot without the agent, and leaves nothing behind. Told once for
// each service. The router of the VPC has the source check off where the cloud has to have it off for that: on the ENIs that forward, never on the primary.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Suite } from '../needs/suites.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { countEvents } from './event-counter.ts';
import { guestOk } from './guest-commands.ts';
import { removeGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import type { GuestImageName } from './images.ts';
import { ip, runIn } from './namespace.ts';
import { addNeighbour, type Neighbour } from './neighbour.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { type Flow, inbound, outbound, ownOf, sendAll } from './traffic/flows.ts';
import { fewOut, inKinds, outKinds } from './traffic/kinds.ts';
import { type Place, type Servers, serve } from './traffic/places.ts';
import { lostOf, renderTable } from './traffic/table.ts';
import { eniOf, readSpoofDrops } from './vpc.ts';
import { addressesOf, type EniSpec, remoteClient } from './vpc-spec.ts';

export interface ApplianceStory {
  /** Of the VPC; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
}

const config = '/etc/eni-agent/eni-agent.conf.d/test.conf';
const eni = (number: number, host: number, mac: string): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:${mac}:0${number}`,
  subnets: [
    { subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.${host}`] },
    { subnet: `2001:db8:${number}::/64`, addresses: [`2001:db8:${number}::${host}`] },
  ],
});
const clientPlace = (namespace: string): Place => ({
  name: 'c',
  namespace,
  addresses: [remoteClient.address[4], remoteClient.address[6]],
});

export function tellAppliance({ name, suite, image }: ApplianceStory): void {
  let host: AgentHost;
  let neighbours: readonly Neighbour[];
  let places: readonly Place[];
  let bare: readonly string[] = [];
  let plain: readonly string[] = [];
  const servers: Servers[] = [];

  beforeAll(async () => {
    const enis = [0, 1, 2].map(n => eni(n, 10, '2a'));
    host = await createAgentHost({ name, provider: 'aws', enis }, { suite, image });
    neighbours = [];
    for (const n of [0, 1, 2])
      neighbours = [...neighbours, await addNeighbour(host.vpc, { ...eni(n, 90 + n, '2b'), link: 'eth0' })];
    places = neighbours.map(({ namespace, eni: own }, n) => ({
      name: `n${n}`,
      namespace,
      addresses: addressesOf(own),
    }));
    for (const place of [...places, clientPlace(host.vpc.client)]) servers.push(await serve(host.vpc, place));
    await beAppliance();
    bare = await rulesAndMain();
    await agentOk(host, ['once']);
    await strict();
    plain = await rulesAndMain();
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await destroyAgentHost(host);
  });

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
  const [c, n] = [() => clientPlace(host.vpc.client), (number: number) => places[number]!];

  async function rulesAndMain(): Promise<readonly string[]> {
    const shown = await sh('for f in 4 6; do ip -$f rule; ip -$f route show table main; done');
    const lines = shown.split('\n').filter(line => !/fe80|^ff00|^$/.test(line));
    // NetworkManager numbers the metrics of what the kernel adds with an address by the order of activation.
    const changing = / expires \S+| pref \S+| linkdown|(?<=proto kernel.*) metric \d+/g;
    return lines.map(line => line.replace(changing, '').trim()).sort();
  }

  /** As an administrator has it in files of his own. */
  async function beAppliance(): Promise<void> {
    await runIn(host.vpc.guest, ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  }

  /** Whatever the image's own sysctls say: the kernel takes the larger of both, and 2 is the loose one. */
  async function strict(): Promise<void> {
    const links = ['all', 'eth0', 'eth1', 'eth2'].map(link => `net.ipv4.conf.${link}.rp_filter=1`);
    await runIn(host.vpc.guest, ['sysctl', '-qw', ...links]);
  }

  /** Switches the source check of these ENIs off for a while. */
  async function withoutSourceCheck(links: readonly string[], act: () => Promise<void>): Promise<void> {
    const all = { prefixes4: '0.0.0.0/0', prefixes6: '::/0' };
    const change = (verb: 'add' | 'delete') => {
      const lines = links.flatMap(link =>
        Object.entries(all).map(
          ([set, net]) => `${verb} element inet ${eniOf(host.vpc, link).port} ${set} { ${net} }\n`,
        ),
      );
      return runIn(host.vpc.router, ['nft', '-f', '-'], lines.join(''));
    };
    await change('add');
    await act();
    await change('delete');
  }

  /** Route tables of the VPC: what neighbour N sends to these addresses goes to the machine's ENI in its subnet. */
  async function routeByMachine(): Promise<void> {
    const { router } = host.vpc;
    const to = { 1: [...n(2).addresses, ...c().addresses], 2: n(1).addresses };
    for (const [number, addresses] of Object.entries(to)) {
      const { port, subnets } = eniOf(host.vpc, `eth${number}`);
      const table = `100${number}`;
      const from = neighbours[Number(number)]!.eni.port;
      for (const { family, addresses: own } of subnets) {
        const words = ['via', own[0]!, 'dev', port, 'onlink', 'table', table];
        await ip(router, `-${family}`, 'route', 'replace', 'default', ...words);
        for (const address of addresses.filter(a => a.includes(':') === (family === 6))) {
          const rule = ['iif', from, 'to', address, 'lookup', table, 'priority', '1000'];
          await ip(router, `-${family}`, 'rule', 'del', ...rule).catch(() => undefined);
          await ip(router, `-${family}`, 'rule', 'add', ...rule);
        }
      }
    }
  }

  async function nat(...links: readonly string[]): Promise<void> {
    const rules = links.map(link => `oifname "${link}" masquerade\n`).join('');
    const head = 'type nat hook postrouting priority srcnat; policy accept;';
    const table = `table inet nat\ndelete table inet nat\n${links.length === 0 ? '' : `table inet nat {\nchain out {\n${head}\n${rules}}\n}\n`}`;
    await runIn(host.vpc.guest, ['nft', '-f', '-'], table);
  }

  const through = (from: Place, to: Place): readonly Flow[] =>
    outbound(from, [{ link: from.name, addresses: from.addresses }], [to], outKinds, 'through');

  /** What the machine itself sends and gets: from and to each of its addresses, n1 and n2 to the primary too. */
  const own = (): readonly Flow[] => {
    const all = ownOf(host.vpc);
    const guest = { name: 'own', namespace: host.vpc.guest, addresses: [] };
    const few = { 'in: ping': inKinds['in: ping']! };
    const peers = [...places, c()];
    return [...inbound(all, peers, few), ...outbound(guest, all, peers, fewOut)];
  };

  async function passes(flows: readonly Flow[], title: string): Promise<void> {
    const before = await readSpoofDrops(host.vpc);
    const results = await sendAll(host.vpc, flows);
    const table = renderTable(title, results, []);
    expect(lostOf(results), table).toEqual([]);
    expect((await readSpoofDrops(host.vpc)).byLink, table).toEqual(before.byLink);
  }

  async function works(): Promise<void> {
    await passes(own(), 'own');
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    await withoutSourceCheck(['eth1', 'eth2'], () =>
      passes([...through(n(1), n(2)), ...through(n(2), n(1))], 'router'),
    );
    await nat('eth0', 'eth2');
    await withoutSourceCheck(['eth1'], () => passes([...through(n(1), n(2)), ...through(n(1), c())], 'NAT'));
    await nat();
  }

  test('without the option nothing gets through', async () => {
    await routeByMachine();
    await passes(own(), 'own');
    const between = [...through(n(1), n(2)), ...through(n(2), n(1))];
    const out = [...through(n(1), n(2)), ...through(n(1), c())];
    await withoutSourceCheck(['eth1', 'eth2'], async () => {
      expect(lostOf(await sendAll(host.vpc, between))).toHaveLength(between.length);
      await nat('eth0', 'eth2');
      expect(lostOf(await sendAll(host.vpc, out))).toHaveLength(out.length);
      await nat();
    });
  });

  test('with it all of it does, and what is the machine’s own goes as before', async () => {
    const section = (number: number) => `[eni "02:00:00:00:2a:0${number}"]\nforward = yes\n`;
    writeGuestFile(host.guest, config, section(1) + section(2));
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    const more = (await rulesAndMain()).filter(line => !plain.includes(line));
    expect(more.map(line => line.split(/:\s/)[0])).toEqual(
      ['28900', '28901', '29200', '29201'].flatMap(priority => [priority, priority]),
    );
    await works();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('after a boot without the agent too', async () => {
    await rebootGuest(host.guest);
    await beAppliance();
    await routeByMachine();
    await waitFor(async () => (await sh('ip -6 rule')).includes('29201:'), 30_000);
    // The primary's address is asked for by duplicate address detection.
    await waitFor(async () => (await sh('ip -6 -o addr show tentative')) === '', 30_000);
    await strict();
    await works();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('without the option nothing of it stays, and after remove nothing at all', async () => {
    removeGuestFile(host.guest, config);
    await agentOk(host, ['once']);
    expect(await rulesAndMain()).toEqual(plain);
    await passes(own(), 'own');
    await agentOk(host, ['remove']);
    expect(await rulesAndMain()).toEqual(bare);
  });
}
