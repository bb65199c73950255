import { describe, expect, test } from 'vitest';
import type { Recording } from '../../../agent/metadata/recording.ts';
import { instanceFromRecording } from '../../../agent/metadata/recording.ts';
import type { Eni } from '../../../agent/model/instance.ts';
import { absent, value } from '../../../agent/model/instance.ts';
import { changed, loadRecording, recordingNames } from '../../support/metadata-emulator-recordings.ts';

const metaData = '/latest/meta-data/';
const macs = `${metaData}network/interfaces/macs/`;
const second = '00:16:3e:12:16:02';

async function read(name: string, changes: Parameters<typeof changed>[1] = {}) {
  return instanceFromRecording(changed(loadRecording('alibaba', name), changes));
}

function byMac(enis: readonly Eni[], mac: string): Eni {
  return enis.find(eni => eni.mac === mac)!;
}

test('dual stack: subnets are the vSwitch, gateways are the keys', async () => {
  const { enis, problems } = await read('dual-stack');
  expect(problems).toEqual([]);
  expect(byMac(enis, second)).toEqual({
    mac: second,
    id: 'eni-bp13i3ed90icgdga0002',
    subnetId: 'vsw-bp1a0b1c2d3e4f5a60001',
    primary: false,
    carriesIp: true,
    networkCard: 0,
    deviceIndex: undefined,
    mtu: undefined,
    needsDhcp: false,
    ipv4: {
      addresses: value(['10.0.1.20', '10.0.1.31']),
      subnets: value(['10.0.1.0/24']),
      gateway: value('10.0.1.253'),
      prefixes: absent,
    },
    ipv6: {
      addresses: value(['2408:4005:325:a201:1875:217f:184a:e4e', '2408:4005:325:a201::12']),
      subnets: value(['2408:4005:325:a201::/64']),
      gateway: value('2408:4005:325:a201:ffff:ffff:ffff:fff7'),
      prefixes: absent,
    },
  });
});

test('every form of a list gives the same kind of answer, with the primary address first', async () => {
  const { enis, problems } = await read('list-forms');
  expect(problems).toEqual([]);
  const lists = enis.map(e => (e.ipv4.addresses.state === 'value' ? e.ipv4.addresses.value : []));
  expect(lists.map(list => list.length)).toEqual([1, 2, 3, 2, 2, 2, 2, 2, 1]);
  expect(lists.slice(1).map(list => list[0]?.split('.')[3])).toEqual(Array(8).fill('20'));
  const ipv6 = enis.slice(1).map(e => (e.ipv6.addresses.state === 'value' ? e.ipv6.addresses.value : []));
  expect(ipv6.map(list => list.length)).toEqual([2, 2, 2, 1, 2, 2, 2, 1]);
  expect(lists[2]).toEqual(['10.0.2.20', '10.0.2.31', '10.0.2.32']);
});

test.each(['all', 'all-arrays'])('meta-data/%s says the same as the tree', async name => {
  expect(await read(name)).toEqual(await read('dual-stack'));
});

test('a list that is shorter than the primary address needs is refused', async () => {
  const { enis, problems } = await read('two-enis', { [`${macs}${second}/private-ipv4s`]: '["10.0.1.99"]' });
  expect(byMac(enis, second).ipv4.addresses.state).toBe('unknown');
  expect(problems.map(p => p.text)).toEqual(['private-ipv4s lacks the primary-ip-address 10.0.1.20']);
});

test('without vswitch-cidr-block the netmask gives the subnet; the network of the VPC never does', async () => {
  const { enis } = await read('netmask-only');
  expect(byMac(enis, second).ipv4.subnets).toEqual(value(['10.0.1.0/24']));
});

test.each(['255.0.255.0', '0.0.0.0', '24', '255.255.255', '128.0.0.0'])(
  'netmask %s is none',
  async netmask => {
    const { enis } = await read('netmask-only', { [`${macs}${second}/netmask`]: netmask });
    expect(byMac(enis, second).ipv4.subnets.state).toBe('unknown');
  },
);

test('a missing gateway is never made up', async () => {
  const { enis } = await read('two-enis', { [`${macs}${second}/gateway`]: undefined });
  expect(byMac(enis, second).ipv4.gateway.state).toBe('unknown');
});

test('several prefixes in one answer', async () => {
  const { enis } = await read('prefixes');
  expect(byMac(enis, second).ipv4.prefixes).toEqual(value(['10.0.1.64/28']));
  const third = byMac(enis, '00:16:3e:12:16:03');
  expect(third.ipv4.prefixes).toEqual(value(['10.0.2.64/28', '10.0.2.80/28']));
  expect(third.ipv6.prefixes).toEqual(value(['2408:4005:325:a202:1::/80', '2408:4005:325:a202:2::/80']));
});

