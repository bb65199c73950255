// The link of an ENI was somebody's before: what dhcpcd and a router have left there (made by hand, as cloud-init leaves it) and what a person
// has added. A failed apply gives everything back, a take-over takes the leftovers away, and `remove` brings them back in the same boot.
// needs: tree bookworm, tree trixie
// with --all only: two machines, and applies that have to fail
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk, runAgent, runInGuest } from './guest-commands.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import type { EniSpec } from './vpc-spec.ts';

const enis: readonly EniSpec[] = [0, 1].map(n => ({
  link: `eth${n}`,
  mac: `00:16:3e:00:00:0${n + 1}`,
  subnets: [
    { subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] },
    { subnet: `2001:db8:${n}::/64`, addresses: [`2001:db8:${n}::10`] },
  ],
}));

const dhcpcd = [
  'addr add 10.0.1.10/24 brd + dev eth1 valid_lft 3600 preferred_lft 3600',
  'route add default via 10.0.1.253 dev eth1 proto dhcp metric 1003',
];
const router = [
  '-6 addr add 2001:db8:77::7/64 dev eth1 nodad mngtmpaddr valid_lft 86400 preferred_lft 14400',
  '-6 route add default via fe80::1 dev eth1 proto ra metric 2048 expires 1800',
];
const person = [
  'addr add 192.0.2.5/24 brd + dev eth1',
  'route add 198.18.0.0/15 via 192.0.2.1 dev eth1',
  'route add default via 192.0.2.1 dev eth1 table 77',
  'rule add from 192.0.2.0/24 lookup 77 priority 500',
];

describe.each([
  ['ifupdown', 'bookworm', {}],
  // Without the catch-all: a link that no file configures.
  ['networkd', 'trixie', { 'usr/lib/systemd/network/80-lab.network': '' }],
] as const)('%s of %s', (image, suite, files) => {
  let host: AgentHost;
  let before: string;
  beforeAll(async () => {
    const spec = { name: `found${image}`, provider: 'alibaba', enis } as const;
    host = await createAgentHost(spec, { image, suite, files, agentKeys: ['verify-timeout = 3'] });
    for (const line of ['link set dev eth1 up', ...dhcpcd, ...router, ...person])
      await guestOk(host.guest, ['ip', ...line.split(' ')]);
    before = await stateOf(host);
  });
  afterAll(() => destroyAgentHost(host));

  test('an apply that fails gives everything back', async () => {
    const deleting = 'while :; do ip -4 rule del priority 28600 2>/dev/null; sleep 0.02; done';
    const saboteur = runInGuest(host.guest, ['timeout', '12', 'sh', '-c', deleting]);
    const { exitCode, stdout, stderr } = await runAgent(host.guest, ['once']);
    expect(exitCode, stdout + stderr).toBe(1);
    expect(stderr).toContain('verify-failed');
    await saboteur;
    expect(await stateOf(host)).toBe(before);
  });

  test('the take-over takes away what nobody keeps, and the ENI works', async () => {
    await agentOk(host, ['once']);
    const now = await stateOf(host);
    expect(now).not.toMatch(/ (dynamic|proto dhcp|proto ra) ?.*eth1|eth1.* (dynamic|proto dhcp|proto ra)/);
    expect(now).not.toMatch(/^default .*dev eth1 (?!table)/m);
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect(await agentOk(host, ['once'])).toContain('Nothing to do');
  });

  test('"remove" gives it back', async () => {
    await agentOk(host, ['remove']);
    // networkd's own default route by the primary has metric 1024: one that would be asked before it does not come back.
    const isWithheld = (line: string) => image === 'networkd' && line.includes('proto dhcp metric 1003');
    const wanted = before.split('\n').filter(line => !isWithheld(line));
    expect((await stateOf(host)).split('\n')).toEqual(wanted);
  });
});

/** Links, addresses, routes, rules and sysctls to the word, without what counts by itself. */
async function stateOf({ guest }: AgentHost): Promise<string> {
  const show =
    'ip -o link; ip -o addr; for f in 4 6; do ip -$f rule; ip -$f route show table all; done; grep -H . /proc/sys/net/ipv6/conf/eth1/accept_ra /proc/sys/net/ipv6/conf/eth1/autoconf';
  const text = await guestOk(guest, ['sh', '-c', show]);
  const lines = text.split('\n').map(line =>
    line
      .replace(/(valid_lft|preferred_lft|expires) \S+|^\d+: | (tentative|nodad|qdisc \S+)(?= |$)/g, '')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  // Link-local addresses come again with the link.
  return lines
    .filter(line => !/ table local |fe80::(?!1 )|ff00::/.test(line))
    .toSorted()
    .join('\n');
}
