// Is the fake to be trusted? The same commands, and what iproute2 6.1.0 on Linux 6.18 printed after them in a network namespace of its
// own (two veth links, IPv6 address generation off, their peers left out). A fake that prints something else proves nothing.
import { describe, expect, test } from 'vitest';
import { runIp } from '../support/fake-ip.ts';
import { FakeKernel } from '../support/fake-kernel.ts';

function twoLinks(): FakeKernel {
  const kernel = new FakeKernel();
  kernel.addLink({ name: 'eth0', index: 3, mac: '0a:75:69:92:e2:10', kind: 'veth', peer: 'p0' });
  kernel.addLink({ name: 'eth1', index: 5, mac: '0a:07:84:3d:6e:01', kind: 'veth', peer: 'p1' });
  for (const line of [
    'link set eth0 up',
    'addr add 172.31.16.20/20 broadcast + dev eth0',
    'route add default via 172.31.16.1 dev eth0',
    '-6 addr add 2001:db8:1::10/64 dev eth0 nodad',
    '-6 route add default via fe80::1 dev eth0',
  ])
    ok(kernel, line.replace('link set eth0', 'link set dev eth0'));
  return kernel;
}

/** The first one with its addresses, the second one as an ENI. */
function configured(): FakeKernel {
  const kernel = twoLinks();
  for (const line of [
    'link set dev eth1 up',
    'addr add 172.31.40.10/20 broadcast + dev eth1',
    'addr add 172.31.40.11/32 broadcast + dev eth1',
    'addr add 172.31.40.12/20 dev eth1',
    'addr add 10.9.0.1/32 dev eth1',
  ])
    ok(kernel, line);
  batch(kernel, '-4', [
    'route replace 172.31.32.0/20 dev eth1 table 28000 proto 129',
    'route replace 0.0.0.0/0 via 172.31.32.1 dev eth1 table 28000 proto 129',
    'rule add from 172.31.32.0/20 lookup 254 suppress_prefixlength 0 priority 28300 protocol 129',
    'rule add from 172.31.32.0/20 iif lo lookup 28000 priority 28600 protocol 129',
    'rule add from 172.31.40.11/32 to 172.31.32.0/20 lookup 28000 priority 28000',
    'rule add fwmark 7 lookup 500 priority 28450',
    'route add 10.8.0.0/16 via 10.1.1.1 dev eth1 onlink table 28000',
    'route add 10.50.0.0/16 dev eth1 metric 50',
    'route add blackhole 10.66.0.0/16',
  ]);
  for (const line of [
    '-6 addr add 2001:db8:2::10/64 dev eth1 nodad',
    '-6 addr add 2001:db8:2::11/128 dev eth1 nodad',
  ])
    ok(kernel, line);
  batch(kernel, '-6', [
    'route replace 2001:db8:2::/64 dev eth1 table 28000 proto 129',
    'route replace ::/0 via fe80:ec2::1 dev eth1 table 28000 onlink proto 129',
    'rule add from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 priority 28300 protocol 129',
    'rule add from 2001:db8:2::/64 iif lo lookup 28000 priority 28600 protocol 129',
  ]);
  return kernel;
}

function ip(kernel: FakeKernel, line: string, input = '') {
  return runIp(kernel, line.split(' '), input);
}

function ok(kernel: FakeKernel, line: string): string {
  const result = ip(kernel, line);
  expect(result, line).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
}

function batch(kernel: FakeKernel, family: string, lines: readonly string[]): void {
  expect(ip(kernel, `${family} -batch -`, lines.join('\n'))).toEqual({ exitCode: 0, stdout: '', stderr: '' });
}

/** Lines of the real one that the fake must have, each to the letter; their order between tables is the hash's own. */
function expectLines(text: string, ...lines: readonly string[]): void {
  expect(text.split('\n')).toEqual(expect.arrayContaining([...lines]));
}

