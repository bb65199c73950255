// What differs from cloud to cloud, for real: Alibaba's token mode and global IPv6 gateway, JD Cloud's metadata that tells neither
// subnet nor gateway nor secondary address (DHCP and the configuration supply them), a subnet shared with the primary.
// needs: tree bookworm
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk } from './guest-commands.ts';
import { readGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { detachEni } from './vpc.ts';

let host: AgentHost | undefined;
afterEach(async () => {
  await destroyAgentHost(host);
  host = undefined;
});

async function expectAllPings(on: AgentHost): Promise<void> {
  const results = await pingMatrix(on.guest);
  expect(failedPings(results), renderMatrix(results)).toEqual([]);
}

describe('Alibaba Cloud', () => {
  test('token required, a secondary shares the primary’s subnet in both families: both work, the primary keeps its route', async () => {
    host = await createAgentHost({
      name: 'alibaba',
      provider: 'alibaba',
      enis: [
        {
          link: 'eth0',
          mac: '00:16:3e:00:00:01',
          subnets: [
            { subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] },
            { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::10'] },
          ],
        },
        {
          link: 'eth1',
          mac: '00:16:3e:00:00:02',
          subnets: [
            { subnet: '10.0.1.0/24', addresses: ['10.0.1.20', '10.0.1.21', '10.0.1.22'] },
            { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::20', '2001:db8:1::21'] },
          ],
        },
      ],
    });
    const on = host;
    const { responses } = JSON.parse(readRecording(on));
    await on.metadata.send({
      do: 'replace',
      recording: { provider: 'alibaba', token: 'required', responses },
    });
    const { events } = await countEvents(on.vpc, () => agentOk(on, ['once']));
    expect(events.of('eth0')).toEqual([]);
    await expectAllPings(on);
    const main = await guestOk(on.guest, ['sh', '-c', 'ip route; ip -6 route']);
    expect(
      main
        .split('\n')
        .filter(
          line =>
            line.includes('eth1') &&
            !line.startsWith('fe80') &&
            !line.includes('/128') &&
            !/2001:db8:1::2\d/.test(line),
        ),
    ).toEqual([]);
    await rebootGuest(on.guest);
    await expectAllPings(on);
    expect(await agentOk(on, ['once'])).toContain('Nothing to do.');
  });
});

describe('JD Cloud', () => {
  const enis = (secondSubnet: string, addresses: readonly string[]) => [
    {
      link: 'eth0',
      mac: 'fa:16:3e:00:00:01',
      subnets: [{ subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] }],
    },
    { link: 'eth1', mac: 'fa:16:3e:00:00:02', subnets: [{ subnet: secondSubnet, addresses }] },
  ];
  const config = (secondaries: string) => `\n[eni "fa:16:3e:00:00:02"]\naddresses = ${secondaries}\n`;

  test('the address by DHCP, secondaries from the configuration, routes and rules in a second pass', async () => {
    host = await createAgentHost(
      { name: 'jd', provider: 'jdcloud', enis: enis('10.0.2.0/24', ['10.0.2.20', '10.0.2.21', '10.0.2.22']) },
      { agentConfig: config('10.0.2.21 10.0.2.22') },
    );
    const on = host;
    const { events } = await countEvents(on.vpc, () => agentOk(on, ['once']));
    expect(events.of('eth0')).toEqual([]);
    await expectAllPings(on);
    const addresses = await guestOk(on.guest, ['ip', '-o', 'addr', 'show', 'eth1']);
    expect(addresses).toContain('10.0.2.20/32');
    expect(addresses).toContain('10.0.2.21/32');
    // Neither the lease's default route nor its connected route is in main.
    expect(await guestOk(on.guest, ['ip', 'route', 'show', 'table', 'main'])).not.toContain('eth1');
    // The second DHCP server's resolver must not take over.
    expect(readGuestFile(on.guest, '/etc/resolv.conf')).not.toContain('198.18.1.53');
    expect(await agentOk(on, ['status'])).toContain('as planned');
    expect(await agentOk(on, ['once'])).toContain('Nothing to do.');
    await rebootGuest(on.guest);
    await expectAllPings(on);
    expect(await agentOk(on, ['once'])).toContain('Nothing to do.');
    await detachEni(on.vpc, 'eth1');
    await on.metadata.sync();
    await agentOk(on, ['once']);
    expect(
      await guestOk(on.guest, [
        'sh',
        '-c',
        'ip rule; ip route show table all; ls /etc/dhcp/dhclient-enter-hooks.d',
      ]),
    ).not.toMatch(/28[036]00|33000|eni-agent/);
    expect(await guestOk(on.guest, ['sh', '-c', 'ps ax -o args= | grep "[d]hclient" || true'])).not.toContain(
      'eth1',
    );
  });

  test('by DHCP in the primary’s own subnet: the lease does not compete for main’s route', async () => {
    host = await createAgentHost(
      { name: 'jdshared', provider: 'jdcloud', enis: enis('10.0.1.0/24', ['10.0.1.20', '10.0.1.21']) },
      { agentConfig: config('10.0.1.21') },
    );
    const on = host;
    await agentOk(on, ['once']);
    await expectAllPings(on);
    const main = await guestOk(on.guest, ['ip', 'route', 'show', 'table', 'main']);
    expect(main).not.toContain('dev eth1');
    await rebootGuest(on.guest);
    await expectAllPings(on);
    expect(await agentOk(on, ['once'])).toContain('Nothing to do.');
  });
});

function readRecording(on: AgentHost): string {
  return readFileSync(join(on.vpc.dir, 'metadata.json'), 'utf8');
}

describe('a large instance', () => {
  test('15 ENIs of 8 addresses in one pass: all answer, and the primary hears nothing', async () => {
    const enis = Array.from({ length: 15 }, (_, index) => ({
      link: `eth${index}`,
      mac: `0a:00:00:00:01:${index.toString(16).padStart(2, '0')}`,
      subnets: [
        {
          subnet: `10.${index}.0.0/24`,
          // The primary's secondary addresses are not the agent's business.
          addresses: Array.from({ length: index === 0 ? 1 : 8 }, (_unused, n) => `10.${index}.0.${10 + n}`),
        },
      ],
    }));
    host = await createAgentHost({ name: 'many', provider: 'aws', enis });
    const on = host;
    const { events } = await countEvents(on.vpc, () => agentOk(on, ['once']));
    expect(events.of('eth0')).toEqual([]);
    await expectAllPings(on);
    // Four rules for each ENI, whatever the number of its addresses.
    const rules = await guestOk(on.guest, ['ip', 'rule']);
    expect(rules.match(/^(28|33)\d\d\d:/gm)).toHaveLength(4 * 14);
    expect(await agentOk(on, ['once'])).toContain('Nothing to do.');
  });
});

describe('a machine without IPv6', () => {
  test('the IPv4 part of a dual-stack ENI works, and a note says what was left out', async () => {
    host = await createAgentHost({
      name: 'noipv6',
      provider: 'aws',
      enis: [
        {
          link: 'eth0',
          mac: '02:00:00:00:00:01',
          subnets: [{ subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] }],
        },
        {
          link: 'eth1',
          mac: '02:00:00:00:00:02',
          subnets: [
            { subnet: '10.0.2.0/24', addresses: ['10.0.2.20', '10.0.2.21'] },
            { subnet: '2001:db8:2::/64', addresses: ['2001:db8:2::20'] },
          ],
        },
      ],
    });
    const on = host;
    await guestOk(on.guest, ['sysctl', '-qw', 'net.ipv6.conf.eth1.disable_ipv6=1']);
    await agentOk(on, ['once']);
    expect(await agentOk(on, ['plan'])).toContain('IPv6 is disabled on eth1');
    const results = await pingMatrix(on.guest, { pick: (_eni, address) => !address.includes(':') });
    expect(results.length).toBe(9);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  });
});
