import { describe, expect, test } from 'vitest';
import { instanceFromRecording } from '../../../agent/metadata/recording.ts';
import type { Eni } from '../../../agent/model/instance.ts';
import { absent, value } from '../../../agent/model/instance.ts';
import { changed, loadRecording } from '../../support/metadata-emulator-recordings.ts';

const macs = '/latest/meta-data/network/interfaces/macs/';
const second = '0a:07:84:3d:6e:01';

async function read(name: string, changes: Parameters<typeof changed>[1] = {}) {
  return instanceFromRecording(changed(loadRecording('aws', name), changes));
}

function byMac(enis: readonly Eni[], mac: string): Eni {
  return enis.find(eni => eni.mac === mac)!;
}

test('one ENI', async () => {
  expect(await read('one-eni')).toEqual({
    provider: 'aws',
    instanceId: 'i-0a33f80f09c96477f',
    problems: [],
    enis: [
      {
        mac: '06:17:04:d7:26:09',
        id: 'eni-e44ef49e',
        subnetId: 'subnet-20b8565b',
        primary: true,
        carriesIp: true,
        networkCard: 0,
        deviceIndex: 0,
        mtu: undefined,
        needsDhcp: false,
        ipv4: {
          addresses: value(['172.31.31.158']),
          subnets: value(['172.31.16.0/20']),
          gateway: value('172.31.16.1'),
          prefixes: absent,
        },
        ipv6: { addresses: absent, subnets: absent, gateway: absent, prefixes: absent },
      },
    ],
  });
});

test('the listing has another order than the devices: the primary is the one whose MAC is the top-level one', async () => {
  const { enis } = await read('shared-primary-subnet');
  expect(enis.map(e => [e.mac, e.primary, e.deviceIndex])).toEqual([
    ['0a:75:69:92:e2:16', true, 0],
    ['0a:07:84:3d:6e:38', false, 1],
  ]);
});

test('the first address of a list is the primary one; the order is kept', async () => {
  const { enis } = await read('secondary-addresses');
  expect(byMac(enis, second).ipv4.addresses).toEqual(
    value(['172.31.44.13', '172.31.45.70', '172.31.45.71', '172.31.45.72']),
  );
});

test('IPv6: uncompressed networks are understood, the gateway is the address that is the same on every subnet', async () => {
  const { ipv6 } = byMac((await read('dual-stack-uncompressed')).enis, second);
  expect(ipv6.subnets).toEqual(value(['2600:1f16:67f:f201::/64']));
  expect(ipv6.gateway).toEqual(value('fe80:ec2::1'));
});

test('IPv6-only: the IPv4 network of the VPC is not taken for a subnet', async () => {
  const instance = await read('ipv6-only');
  const eni = byMac(instance.enis, second);
  expect(eni.carriesIp).toBe(true);
  expect(eni.ipv4).toEqual({ addresses: absent, subnets: absent, gateway: absent, prefixes: absent });
  expect(eni.ipv6.addresses.state).toBe('value');
  expect(instance.problems).toEqual([]);
});

test('prefixes of both families', async () => {
  const eni = byMac((await read('prefixes')).enis, second);
  expect(eni.ipv4.prefixes).toEqual(value(['10.0.0.208/28', '10.0.0.176/28']));
  expect(eni.ipv6.prefixes).toEqual(value(['2600:1f13:fc2:a700:1768::/80']));
});

test('network cards: sorted by card and device; EFA-only ENIs carry no IP, and that is no problem', async () => {
  const { enis, problems } = await read('network-cards');
  expect(enis.map(e => [e.networkCard, e.deviceIndex, e.carriesIp])).toEqual([
    [0, 0, true],
    [0, 1, true],
    [1, 1, true],
    [2, 1, true],
    [2, 2, false],
    [3, 1, true],
    [3, 2, false],
  ]);
  expect(problems).toEqual([]);
});

test('card 1, device 0 is a real place; card 0, device 0 is the primary or a lie', async () => {
  const real = await read('network-cards', { [`${macs}0a:07:84:3d:6e:02/device-number`]: '0' });
  expect(byMac(real.enis, '0a:07:84:3d:6e:02').deviceIndex).toBe(0);
  const lie = await read('two-enis', { [`${macs}${second}/device-number`]: '0' });
  expect(byMac(lie.enis, second).deviceIndex).toBeUndefined();
  expect(byMac(lie.enis, second).primary).toBe(false);
  expect(lie.problems.map(p => p.text)).toEqual([
    'device-number is 0 though this is not the primary ENI: it has not propagated yet',
  ]);
});

test('hot-plug: listed, but nothing about it is known, and nothing counts as absent', async () => {
  const eni = byMac((await read('hot-plug-1-listed')).enis, second);
  expect(eni.carriesIp).toBe(true);
  for (const family of [eni.ipv4, eni.ipv6])
    for (const reading of Object.values(family)) expect(reading.state).toBe('unknown');
});

