// The link group of the primary on the real ifupdown: with a name for its number, with another base, and after a purge without a default route.
// needs: tree bookworm
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk } from './guest-commands.ts';
import { removeGuestFile, writeGuestFile } from './guest-files.ts';

const config = '/etc/eni-agent/eni-agent.conf.d/test.conf';
const names = '/etc/iproute2/group';
let host: AgentHost;
let standard = '';

beforeAll(async () => {
  const eni = (n: number) => ({
    link: `eth${n}`,
    mac: `02:00:00:00:0a:0${n}`,
    subnets: [{ subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] }],
  });
  host = await createAgentHost({ name: 'group', provider: 'aws', enis: [eni(0), eni(1)] });
  standard = await sh(`cat ${names}`);
});
afterAll(() => destroyAgentHost(host));

const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
const groupOf = async (link: string) => Number(await sh(`cat /sys/class/net/${link}/netdev_group`));
const rulesToMain = async () =>
  (await sh('ip -4 rule show')).split('\n').filter(line => line.includes('suppress_ifgroup'));

test('somebody gives the number a name: nothing is to be done, and nothing is doubled', async () => {
  await agentOk(host, ['once']);
  expect(await groupOf('eth0')).toBe(28_000);
  writeGuestFile(host.guest, names, `${standard}28000 uplink\n`);
  expect(await sh('ip -4 rule show')).toContain('suppress_ifgroup uplink');
  expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  expect(await rulesToMain()).toHaveLength(1);
  await agentOk(host, ['remove']);
  expect([await rulesToMain(), await groupOf('eth0')]).toEqual([[], 0]);
  writeGuestFile(host.guest, names, standard);
});

test('another base: the primary goes to the other group, and back to none', async () => {
  await agentOk(host, ['once']);
  writeGuestFile(host.guest, config, '[routing]\nbase = 29000\n');
  await agentOk(host, ['once']);
  expect(await groupOf('eth0')).toBe(29_000);
  await agentOk(host, ['remove']);
  expect(await groupOf('eth0')).toBe(0);
  removeGuestFile(host.guest, config);
});

test('is lost at run time: plan says so, once sets it', async () => {
  await agentOk(host, ['once']);
  await sh('ip link set dev eth0 group 0');
  expect(await agentOk(host, ['plan'], 2)).toContain('ip link set dev eth0 group 28000');
  await agentOk(host, ['once']);
  expect(await groupOf('eth0')).toBe(28_000);
});

test('a purge takes it back, whoever has it and without a default route', async () => {
  await sh('ip link set dev eth1 group 28000');
  const route = (await sh('ip -4 route show default')).split('\n')[0]!;
  await sh('ip -4 route del default');
  const script = await agentOk(host, ['remove', '--script']);
  writeGuestFile(host.guest, '/run/purge.sh', script);
  await sh('sh /run/purge.sh');
  expect([await groupOf('eth0'), await groupOf('eth1'), await rulesToMain()]).toEqual([0, 0, []]);
  await sh(`ip -4 route add ${route}`);
});
