// `doctor`: what an administrator has set up and does not get, and the option that gives it.
import { describe, expect, test } from 'vitest';
import { groupsIn, multicast, wideAddresses } from '../../../../agent/doctor/wishes/own-setup.ts';
import { translation } from '../../../../agent/doctor/wishes/translation.ts';
import type { Inspection } from '../../../../agent/pass/inspect.ts';
import { examplePlans } from '../../../support/example-plans.ts';
import { addressOn, emptyKernel, nic, routeBy } from '../../../support/plan-parts.ts';
import { smallHost } from '../../hosts/small-host.ts';

const [plan] = examplePlans['static-dual-stack']!.enis;
const tracking = { '/proc/sys/net/netfilter/nf_conntrack_max': '65536\n' };
const docker = routeBy('docker0', '172.17.0.0/16');
const inspection = (kernel: object = {}) =>
  ({
    enis: [{ plan }],
    kernel: { ...emptyKernel, links: [nic(0), nic(1)], routes: [docker], ...kernel },
  }) as unknown as Inspection;

async function said(rules: string, found = inspection()) {
  const listing = { 'nft -n list ruleset': '', 'iptables-save -t nat': rules, 'ip6tables-save -t nat': '' };
  const { system } = smallHost(tracking, listing);
  return (await translation(found, { system })).map(({ verdict, saw, hint }) => [verdict, saw, hint]);
}

describe('translation', () => {
  test('SNAT to an address of an ENI, whose packets leave by the primary', async () => {
    expect(await said('-A POSTROUTING -s 172.18.0.0/16 -j SNAT --to-source 10.0.2.10')).toEqual([
      [
        'warning',
        'SNAT to 10.0.2.10 of eth1: the route is chosen before that, by 172.18.0.0/16, and leads to the primary',
        `set sources = 172.18.0.0/16 in [eni "${plan!.mac}"]; all packets of that network leave by eth1 then`,
      ],
    ]);
  });

  test('the same with the option', async () => {
    const rule = {
      ...plan!.rules.at(-1)!,
      from: '172.18.0.0/16',
      oif: undefined,
      localOnly: false,
      family: 4,
    };
    const found = { ...inspection(), enis: [{ plan: { ...plan!, rules: [...plan!.rules, rule] } }] } as never;
    expect(await said('-A POSTROUTING -s 172.18.0.0/16 -j SNAT --to-source 10.0.2.10', found)).toEqual([]);
  });

  test.each([
    ['to an address of the primary', '-A POSTROUTING -s 172.18.0.0/16 -j SNAT --to-source 10.0.1.10'],
    ['by the primary', '-A POSTROUTING -o eth0 -j MASQUERADE'],
    ['by whatever link', '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE'],
    ['to a machine elsewhere', '-A PREROUTING -d 10.0.2.10/32 -j DNAT --to-destination 10.0.2.77'],
  ])('nothing of %s', async (_what, rule) => expect(await said(rule)).toEqual([]));

  test('masquerading by the link of an ENI', async () => {
    expect(await said('-A POSTROUTING -o eth1 -j MASQUERADE')).toMatchObject([
      [
        'warning',
        expect.stringContaining('masquerading by eth1'),
        expect.stringContaining('set sources = NETWORK'),
      ],
    ]);
  });

  test('a port that is published on an address of an ENI', async () => {
    expect(
      await said('-A DOCKER -d 10.0.2.10/32 -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80'),
    ).toEqual([
      [
        'warning',
        'ports of 10.0.2.10 of eth1 are published from containers, whose answers leave by the primary',
        'set published-ports = yes in [routing]; not beside Calico or Cilium, which use the same bits of the mark',
      ],
    ]);
  });

  test('one that is published on every address: only said', async () => {
    const [[verdict, saw] = []] = await said(
      '-A DOCKER -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80',
    );
    expect([verdict, saw]).toEqual(['ok', expect.stringContaining('"published-ports = yes"')]);
  });

  test('nothing is asked where nobody tracks connections', async () => {
    const host = smallHost({}, {});
    expect(await translation(inspection(), { system: host.system })).toEqual([]);
    expect(host.ran).toEqual([]);
  });
});

describe('an address of his own', () => {
  const vip = (text: string) => addressOn('eth1', text);
  const connected = routeBy('eth1', '10.0.2.0/24');

  test('with the length of the subnet', () => {
    const found = inspection({ addresses: [vip('10.0.2.50/24')], routes: [connected] });
    expect(wideAddresses(found)).toMatchObject([
      {
        verdict: 'warning',
        saw: '10.0.2.50/24 on eth1 puts 10.0.2.0/24 into main: hosts there no longer reach the primary',
        hint: 'give it as 10.0.2.50/32',
      },
    ]);
  });

  test.each([
    ['alone', { addresses: [vip('10.0.2.50/32')] }],
    ['without the route (noprefixroute)', { addresses: [vip('10.0.2.50/24')], routes: [] }],
    ['ours', { addresses: [vip('10.0.2.10/24')], routes: [connected] }],
    [
      'on the primary',
      { addresses: [addressOn('eth0', '10.0.1.50/24')], routes: [routeBy('eth0', '10.0.1.0/24')] },
    ],
  ])('%s: nothing', (_what, kernel) => expect(wideAddresses(inspection(kernel))).toEqual([]));
});

describe('multicast', () => {
  const table =
    'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n' +
    '3\teth1      :     3      V3\n\t\t\t\t030201EF     1 0:00000000\t\t0\n\t\t\t\tFB0000E0     1 0:00000000\t\t0\n\t\t\t\t010000E0     1 0:00000000\t\t0\n';
  const host = (all: string, own: string) =>
    smallHost({
      '/proc/net/igmp': table,
      '/proc/sys/net/ipv4/conf/all/rp_filter': all,
      '/proc/sys/net/ipv4/conf/eth1/rp_filter': own,
    });

  test('groups of each link', () => {
    expect([...groupsIn(table)]).toEqual([
      ['lo', ['224.0.0.1']],
      ['eth1', ['239.1.2.3', '224.0.0.251', '224.0.0.1']],
    ]);
  });

  test.each([
    ['1', '0', 1],
    ['0', '1', 1],
    ['1', '2', 0],
    ['0', '0', 0],
  ])('rp_filter of all %s, of the link %s: %d', async (all, own, count) => {
    const findings = await multicast(inspection(), host(all, own));
    expect(findings).toHaveLength(count);
    for (const { saw } of findings) expect(saw).toContain('listens for 239.1.2.3 on eth1');
  });
});
