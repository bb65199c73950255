import { expect, test } from 'vitest';
import { instanceFromRecording } from '../../../agent/metadata/recording.ts';
import { absent, value } from '../../../agent/model/instance.ts';
import { changed, loadRecording } from '../../support/metadata-emulator-recordings.ts';

const network = '/metadata/latest/network/';

async function read(name: string, changes: Parameters<typeof changed>[1] = {}) {
  return instanceFromRecording(changed(loadRecording('jdcloud', name), changes));
}

test('two ENIs: index 1 is primary; the metadata has one address and nothing else, so DHCP is needed', async () => {
  const { enis, problems, instanceId } = await read('two-enis');
  expect(instanceId).toBe('i-abcdefg123');
  expect(problems).toEqual([]);
  expect(enis.map(e => [e.mac, e.id, e.primary, e.deviceIndex])).toEqual([
    ['fa:16:3e:ab:be:10', 'port-zhi9fqz09q', true, 1],
    ['fa:16:3e:ab:be:11', 'port-a2uvk3b7cd', false, 2],
  ]);
  expect(enis[1]).toMatchObject({
    subnetId: 'subnet-1vfny8d2qk',
    carriesIp: true,
    needsDhcp: true,
    ipv4: { addresses: value(['10.0.1.4']), subnets: absent, gateway: absent, prefixes: absent },
    ipv6: { addresses: absent, subnets: absent, gateway: absent, prefixes: absent },
  });
});

test.each(['bare-leaves', 'old-tree', 'listing-without-slashes'])('%s says the same', async name => {
  expect(await read(name)).toEqual(await read('two-enis'));
});

test('a hole in the numbers stays one', async () => {
  expect((await read('index-hole')).enis.map(e => e.deviceIndex)).toEqual([1, 3]);
});

test.each(['hello', '', '[]', '<html>'])(
  'a first tree that answers %j gives way to the second one',
  async body => {
    expect(await read('old-tree', { [network]: body })).toEqual(await read('two-enis'));
  },
);

test.each<[string, Parameters<typeof changed>[1], string]>([
  ['no tree at all', { [network]: { status: 404, body: '' } }, 'metadata-invalid'],
  [
    'no answer',
    { [network]: { status: 0, body: '' }, '/jcs-metadata/latest/network/': { status: 0, body: '' } },
    'metadata-unreachable',
  ],
  ['no index 1', { [network]: '["2/"]' }, 'metadata-invalid'],
  ['a primary without a MAC', { [`${network}1/mac`]: { status: 503, body: '' } }, 'metadata-invalid'],
])('%s: nothing may be configured', async (_, changes, code) => {
  await expect(read('two-enis', changes)).rejects.toMatchObject({ name: 'AgentError', code });
});

test('an ENI whose MAC cannot be read is left out, and the picture is not complete', async () => {
  const { enis, problems } = await read('two-enis', { [`${network}2/mac`]: '"02:zz"' });
  expect(enis).toHaveLength(1);
  expect(problems).toEqual([
    { subject: 'ENI network/2', text: 'mac "\\"02:zz\\"" is not a MAC address: this ENI is left out' },
  ]);
});

test('two ENIs with one MAC: neither is trusted, unless one of them is the primary', async () => {
  const secondary = await read('two-secondaries-one-subnet', { [`${network}3/mac`]: '"fa:16:3e:ab:be:11"' });
  expect(secondary.enis.map(e => [e.mac, e.ipv4.addresses.state])).toEqual([
    ['fa:16:3e:ab:be:10', 'value'],
    ['fa:16:3e:ab:be:11', 'unknown'],
  ]);
  const primary = await read('two-enis', { [`${network}2/mac`]: '"fa:16:3e:ab:be:10"' });
  expect(primary.enis.map(e => [e.mac, e.primary])).toEqual([['fa:16:3e:ab:be:10', true]]);
  expect(primary.problems).toHaveLength(1);
});
