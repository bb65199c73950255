// What the kernel reader takes from files beside `ip`: which links obey router advertisements.
import { expect, test } from 'vitest';
import { readKernelState } from '../../../agent/system/kernel-reader.ts';
import { smallHost } from '../hosts/small-host.ts';

const conf = (link: string, key: string) => `/proc/sys/net/ipv6/conf/${link}/${key}`;
const link = '2: eth1: <BROADCAST,MULTICAST,UP> mtu 1500\\    link/ether 02:00:00:00:00:01\n';

async function acceptRaWith(files: Readonly<Record<string, string | null>>) {
  const commands = {
    'ip -d -o link show': link,
    'ip -o addr show': '',
    'ip -4 -o route show table all': '',
    'ip -6 -o route show table all': '',
    'ip -4 rule show': '',
    'ip -6 rule show': '',
  };
  const { acceptRa } = await readKernelState(smallHost(files, commands).system);
  return [...(acceptRa ?? [])];
}

test.each<readonly [string, Readonly<Record<string, string | null>>, readonly (readonly [string, string])[]]>(
  [
    ['off', { [conf('eth1', 'accept_ra')]: '0\n' }, [['eth1', '0']]],
    ['on', { [conf('eth1', 'accept_ra')]: '1\n', [conf('eth1', 'disable_ipv6')]: '0\n' }, [['eth1', '1']]],
    ['on, for routers too', { [conf('eth1', 'accept_ra')]: '2\n' }, [['eth1', '2']]],
    ['on, without IPv6', { [conf('eth1', 'accept_ra')]: '1\n', [conf('eth1', 'disable_ipv6')]: '1\n' }, []],
    ['a kernel without IPv6', {}, []],
    ['a file that cannot be read', { [conf('eth1', 'accept_ra')]: null }, []],
  ],
)('accept_ra: %s', async (_name, files, expected) => {
  expect(await acceptRaWith(files)).toEqual(expected);
});