test('hot-plug: ipv6s is promised and answers 404: unknown, while IPv4 is there', async () => {
  const { enis, problems } = await read('hot-plug-2-addresses');
  const eni = byMac(enis, second);
  expect(eni.ipv4.addresses).toEqual(value(['172.31.40.10', '172.31.40.11']));
  expect(eni.ipv6.addresses.state).toBe('unknown');
  expect(problems).toEqual([{ subject: `ENI ${second}`, text: 'ipv6s is listed but answered 404' }]);
  expect((await read('hot-plug-3-complete')).problems).toEqual([]);
});

test('an address without a subnet is a late subnet, not an ENI without one', async () => {
  const eni = byMac(
    (await read('two-enis', { [`${macs}${second}/subnet-ipv4-cidr-block`]: undefined })).enis,
    second,
  );
  expect(eni.ipv4.subnets.state).toBe('unknown');
  expect(eni.ipv4.gateway.state).toBe('unknown');
});

test('error bodies: only the ENI with the failing key suffers, and every failure is named', async () => {
  const { enis, problems } = await read('error-bodies');
  const good = enis.filter(e => e.ipv4.addresses.state === 'value' && e.ipv4.subnets.state === 'value');
  expect(good.map(e => e.mac)).toEqual(['0a:75:69:92:e2:10', '0a:07:84:3d:6e:01']);
  expect(problems).toHaveLength(9);
  expect(problems.map(p => p.text).filter(t => t.includes('html') || t.includes('XHTML'))).toEqual([]);
});

test.each<[string, Parameters<typeof changed>[1], string]>([
  ['no mac', { '/latest/meta-data/mac': undefined }, 'metadata-invalid'],
  ['a mac that is none', { '/latest/meta-data/mac': 'x' }, 'metadata-invalid'],
  ['a mac that is not listed', { '/latest/meta-data/mac': '0a:00:00:00:00:01' }, 'metadata-invalid'],
  ['an empty listing', { [macs]: '' }, 'metadata-invalid'],
  ['a listing that fails', { [macs]: { status: 503, body: '' } }, 'metadata-invalid'],
  ['a listing that never comes', { [macs]: { status: 0, body: '' } }, 'metadata-unreachable'],
])('%s: nothing may be configured', async (_, changes, code) => {
  await expect(read('two-enis', changes)).rejects.toMatchObject({ name: 'AgentError', code });
});

test('a folder that is no MAC is a problem, and the rest goes on', async () => {
  const { enis, problems } = await read('two-enis', {
    [macs]: `zz:07:84:3d:6e:01/\n${second}/\n${second.toUpperCase()}/\n0a:75:69:92:e2:10/`,
  });
  expect(enis).toHaveLength(2);
  expect(problems.map(p => p.text)).toEqual([
    '"zz:07:84:3d:6e:01" is not a MAC address: this ENI is left out',
    `${second} is listed twice: it is read once`,
  ]);
});

test('more than 128 ENIs: the rest is left out and named', async () => {
  const many = Array.from({ length: 130 }, (_, i) => `0a:00:00:00:01:${i.toString(16).padStart(2, '0')}/`);
  const { enis, problems } = await read('two-enis', { [macs]: ['0a:75:69:92:e2:10/', ...many].join('\n') });
  expect(enis).toHaveLength(128);
  expect(problems.filter(p => p.text.includes('one more than 128 ENIs'))).toHaveLength(3);
});

describe('"mac" and the device numbers contradict each other', () => {
  const macPath = '/latest/meta-data/mac';
  const first = '0a:75:69:92:e2:10';
  const device = (mac: string) => `${macs}${mac}/device-number`;
  const said = (mac: string) => ({ code: 'metadata-invalid', message: expect.stringContaining(mac) });

  test.each([
    ['"mac" names a secondary one', { [macPath]: second }],
    ['device 0 has moved', { [device(first)]: '1', [device(second)]: '0' }],
    ['the primary is on another network card', { [`${macs}${first}/network-card`]: '1' }],
    [
      'the place of the one is not known, and the other one stands there',
      { [macPath]: second, [device(second)]: { status: 500, body: '' } },
    ],
  ])('%s', async (_name, changes) => {
    const named = macPath in changes ? second : first;
    await expect(read('two-enis', changes)).rejects.toMatchObject(said(named));
  });

  test('a new ENI whose number reads 0 for a moment is no contradiction', async () => {
    const late = await read('two-enis', { [device(second)]: '0' });
    expect(late.enis.map(e => [e.mac, e.primary])).toContainEqual([first, true]);
    // Nor where the primary's own number is not known, as long as the ENI is not complete.
    const both = await read('hot-plug-1-listed', {});
    expect(both.enis.filter(e => e.primary)).toHaveLength(1);
  });
});
