import { describe, expect, test } from 'vitest';
import { instanceFromRecording } from '../../../agent/metadata/recording.ts';
import { changed, loadRecording } from '../../support/metadata-emulator-recordings.ts';

const macs = '/latest/meta-data/network/interfaces/macs/';
const primary = '0a:75:69:92:e2:10';
const second = '0a:07:84:3d:6e:01';
const third = '0a:07:84:3d:6e:02';

async function read(name: string, changes: Parameters<typeof changed>[1]) {
  const instance = await instanceFromRecording(changed(loadRecording('aws', name), changes));
  return { ...instance, find: (mac: string) => instance.enis.find(e => e.mac === mac)! };
}

test('an address on two secondary ENIs is unknown on both; on the primary it stays', async () => {
  const both = await read('two-secondaries-one-subnet', { [`${macs}${third}/local-ipv4s`]: '172.31.40.10' });
  expect([second, third].map(mac => both.find(mac).ipv4.addresses.state)).toEqual(['unknown', 'unknown']);
  expect(both.problems).toContainEqual({
    subject: `ENI ${third}`,
    text: '172.31.40.10 is on another ENI, too',
  });
  const stolen = await read('two-enis', { [`${macs}${second}/local-ipv4s`]: '172.31.16.20' });
  expect(stolen.find(primary).ipv4.addresses.state).toBe('value');
  expect(stolen.find(second).ipv4.addresses.state).toBe('unknown');
});

test("a prefix that would catch the primary's traffic is refused", async () => {
  const { find, problems } = await read('two-enis', { [`${macs}${second}/ipv4-prefix`]: '172.31.16.16/28' });
  expect(find(second).ipv4.prefixes.state).toBe('unknown');
  expect(problems.map(p => p.text)).toEqual(["172.31.16.16/28 contains another ENI's address"]);
});

test('a gateway that is an address of this VM is refused', async () => {
  const { find } = await read('two-enis', { [`${macs}${second}/local-ipv4s`]: '172.31.32.1' });
  expect(find(second).ipv4.gateway).toEqual({
    state: 'unknown',
    why: 'gateway 172.31.32.1 is an address of this VM',
  });
});

describe('a gateway that is an address of another ENI', () => {
  const gateway = '172.31.32.1';
  const inAnotherVpc = {
    [`${macs}${third}/subnet-id`]: 'subnet-0other00vpc00000',
    [`${macs}${third}/subnet-ipv4-cidr-block`]: '172.31.0.0/18',
    [`${macs}${third}/local-ipv4s`]: gateway,
  };
  test('is honest with two VPCs of nested networks', async () => {
    const { find, problems } = await read('two-secondaries-one-subnet', inAnotherVpc);
    expect(problems).toEqual([]);
    expect(find(second).ipv4.gateway).toEqual({ state: 'value', value: gateway });
  });
  test('and of equal ones', async () => {
    const equal = { ...inAnotherVpc, [`${macs}${third}/subnet-ipv4-cidr-block`]: '172.31.32.0/20' };
    // What is wrong is only that its own gateway, too, is the first address of such a network.
    const { find } = await read('two-secondaries-one-subnet', equal);
    expect(find(second).ipv4.gateway).toEqual({ state: 'value', value: gateway });
    expect(find(third).ipv4.gateway.state).toBe('unknown');
  });
  test('is refused in one subnet', async () => {
    const { find } = await read('two-secondaries-one-subnet', { [`${macs}${third}/local-ipv4s`]: gateway });
    expect(find(second).ipv4.gateway).toEqual({
      state: 'unknown',
      why: 'gateway 172.31.32.1 is an address of this VM',
    });
  });
});

test('a subnet or a prefix that contains the metadata service is refused', async () => {
  const { find } = await read('dual-stack', {
    [`${macs}${second}/subnet-ipv6-cidr-blocks`]: 'fd00:ec2::/64',
  });
  expect(find(second).ipv6.subnets.state).toBe('unknown');
});

test("another cloud's service is an ordinary address: 100.64.0.0/10 is a usual secondary range on AWS", async () => {
  const { find, problems } = await read('two-enis', {
    [`${macs}${second}/local-ipv4s`]: '100.100.70.10',
    [`${macs}${second}/subnet-ipv4-cidr-block`]: '100.100.64.0/18',
    [`${macs}${second}/ipv4-prefix`]: '100.100.100.192/28',
  });
  expect(problems).toEqual([]);
  expect(find(second).ipv4).toMatchObject({
    subnets: { state: 'value', value: ['100.100.64.0/18'] },
    prefixes: { state: 'value', value: ['100.100.100.192/28'] },
  });
});

test('the order of the ENIs does not depend on the order of the metadata', async () => {
  const recording = loadRecording('aws', 'fifteen-enis-fifty-addresses');
  const reversed = Object.fromEntries(Object.entries(recording.responses).reverse());
  expect(await instanceFromRecording({ ...recording, responses: reversed })).toEqual(
    await instanceFromRecording(recording),
  );
});

test('a listing that fails is one problem, not a dozen', async () => {
  const { problems } = await read('two-enis', { [`${macs}${second}/`]: { status: 500, body: '' } });
  expect(problems).toEqual([
    { subject: `ENI ${second}`, text: `the listing ${macs}${second}/ answered 500` },
  ]);
});

test.each<[string, Parameters<typeof changed>[1], number]>([
  ['absent', { '/latest/meta-data/instance-id': undefined }, 0],
  ['failing', { '/latest/meta-data/instance-id': { status: 500, body: '' } }, 1],
  ['an injection', { '/latest/meta-data/instance-id': 'i-1\nreboot' }, 1],
])('an instance id that is %s is undefined', async (_, changes, problems) => {
  const instance = await read('two-enis', changes);
  expect(instance.instanceId).toBeUndefined();
  expect(instance.problems).toHaveLength(problems);
});
