import { describe, expect, test } from 'vitest';
import { parseDhclientLeases, parseNetworkdLease, readLease } from '../../../agent/system/facts/leases.ts';
import type { System } from '../../../agent/system/system.ts';

const block = (body: string) => `lease {\n  interface "eth1";\n${body}}\n`;
const dhclient = (address: string, mask: string, routers: string) =>
  block(
    `  fixed-address ${address};\n  option subnet-mask ${mask};\n  option routers ${routers};\n  option domain-name "example.org";\n  renew 4 2026/11/20 12:00:00;\n`,
  );

describe('dhclient', () => {
  test.each<readonly [string, string, object | undefined]>([
    [
      'one lease',
      dhclient('10.0.2.10', '255.255.255.0', '10.0.2.1'),
      { subnet: '10.0.2.0/24', gateway: '10.0.2.1' },
    ],
    [
      'the last of several, as the client appends them',
      dhclient('10.0.9.10', '255.255.0.0', '10.0.9.1') + dhclient('10.0.2.10', '255.255.255.192', '10.0.2.1'),
      { subnet: '10.0.2.0/26', gateway: '10.0.2.1' },
    ],
    [
      'several routers',
      dhclient('10.0.2.10', '255.255.255.0', '10.0.2.2, 10.0.2.1'),
      { subnet: '10.0.2.0/24', gateway: '10.0.2.2' },
    ],
    ['no mask, no router', block('  fixed-address 10.0.2.10;\n'), { subnet: undefined, gateway: undefined }],
    [
      'a mask with a hole',
      dhclient('10.0.2.10', '255.0.255.0', '10.0.2.1'),
      { subnet: undefined, gateway: '10.0.2.1' },
    ],
    [
      'a mask of zeros',
      dhclient('10.0.2.10', '0.0.0.0', '10.0.2.1'),
      { subnet: undefined, gateway: '10.0.2.1' },
    ],
    [
      'a host mask tells no subnet',
      dhclient('10.0.2.10', '255.255.255.255', '10.0.2.1'),
      { subnet: undefined, gateway: '10.0.2.1' },
    ],
    ['no address', block('  option routers 10.0.2.1;\n'), undefined],
    [
      'a router that is none',
      dhclient('10.0.2.10', '255.255.255.0', '$(reboot)'),
      { subnet: '10.0.2.0/24', gateway: undefined },
    ],
    ['an IPv6 lease', 'lease6 {\n  interface "eth1";\n}\n', undefined],
    ['an empty file', '', undefined],
    ['half a lease, as a crash leaves it', 'lease {\n  fixed-address 10.0.2.10;\n', undefined],
  ])('%s', (_name, text, wanted) => {
    expect(parseDhclientLeases(text)).toEqual(wanted);
  });
});

describe('systemd-networkd', () => {
  test.each<readonly [string, string, object | undefined]>([
    [
      'a lease',
      '# This is private data. Do not parse.\nADDRESS=10.0.2.10\nNETMASK=255.255.254.0\nROUTER=10.0.2.1 10.0.2.2\nSERVER_ADDRESS=10.0.2.5\n',
      { subnet: '10.0.2.0/23', gateway: '10.0.2.1' },
    ],
    [
      'without a router',
      'ADDRESS=10.0.2.10\nNETMASK=255.255.255.0\n',
      { subnet: '10.0.2.0/24', gateway: undefined },
    ],
    ['without an address', 'SERVER_ADDRESS=10.0.2.5\n', undefined],
  ])('%s', (_name, text, wanted) => {
    expect(parseNetworkdLease(text)).toEqual(wanted);
  });
});

describe('whose file is read', () => {
  const lease = (third: number) => dhclient(`10.0.${third}.10`, '255.255.255.0', `10.0.${third}.1`);
  const read = (files: Readonly<Record<string, string>>, name = 'eth1') =>
    readLease(
      {
        readFile: async (path: string) => files[path],
        listFolder: async (dir: string) =>
          Object.keys(files)
            .filter(path => path.startsWith(`${dir}/`))
            .map(path => path.slice(dir.length + 1)),
      } as unknown as System,
      { name, index: 3 },
    );

  test.each([
    ['Debian', '/var/lib/dhcp/dhclient.eth1.leases'],
    ['EL6, EL7', '/var/lib/dhclient/dhclient-eth1.leases'],
    [
      'EL7 with NetworkManager',
      '/var/lib/NetworkManager/dhclient-5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03-eth1.lease',
    ],
    ['EL7 ifup', '/var/lib/dhclient/dhclient--eth1.lease'],
  ])('%s: %s', async (_name, path) => {
    expect((await read({ [path]: lease(2) }))?.subnet).toBe('10.0.2.0/24');
    expect(await read({ [path.replace('eth1', 'eth11')]: lease(2) })).toBeUndefined();
    expect(await read({ [path.replace('eth1', 'xeth1')]: lease(2) })).toBeUndefined();
  });

  test('networkd by the index of the link, before the others', async () => {
    const files = {
      '/run/systemd/netif/leases/3': 'ADDRESS=10.0.3.10\nNETMASK=255.255.255.0\n',
      '/var/lib/dhcp/dhclient.eth1.leases': lease(2),
    };
    expect((await read(files))?.subnet).toBe('10.0.3.0/24');
    expect(await read({ '/run/systemd/netif/leases/4': 'ADDRESS=10.0.3.10\n' })).toBeUndefined();
  });

  test('a dot in the name of a link is a dot', async () => {
    expect(await read({ '/var/lib/dhcp/dhclient.eth1x5.leases': lease(2) }, 'eth1.5')).toBeUndefined();
    expect(await read({ '/var/lib/dhcp/dhclient.eth1.5.leases': lease(2) }, 'eth1.5')).toBeDefined();
  });
});
