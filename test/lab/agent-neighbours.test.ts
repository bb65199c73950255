// Hosts in the VM's own subnets talk to every address of the VM, and are talked to: also a host in the subnet of one ENI to an
// address of another. The packet then comes in by the router, and the answer has to go back by it, from the ENI that owns the
// address; an answer that takes the short way by the other ENI has a foreign source there, and the VPC drops it.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { addNeighbour, type Neighbour, neighbourPings } from './neighbour.ts';
import { attachEni, readSpoofDrops } from './vpc.ts';
import { addressesOf, type EniSpec } from './vpc-spec.ts';

const eni = (number: number, addresses = 2): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:05:0${number}`,
  subnets: [
    {
      subnet: `10.0.${number}.0/24`,
      addresses: [`10.0.${number}.10`, `10.0.${number}.11`].slice(0, addresses),
    },
    { subnet: `2001:db8:${number}::/64`, addresses: [`2001:db8:${number}::10`] },
  ],
});
const neighbourOf = (number: number): EniSpec => ({
  link: 'eth0',
  mac: `02:00:00:00:06:0${number}`,
  subnets: [
    { subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.90`] },
    { subnet: `2001:db8:${number}::/64`, addresses: [`2001:db8:${number}::90`] },
  ],
});

describe('neighbours in every subnet', () => {
  let host: AgentHost;
  let neighbours: readonly Neighbour[];

  beforeAll(async () => {
    host = await createAgentHost({ name: 'neighbours', provider: 'aws', enis: [eni(0, 1), eni(1)] });
    neighbours = [await addNeighbour(host.vpc, neighbourOf(0)), await addNeighbour(host.vpc, neighbourOf(1))];
  });
  afterAll(() => destroyAgentHost(host));

  /** Every address of these links from and to every neighbour, as `ADDRESS <- NEIGHBOUR`; only what fails. */
  async function failures(links: readonly string[]): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const neighbour of neighbours) {
      for (const address of links.flatMap(link => addressesOf(host.vpc.enis.get(link)!))) {
        const peer = addressesOf(neighbour.eni).find(a => a.includes(':') === address.includes(':'))!;
        if (!(await neighbourPings(neighbour, address))) failed.push(`${address} <- ${peer}`);
        const out = await runInGuest(host.guest, [
          'ping',
          '-n',
          '-q',
          '-c',
          '2',
          '-i',
          '0.2',
          '-W',
          '1',
          '-I',
          address,
          peer,
        ]);
        if (out.exitCode !== 0) failed.push(`${address} -> ${peer}`);
      }
    }
    return failed;
  }

  test('before the agent, the primary talks to the neighbours in both subnets', async () => {
    expect(await failures(['eth0'])).toEqual([]);
  });

  test('with a second ENI, every address talks to the neighbours in both subnets; the primary still does', async () => {
    await agentOk(host, ['once']);
    const drops = await readSpoofDrops(host.vpc);
    expect(await failures(['eth0', 'eth1'])).toEqual([]);
    expect((await readSpoofDrops(host.vpc)).total).toBe(drops.total);
  });

  test('what the primary says by itself goes the way it went before', async () => {
    const before = await guestOk(host.guest, ['ip', 'route', 'get', '10.0.1.90']);
    expect(before).toContain('dev eth0');
    expect(before).toContain('src 10.0.0.10');
  });

  test('a third ENI in the second one’s subnet: all three', async () => {
    await attachEni(host.vpc, {
      link: 'eth2',
      mac: '02:00:00:00:05:02',
      subnets: [
        { subnet: '10.0.1.0/24', addresses: ['10.0.1.20'] },
        { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::20'] },
      ],
    });
    await host.metadata.sync();
    await agentOk(host, ['once']);
    const drops = await readSpoofDrops(host.vpc);
    expect(await failures(['eth0', 'eth1', 'eth2'])).toEqual([]);
    expect((await readSpoofDrops(host.vpc)).total).toBe(drops.total);
  });
});
