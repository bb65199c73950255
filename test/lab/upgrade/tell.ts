// From the version before to this one, on a machine that works: the rules change their form, and nothing that is on its way over the primary or
// an ENI gets lost. Told once for each service.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { underTraffic } from '../../matrix/steady.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from '../agent-host.ts';
import { countEvents } from '../event-counter.ts';
import { guestOk } from '../guest-commands.ts';
import { readGuestFile } from '../guest-files.ts';
import type { ImageName } from '../images.ts';
import { ip } from '../namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from '../ping-matrix.ts';
import { readSpoofDrops } from '../vpc.ts';
import type { EniSpec } from '../vpc-spec.ts';
import {
  differences,
  groupRule,
  leaveFirstEdition,
  planOf,
  readApplied,
  type UpgradeSuite,
} from './leave.ts';

export interface UpgradeStory {
  /** Of the VPC; no other test file may have it. */
  readonly name: string;
  readonly image: ImageName;
  readonly suite: UpgradeSuite;
  /** The service itself takes the IPv6 of an ENI away for this many ms at most, whatever it is told to change; 0 unless told. */
  readonly ipv6Gap?: number;
}

const eni = (number: number, net: number, hosts: readonly number[], prefix = false): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:0d:0${number}`,
  subnets: [
    {
      subnet: `10.0.${net}.0/24`,
      addresses: hosts.map(host => `10.0.${net}.${host}`),
      ...(prefix ? { prefixes: [`10.0.${net}.64/28`] } : {}),
    },
    {
      subnet: `2001:db8:${net}::/64`,
      addresses: hosts.map(host => `2001:db8:${net}::${host}`),
      ...(prefix ? { prefixes: [`2001:db8:${net}:0:64::/80`] } : {}),
    },
  ],
});
/** eth1 has a subnet of its own, and so rules by subnet; eth2 is in that of the primary, and has rules by address. */
const enis = [eni(0, 0, [10]), eni(1, 1, [10, 11], true), eni(2, 0, [20])];
const sources4 = ['10.0.0.10', '10.0.1.10', '10.0.1.11', '10.0.0.20'] as const;
const sources6 = ['2001:db8:0::10', '2001:db8:1::10', '2001:db8:0::20'];

export function tellUpgrade({ name, image, suite, ipv6Gap = 0 }: UpgradeStory): void {
  let host: AgentHost;

  beforeAll(async () => {
    host = await createAgentHost({ name, provider: 'aws', enis }, { suite, image });
    await agentOk(host, ['once']);
  });
  afterAll(() => destroyAgentHost(host));

  const rules = () => guestOk(host.guest, ['sh', '-c', 'ip -4 rule; ip -6 rule']);

  async function works(): Promise<void> {
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  }

  test('not a packet is lost', async () => {
    const today = planOf(readApplied(host).applied);
    const before = await leaveFirstEdition(host, image, suite);
    expect(await differences(host, before)).toEqual([]);
    expect(await rules()).not.toMatch(/suppress_ifgroup|oif/);
    expect(await rules()).toContain('from 10.0.1.0/24 to 10.0.0.0/24 iif lo lookup 28000');
    expect(await ip(host.vpc.guest, 'link', 'show', 'dev', 'eth0')).toContain('group default');
    await works();

    const drops = await readSpoofDrops(host.vpc);
    const all: [string, ...string[]] = [...sources4, ...sources6];
    const streams = ['10.0.0.10', '10.0.1.10', '10.0.0.20'];
    const { losses, pings, bytes } = await underTraffic(
      host,
      all,
      async () => {
        const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']), { settle: ['eth0'] });
        expect(events.of('eth0'), 'events of the primary').toEqual([]);
      },
      streams,
    );
    const known = losses.map(loss => {
      const [, source, count] = /^ping of (\S+): lost (\d+):/.exec(loss) ?? [];
      const isOfEni = source?.includes(':') === true && source !== sources6[0];
      return isOfEni && Number(count) * 10 <= ipv6Gap ? Number(count) : 0;
    });
    expect(losses.filter((_, index) => known[index] === 0)).toEqual([]);
    // While the ENI's table is empty main is asked, and the packet leaves by the primary.
    const expected = known.reduce((sum, count) => sum + count, 0);
    expect((await readSpoofDrops(host.vpc)).total - drops.total).toBeLessThanOrEqual(expected);
    expect(pings).toBeGreaterThan(all.length * 50);
    expect(bytes).toBeGreaterThan(streams.length * 50);

    expect(await differences(host, today)).toEqual([]);
    expect(readApplied(host).applied).toEqual(today.enis);
    expect(readGuestFile(host.guest, groupRule)).toContain('netdev_group');
    expect(await ip(host.vpc.guest, 'link', 'show', 'dev', 'eth0')).toContain('group 28000');
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    await works();
  });
}