test('hot-plug: what is not there yet is unknown, in both families', async () => {
  const eni = byMac((await read('hot-plug-1-listed')).enis, second);
  expect(Object.values(eni.ipv4).map(r => r.state)).toEqual(['unknown', 'unknown', 'unknown', 'absent']);
  const early = await read('hot-plug-1-listed', { [`${macs}${second}/network-interface-id`]: undefined });
  expect(Object.values(byMac(early.enis, second).ipv6).map(r => r.state)).toEqual(Array(4).fill('unknown'));
});

test('an empty text in meta-data/all is settled by its own path', async () => {
  const eni = byMac((await read('all-empty-texts')).enis, second);
  expect(eni.ipv4.prefixes).toEqual(absent);
  expect(eni.ipv6.prefixes).toEqual(value(['2408:4005:325:a201:1::/80']));
  const failing = await read('all-empty-texts', {
    [`${macs}${second}/ipv4-prefixes`]: { status: 503, body: '' },
  });
  expect(byMac(failing.enis, second).ipv4.prefixes.state).toBe('unknown');
});

/** The tree of one recording with another answer to meta-data/all in front of it. */
function withAll(body: Recording['responses'][string]): Parameters<typeof changed>[1] {
  return { [`${metaData}all`]: body };
}

test.each<[string, Recording['responses'][string]]>([
  ['404', { status: 404, body: '' }],
  ['503', { status: 503, body: '' }],
  ['no JSON', 'hello'],
  ['cut JSON', '{"mac":"00:16:3e:12:16:01","network":{"interfaces":{"macs":{"00:16'],
  ['JSON null', 'null'],
  ['no network part', '{"mac":"00:16:3e:12:16:01"}'],
  ['macs as a list', '{"mac":"00:16:3e:12:16:01","network":{"interfaces":{"macs":[]}}}'],
  ['no primary', '{"network":{"interfaces":{"macs":{"00:16:3e:12:16:01":{}}}}}'],
  [
    'an ENI without addresses',
    '{"mac":"00:16:3e:12:16:01","network":{"interfaces":{"macs":{"00:16:3e:12:16:01":{"gateway":"10.0.0.253"}}}}}',
  ],
  [
    'an ENI that is no object',
    '{"mac":"00:16:3e:12:16:01","network":{"interfaces":{"macs":{"00:16:3e:12:16:01":7}}}}',
  ],
])('meta-data/all that cannot stand for the tree (%s): the tree is read', async (_, body) => {
  expect(await read('dual-stack', withAll(body))).toEqual(await read('dual-stack'));
});

test('values in meta-data/all that are neither text nor list are unknown, and a list entry cannot hide a second one', async () => {
  const all = JSON.parse(loadRecording('alibaba', 'all').responses[`${metaData}all`] as string);
  const eni = all.network.interfaces.macs[second];
  eni['private-ipv4s'] = { 0: '10.0.1.20' };
  eni.ipv6s = ['2408:4005:325:a201::1,2408:4005:325:a201::2'];
  const { enis, problems } = await read('all', withAll(JSON.stringify(all)));
  expect(byMac(enis, second).ipv4.addresses.state).toBe('unknown');
  expect(byMac(enis, second).ipv6.addresses.state).toBe('unknown');
  expect(problems.map(p => p.text)).toEqual([
    'private-ipv4s "{\\"0\\":\\"10.0.1.20\\"}" is neither a text nor a list',
    'ipv6s "[\\"2408:4005:325:a201::1,2408:4005:325:a201::2\\"]" is neither a text nor a list',
  ]);
});

test('the three recordings with real values parse without a problem', async () => {
  expect(recordingNames('alibaba')).toContain('all-incomplete');
  expect((await read('all-incomplete')).problems).toEqual([]);
  expect((await read('shared-primary-subnet')).problems).toEqual([]);
});

describe('meta-data/all has the primary’s address beside its MAC', () => {
  const withAddress = (privateIpv4: string, mac: string) => {
    const recording = loadRecording('alibaba', 'all');
    const all = JSON.parse(String(recording.responses['/latest/meta-data/all'])) as object;
    const text = JSON.stringify({ ...all, mac, 'private-ipv4': privateIpv4 });
    return instanceFromRecording(changed(recording, { '/latest/meta-data/all': text }));
  };

  test('which is another ENI’s: a contradiction', async () => {
    await expect(withAddress('10.0.0.19', '00:16:3e:12:16:02')).rejects.toMatchObject({
      code: 'metadata-invalid',
      message: expect.stringContaining('00:16:3e:12:16:02'),
    });
  });

  test('which is its own, nobody’s, or none at all: none', async () => {
    for (const address of ['10.0.0.19', '10.0.77.1', 'x']) {
      const { enis } = await withAddress(address, '00:16:3e:12:16:01');
      expect(enis.find(e => e.primary)?.mac).toBe('00:16:3e:12:16:01');
    }
  });
});
