// The same on the services themselves: an ENI whose gateway is an address that another ENI has (here by its section), with the MTU of the primary's
// link, which is no ordinary one. Each service has to take the files, and to bring the same back at a boot without the agent.
// needs: tree trixie
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { guestOk } from './guest-commands.ts';
import { rebootGuest } from './guest-power.ts';
import type { EniSpec } from './vpc-spec.ts';

const eni = (number: number, subnet: string, address: string): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:0b:0${number}`,
  subnets: [{ subnet, addresses: [address] }],
});
const enis = [
  eni(0, '10.0.0.0/24', '10.0.0.10'),
  eni(1, '10.200.0.16/28', '10.200.0.23'),
  eni(2, '10.201.0.0/24', '10.201.0.10'),
];

describe.each(['ifupdown-systemd', 'netplan', 'networkd', 'networkmanager-keyfile'] as const)('%s', image => {
  let host: AgentHost;

  beforeAll(async () => {
    host = await createAgentHost(
      { name: `gw${image.slice(0, 8).replaceAll('-', '')}`, provider: 'aws', enis },
      { image, suite: 'trixie', agentConfig: '[eni "02:00:00:00:0b:02"]\naddresses = 10.200.0.17\n' },
    );
  });
  afterAll(() => destroyAgentHost(host));

  const inPlace = async () => {
    const route = await guestOk(host.guest, ['ip', 'route', 'get', '203.0.113.9', 'from', '10.200.0.23']);
    const local = await guestOk(host.guest, ['ip', '-o', 'addr', 'show', 'dev', 'eth2']);
    const link = await guestOk(host.guest, ['ip', 'link', 'show', 'eth1']);
    return [
      route.includes('via 10.200.0.17 dev eth1'),
      local.includes('10.200.0.17/32'),
      link.includes('mtu 9001'),
    ];
  };

  test('is applied, idle, and there again after a boot', async () => {
    await guestOk(host.guest, ['ip', 'link', 'set', 'eth0', 'mtu', '9001']);
    await agentOk(host, ['once']);
    expect(await inPlace()).toEqual([true, true, true]);
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    await guestOk(host.guest, ['ip', 'link', 'set', 'eth1', 'mtu', '1500']);
    await rebootGuest(host.guest);
    await waitFor(async () => (await inPlace().catch(() => [false])).every(Boolean), 20_000);
    expect(await inPlace()).toEqual([true, true, true]);
  });
});