describe('what is printed', () => {
  test('link', () => {
    expectLines(
      ok(twoLinks(), '-d -o link show'),
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ',
      '3: eth0@p0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether 0a:75:69:92:e2:10 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \\    veth addrgenmode none numtxqueues 2 numrxqueues 2 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ',
      '5: eth1@p1: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/ether 0a:07:84:3d:6e:01 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \\    veth addrgenmode none numtxqueues 2 numrxqueues 2 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ',
    );
  });

  test('addr, in this order', () => {
    expect(ok(configured(), '-o addr show').split('\n')).toEqual([
      '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
      '1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever',
      '3: eth0    inet 172.31.16.20/20 brd 172.31.31.255 scope global eth0\\       valid_lft forever preferred_lft forever',
      '3: eth0    inet6 2001:db8:1::10/64 scope global nodad \\       valid_lft forever preferred_lft forever',
      '5: eth1    inet 172.31.40.10/20 brd 172.31.47.255 scope global eth1\\       valid_lft forever preferred_lft forever',
      '5: eth1    inet 172.31.40.11/32 scope global eth1\\       valid_lft forever preferred_lft forever',
      '5: eth1    inet 10.9.0.1/32 scope global eth1\\       valid_lft forever preferred_lft forever',
      '5: eth1    inet 172.31.40.12/20 scope global secondary eth1\\       valid_lft forever preferred_lft forever',
      '5: eth1    inet6 2001:db8:2::11/128 scope global nodad \\       valid_lft forever preferred_lft forever',
      '5: eth1    inet6 2001:db8:2::10/64 scope global nodad \\       valid_lft forever preferred_lft forever',
      '',
    ]);
  });

  test('route', () => {
    expectLines(
      ok(configured(), '-4 -o route show table all'),
      'default via 172.31.32.1 dev eth1 table 28000 proto 129 ',
      '10.8.0.0/16 via 10.1.1.1 dev eth1 table 28000 onlink ',
      '172.31.32.0/20 dev eth1 table 28000 proto 129 scope link ',
      'default via 172.31.16.1 dev eth0 ',
      '10.50.0.0/16 dev eth1 scope link metric 50 ',
      'blackhole 10.66.0.0/16 ',
      '172.31.16.0/20 dev eth0 proto kernel scope link src 172.31.16.20 ',
      '172.31.32.0/20 dev eth1 proto kernel scope link src 172.31.40.10 ',
      'local 172.31.40.11 dev eth1 table local proto kernel scope host src 172.31.40.11 ',
    );
    expectLines(
      ok(configured(), '-6 -o route show table all'),
      '2001:db8:2::/64 dev eth1 table 28000 proto 129 metric 1024 pref medium',
      'default via fe80:ec2::1 dev eth1 table 28000 proto 129 metric 1024 onlink pref medium',
      '2001:db8:2::11 dev eth1 proto kernel metric 256 pref medium',
      '2001:db8:2::/64 dev eth1 proto kernel metric 256 pref medium',
      'default via fe80::1 dev eth0 metric 1024 pref medium',
      'local 2001:db8:2::10 dev eth1 table local proto kernel metric 0 pref medium',
    );
  });

  test('rule', () => {
    expect(ok(configured(), '-4 rule show').split('\n')).toEqual([
      '0:\tfrom all lookup local',
      '28000:\tfrom 172.31.40.11 to 172.31.32.0/20 lookup 28000',
      '28300:\tfrom 172.31.32.0/20 lookup main suppress_prefixlength 0 proto 129',
      '28450:\tfrom all fwmark 0x7 lookup 500',
      '28600:\tfrom 172.31.32.0/20 iif lo lookup 28000 proto 129',
      '32766:\tfrom all lookup main',
      '32767:\tfrom all lookup default',
      '',
    ]);
    expect(ok(configured(), '-6 rule show').split('\n')).toEqual([
      '0:\tfrom all lookup local',
      '28300:\tfrom 2001:db8:2::/64 lookup main suppress_prefixlength 0 proto 129',
      '28600:\tfrom 2001:db8:2::/64 iif lo lookup 28000 proto 129',
      '32766:\tfrom all lookup main',
      '',
    ]);
  });

  test('route get', () => {
    const kernel = configured();
    const texts = ['169.254.169.254', '127.0.0.1', '172.31.40.99', 'fd00:ec2::254'].map(a =>
      ok(kernel, `route get ${a}`),
    );
    expect(texts).toEqual([
      '169.254.169.254 via 172.31.16.1 dev eth0 src 172.31.16.20 uid 0 \n    cache \n',
      'local 127.0.0.1 dev lo table local src 127.0.0.1 uid 0 \n    cache <local> \n',
      '172.31.40.99 dev eth1 src 172.31.40.10 uid 0 \n    cache \n',
      'fd00:ec2::254 from :: via fe80::1 dev eth0 src 2001:db8:1::10 metric 1024 pref medium\n',
    ]);
    expect(ip(new FakeKernel(), 'route get 169.254.169.254')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'RTNETLINK answers: Network is unreachable\n',
    });
  });
});

describe('what is refused', () => {
  test.each([
    [
      '-4 rule add from 172.31.32.0/20 iif lo lookup 28000 priority 28600 protocol 129',
      2,
      'RTNETLINK answers: File exists',
    ],
    [
      '-4 rule del from 1.2.3.0/24 lookup 28000 priority 28600',
      2,
      'RTNETLINK answers: No such file or directory',
    ],
    ['addr add 172.31.40.11/32 dev eth1', 2, 'Error: ipv4: Address already assigned.'],
    ['addr del 172.31.40.99/32 dev eth1', 2, 'Error: ipv4: Address not found.'],
    ['addr add 1.2.3.4/32 dev eth9', 1, 'Cannot find device "eth9"'],
    ['-6 addr add 2001:db8:2::11/64 dev eth1 nodad', 2, 'Error: ipv6: address already assigned.'],
    ['-4 route add default via 172.31.16.1 dev eth0', 2, 'RTNETLINK answers: File exists'],
    ['-4 route del 1.1.1.0/24 dev eth1 table 28000', 2, 'RTNETLINK answers: No such process'],
    [
      '-4 route replace 9.9.9.0/24 via 200.1.1.1 dev eth1 table 28000',
      2,
      'Error: Nexthop has invalid gateway.',
    ],
    ['-4 route replace 9.9.9.0/24 via 200.1.1.1 dev eth9 table 28000', 1, 'Cannot find device "eth9"'],
    [
      '-6 route replace default via 2001:db8:9::1 dev eth1 table 28000',
      2,
      'RTNETLINK answers: No route to host',
    ],
    ['-4 route flush table 28099 dev eth1', 2, 'Error: ipv4: FIB table does not exist.\nFlush terminated'],
    ['link set dev eth9 up', 1, 'Cannot find device "eth9"'],
  ] as const)('%s', (line, exitCode, stderr) => {
    const kernel = configured();
    const before = kernel.describe();
    expect(ip(kernel, line)).toEqual({ exitCode, stdout: '', stderr: `${stderr}\n` });
    expect(kernel.describe()).toEqual(before);
  });

  test('routes by a link that is down', () => {
    const kernel = twoLinks();
    ok(kernel, 'addr add 172.31.40.10/20 dev eth1');
    expect(ip(kernel, '-4 route replace 172.31.32.0/20 dev eth1 table 28000').stderr).toBe(
      'Error: Device for nexthop is not up.\n',
    );
    expect(ip(kernel, '-6 route replace 2001:db8:2::/64 dev eth1 table 28000').stderr).toBe(
      'Error: Nexthop device is not up.\n',
    );
  });

  test('a batch ends at the line that fails; with -force it goes on', () => {
    const lines = [
      'addr add 1.2.3.4/32 dev eth1',
      'addr add 1.2.3.5/32 dev eth9',
      'addr add 1.2.3.6/32 dev eth1',
    ];
    const stderr = 'Cannot find device "eth9"\nCommand failed -:2\n';
    for (const [options, added] of [
      ['-4 -batch -', ['1.2.3.4']],
      ['-4 -force -batch -', ['1.2.3.4', '1.2.3.6']],
    ] as const) {
      const kernel = configured();
      expect(ip(kernel, options, lines.join('\n'))).toEqual({ exitCode: 1, stdout: '', stderr });
      expect(kernel.addresses.filter(a => a.ip.startsWith('1.2.3.')).map(a => a.ip)).toEqual(added);
    }
  });
});

describe('what the kernel does by itself', () => {
  test('a rule may stand twice with two protocols; a deletion without one takes the first', () => {
    const kernel = configured();
    const rule = 'from 172.31.32.0/20 iif lo lookup 28000 priority 28600';
    ok(kernel, `-4 rule add ${rule}`);
    ok(kernel, `-4 rule del ${rule}`);
    expectLines(ok(kernel, '-4 rule show'), '28600:\tfrom 172.31.32.0/20 iif lo lookup 28000');
    expect(ok(kernel, '-4 rule show')).not.toMatch(/^28600.*129/m);
  });

  test('a link that goes down loses its routes and its IPv6 addresses; up again, only the connected route is back', () => {
    const kernel = configured();
    ok(kernel, 'link set dev eth1 down');
    const own = () => kernel.describe().filter(line => line.includes('eth1') && !line.startsWith('link'));
    const addresses = ['10.9.0.1/32', '172.31.40.10/20', '172.31.40.11/32', '172.31.40.12/20'];
    expect(own()).toEqual(addresses.map(a => `address eth1 ${a}`));
    ok(kernel, 'link set dev eth1 up');
    expect(own().filter(line => line.startsWith('route'))).toEqual(['route 254 172.31.32.0/20 dev eth1']);
  });

  test('with the first address of a subnet its secondaries go; with the last of a link every IPv4 route by it', () => {
    const kernel = configured();
    ok(kernel, 'addr del 172.31.40.10/20 dev eth1');
    const four = () => kernel.addresses.filter(a => a.link === 'eth1' && a.family === 4).map(a => a.ip);
    expect(four()).toEqual(['172.31.40.11', '10.9.0.1']);
    expect(kernel.routes.some(r => r.table === 28000 && r.family === 4)).toBe(true);
    ok(kernel, 'addr del 172.31.40.11/32 dev eth1');
    ok(kernel, 'addr del 10.9.0.1/32 dev eth1');
    expect(kernel.routes.filter(r => r.link === 'eth1' && r.family === 4)).toEqual([]);
    expect(kernel.routes.some(r => r.table === 28000 && r.family === 6)).toBe(true);
  });

  test('rules outlive their link', () => {
    const kernel = configured();
    const rules = ok(kernel, '-4 rule show');
    kernel.removeLink('eth1');
    expect(ok(kernel, '-4 rule show')).toBe(rules);
    expect(kernel.routes.filter(r => r.table === 28000)).toEqual([]);
  });
});

test('a word that is not modelled is an error of the test, never a success', () => {
  for (const line of [
    'bogus',
    'addr add 10.0.0.1/24 dev eth1 home',
    'rule add from 10.0.0.1 uidrange 1-2 lookup 5 priority 9',
    'route show table 5',
    '-j link show',
  ])
    expect(() => ip(configured(), line), line).toThrow(/is not modelled/);
});
