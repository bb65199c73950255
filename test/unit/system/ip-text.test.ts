// What `ip` prints, from iproute2 2.6.32 (EL6) to 6.x, and what this program reads in it. `\` stands for the line breaks that -o
// joins; the blanks at the ends of lines and the double ones of old versions are as printed.
import { describe, expect, test } from 'vitest';
import { parseAddresses, parseLinks } from '../../../agent/system/kernel/ip-links.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { parseNames, standardTables } from '../../../agent/system/kernel/ip-words.ts';

const linksNew = String.raw`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535
2: ens5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:00 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 128 maxmtu 9216 addrgenmode none numtxqueues 8 numrxqueues 8 gso_max_size 65536 gso_max_segs 65535 parentbus pci parentdev 0000:00:05.0 \    altname enp0s5
3: ens6: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 128 maxmtu 9216 addrgenmode eui64 numtxqueues 8 numrxqueues 8 parentbus pci parentdev 0000:00:06.0 \    alias uplink \ to vpc\    altname enp0s6
4: ens7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 xdp/id:42 qdisc mq state UP mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff promiscuity 0 numtxqueues 4 numrxqueues 4 \    prog/xdp id 42 tag 57cd311f2e27366b jited 
5: ens8: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master br0 state UP mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff promiscuity 1 \    bridge_slave state forwarding priority 32 cost 2 hairpin off numtxqueues 4
6: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff promiscuity 0 \    bridge forward_delay 1500 hello_time 200 addrgenmode eui64
7: ens6.5@ens6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \    vlan protocol 802.1Q id 5 <REORDER_HDR> addrgenmode eui64
8: veth1@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:08 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 \    veth \    bridge_slave state forwarding priority 32
9: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\    link/none  promiscuity 0 \    wireguard addrgenmode none
10: ens9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff permaddr 02:00:00:00:00:0a promiscuity 0 numtxqueues 4 \    vf 0     link/ether 02:00:00:00:01:00 brd ff:ff:ff:ff:ff:ff, spoof checking on
`;

const linksOld = String.raw`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue state UNKNOWN \    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP qlen 1000\    link/ether 02:00:00:00:00:00 brd ff:ff:ff:ff:ff:ff
3: eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN qlen 1000\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\    alias backup
4: eth1.5@eth1: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN \    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\    vlan id 5 <REORDER_HDR> 
5: sit0: <NOARP> mtu 1480 qdisc noop state DOWN \    link/sit 0.0.0.0 brd 0.0.0.0
6: eth2: <BROADCAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast master bond0 state UP qlen 1000\    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
7: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP \    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff\    bond 
`;

const linkLines = (text: string) =>
  parseLinks(text).map(
    l =>
      `${l.index} ${l.name} ${l.mac ?? '-'} ${l.up ? 'up' : 'down'} ${l.mtu} ${l.kind ?? '-'} ${l.master ?? '-'}`,
  );

describe('links', () => {
  test('iproute2 6.x: alternative names, aliases, XDP programs, VFs and bridge ports are no kinds', () => {
    expect(linkLines(linksNew)).toEqual([
      '1 lo - up 65536 - -',
      '2 ens5 02:00:00:00:00:00 up 9001 - -',
      '3 ens6 02:00:00:00:00:01 down 1500 - -',
      '4 ens7 02:00:00:00:00:02 up 1500 - -',
      '5 ens8 02:00:00:00:00:03 up 1500 - br0',
      '6 br0 02:00:00:00:00:03 up 1500 bridge -',
      '7 ens6.5 02:00:00:00:00:01 up 1500 vlan -',
      '8 veth1 02:00:00:00:00:08 up 1500 veth br0',
      '9 wg0 - up 1420 wireguard -',
      '10 ens9 02:00:00:00:00:09 up 1500 - -',
    ]);
  });

  test('the largest MTU, where it is told (iproute2 and Linux 4.19)', () => {
    const limits = (text: string) =>
      parseLinks(text).flatMap(l => (l.maxMtu === undefined ? [] : [[l.name, l.maxMtu]]));
    expect(limits(linksNew)).toEqual([
      ['lo', 0],
      ['ens5', 9216],
      ['ens6', 9216],
    ]);
    expect(limits(linksOld)).toEqual([]);
  });

  test('an @ in a name is no parent', () => {
    const text = String.raw`2: a@b: <UP> mtu 1500 qdisc mq state UP qlen 1000\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 
3: b: <UP> mtu 1500 qdisc mq state UP qlen 1000\    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff promiscuity 0 
4: v@6@a@b: <UP> mtu 1500 qdisc noqueue state UP \    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \    vlan protocol 802.1Q id 6 <REORDER_HDR> 
5: b@wg: <UP> mtu 1500 qdisc noqueue state UP \    link/none  promiscuity 0 \    wireguard 
6: c@d@if7: <UP> mtu 1500 qdisc noqueue state UP \    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 \    veth 
7: gre0@NONE: <NOARP> mtu 1476 qdisc noop state DOWN \    link/gre 0.0.0.0 brd 0.0.0.0 promiscuity 0 \    gre remote any local any 
8: m@v@6: <UP> mtu 1500 qdisc noqueue state UP \    link/ether 02:00:00:00:00:04 brd ff:ff:ff:ff:ff:ff promiscuity 0 \    macvlan mode bridge 
`;
    expect(parseLinks(text).map(link => link.name)).toEqual(['a@b', 'b', 'v@6', 'b@wg', 'c@d', 'gre0', 'm']);
  });

  test('iproute2 2.6.32 and 3.x: no promiscuity, no group, M-DOWN', () => {
    expect(linkLines(linksOld)).toEqual([
      '1 lo - up 16436 - -',
      '2 eth0 02:00:00:00:00:00 up 1500 - -',
      '3 eth1 02:00:00:00:00:01 down 1500 - -',
      '4 eth1.5 02:00:00:00:00:01 down 1500 vlan -',
      '5 sit0 - down 1480 - -',
      '6 eth2 02:00:00:00:00:02 up 1500 - bond0',
      '7 bond0 02:00:00:00:00:02 up 1500 bond -',
    ]);
  });

  test('no output, no links', () => expect(parseLinks('\n')).toEqual([]));
});

describe('addresses', () => {
  const text = String.raw`1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
2: eth0    inet 10.0.1.10/24 metric 100 brd 10.0.1.255 scope global dynamic eth0\       valid_lft 2934sec preferred_lft 2934sec
2: eth0    inet 10.0.1.11/32 scope global secondary noprefixroute eth0:1\       valid_lft forever preferred_lft forever
3: eth1    inet 10.5.0.1 peer 10.5.0.2/32 scope global eth1\       valid_lft forever preferred_lft forever
3: eth1    inet6 2001:db8:2::10/64 scope global tentative \       valid_lft forever preferred_lft forever
3: eth1    inet6 2001:db8:2::11/128 scope global dadfailed tentative \       valid_lft forever preferred_lft forever
3: eth1    inet6 fe80::b8ec:58ff:fe82:9f89/64 scope link \       valid_lft forever preferred_lft forever
`;
  const addressLines = (t: string) =>
    parseAddresses(t, 4).map(
      a =>
        `${a.link} ${a.ip}/${a.prefixLength} ${a.scope}${a.tentative ? ' tentative' : ''}${a.dynamic ? ' dynamic' : ''}`,
    );

  test('iproute2 6.x', () => {
    expect(addressLines(text)).toEqual([
      'lo 127.0.0.1/8 host',
      'eth0 10.0.1.10/24 global dynamic',
      'eth0 10.0.1.11/32 global',
      'eth1 10.5.0.1/32 global',
      'eth1 2001:db8:2::10/64 global tentative',
      'eth1 2001:db8:2::11/128 global tentative',
      'eth1 fe80::b8ec:58ff:fe82:9f89/64 link',
    ]);
  });

  test('iproute2 2.6.32 and 3.x: links have lines of their own, lifetimes may be missing', () => {
    const old = String.raw`2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP qlen 1000\    link/ether 02:00:00:00:00:00 brd ff:ff:ff:ff:ff:ff
2: eth0    inet 10.0.1.10/24 brd 10.0.1.255 scope global eth0
2: eth0    inet6 fe80::16ff:fe00:1/64 scope link \       valid_lft forever preferred_lft forever
`;
    expect(addressLines(old)).toEqual(['eth0 10.0.1.10/24 global', 'eth0 fe80::16ff:fe00:1/64 link']);
  });
});

describe('routes', () => {
  const names = parseNames('255 local\n254\tmain\n# 9 comment\n0x1f4 storage # a disk network\n28001 eni1\n');
  const routeLines = (text: string, family: 4 | 6 = 4) =>
    parseRoutes(text, family, names).map(
      r =>
        `${r.table} ${r.destination} via ${r.gateway ?? '-'} dev ${r.link ?? '-'} ${r.protocol}${r.metric === undefined ? '' : ` metric ${r.metric}`}${r.opaque === undefined ? '' : ` [${r.opaque}]`}`,
    );

  test('names of tables: decimal, hexadecimal, comments', () => {
    expect([...names]).toEqual([
      ['local', 255],
      ['main', 254],
      ['storage', 500],
      ['eni1', 28001],
    ]);
  });

  const rows: readonly (readonly [string, 4 | 6, string, string | undefined])[] = [
    ['default', 4, 'default via 10.0.1.1 dev eth0 ', '254 0.0.0.0/0 via 10.0.1.1 dev eth0 boot'],
    [
      'default of a DHCP client',
      4,
      'default via 10.0.1.1 dev eth0 proto dhcp src 10.0.1.10 metric 100 ',
      '254 0.0.0.0/0 via 10.0.1.1 dev eth0 dhcp metric 100',
    ],
    [
      'double blanks of iproute2 3.x',
      4,
      '10.0.1.0/24 dev eth0  proto kernel  scope link  src 10.0.1.10 ',
      '254 10.0.1.0/24 via - dev eth0 kernel',
    ],
    [
      'a table by number, our protocol by number',
      4,
      'default via 10.0.2.1 dev eth1 table 28000 proto 129 onlink ',
      '28000 0.0.0.0/0 via 10.0.2.1 dev eth1 129',
    ],
    [
      'a table by name',
      4,
      '10.0.2.0/24 dev eth1 table eni1 scope link ',
      '28001 10.0.2.0/24 via - dev eth1 boot',
    ],
    [
      'a table whose name nobody knows',
      4,
      '10.0.2.0/24 dev eth1 table gone ',
      '0 10.0.2.0/24 via - dev eth1 boot',
    ],
    ['a host', 4, '10.5.0.2 dev wg0 scope link ', '254 10.5.0.2/32 via - dev wg0 boot'],
    [
      'a link that is down',
      4,
      'default via 10.0.1.1 dev eth0 linkdown ',
      '254 0.0.0.0/0 via 10.0.1.1 dev eth0 boot',
    ],
    [
      'a dead nexthop',
      4,
      '10.6.0.0/16 via 10.0.1.9 dev eth0 dead linkdown ',
      '254 10.6.0.0/16 via 10.0.1.9 dev eth0 boot',
    ],
    [
      'multipath',
      4,
      String.raw`10.9.0.0/16 proto static metric 100 \	nexthop via 10.0.1.1 dev eth0 weight 1 \	nexthop via 10.0.2.1 dev eth1 weight 1 `,
      '254 10.9.0.0/16 via 10.0.1.1 dev eth0 static metric 100 [unicast nexthop weight 1 nexthop via 10.0.2.1 dev eth1 weight 1]',
    ],
    [
      'a nexthop object',
      4,
      '10.6.0.0/16 nhid 5 via 10.0.1.1 dev eth0 ',
      '254 10.6.0.0/16 via 10.0.1.1 dev eth0 boot',
    ],
    [
      'an IPv6 gateway',
      4,
      '10.6.0.0/16 via inet6 fe80::1 dev eth0 ',
      '254 10.6.0.0/16 via - dev eth0 boot [unicast fe80::1]',
    ],
    [
      'a type of service',
      4,
      'default tos lowdelay via 10.0.1.1 dev eth0 ',
      '254 0.0.0.0/0 via 10.0.1.1 dev eth0 boot [unicast tos lowdelay]',
    ],
    ['blackhole', 4, 'blackhole 10.8.0.0/16 ', '254 10.8.0.0/16 via - dev - boot [blackhole]'],
    [
      'unreachable',
      4,
      'unreachable default metric 4278198272 ',
      '254 0.0.0.0/0 via - dev - boot metric 4278198272 [unreachable]',
    ],
    ['prohibit', 4, 'prohibit 10.7.0.0/16 table storage ', '500 10.7.0.0/16 via - dev - boot [prohibit]'],
    ['throw', 4, 'throw 10.7.0.0/16 ', '254 10.7.0.0/16 via - dev - boot [throw]'],
    ['local', 4, 'local 10.0.1.10 dev eth0 table local proto kernel scope host src 10.0.1.10 ', undefined],
    [
      'broadcast',
      4,
      'broadcast 10.0.1.255 dev eth0 table local proto kernel scope link src 10.0.1.10 ',
      undefined,
    ],
    [
      'router advertisement',
      6,
      'default via fe80::1 dev eth0 proto ra metric 1024 expires 1795sec hoplimit 64 pref medium',
      '254 ::/0 via fe80::1 dev eth0 ra metric 1024',
    ],
    [
      'connected',
      6,
      '2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium',
      '254 2001:db8:1::/64 via - dev eth0 kernel metric 256',
    ],
    [
      'by source',
      6,
      'default from 2001:db8:1::/56 via fe80::1 dev eth0 metric 1024 pref medium',
      '254 ::/0 via fe80::1 dev eth0 boot metric 1024 [unicast from 2001:db8:1::/56]',
    ],
    [
      'the null entry that kernels before 4.x show',
      6,
      'unreachable default dev lo  table unspec  proto kernel  metric 4294967295  error -101 hoplimit 255',
      '0 ::/0 via - dev lo kernel metric 4294967295 [unreachable]',
    ],
    ['local without a table name', 6, 'local ::1 dev lo  table unspec  proto none  metric 0 ', undefined],
    [
      'multicast, typed',
      6,
      'multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium',
      undefined,
    ],
    ['multicast as kernels before 4.x have it', 6, 'ff00::/8 dev eth0  table local  metric 256 ', undefined],
    ['anycast', 6, 'anycast 2001:db8:1:: dev eth0 table local proto kernel metric 0 pref medium', undefined],
  ];
  test.each(rows)('%s (IPv%d)', (_name, family, text, wanted) => {
    expect(routeLines(text, family)).toEqual(wanted === undefined ? [] : [wanted]);
  });

  test('the text is what it takes to add the route again: without the lifetime and the state of the link', () => {
    const texts = (line: string, family: 4 | 6) => parseRoutes(line, family, standardTables).map(r => r.text);
    expect(
      texts('default via fe80::1 dev eth0 proto ra metric 1024 expires 1795sec hoplimit 64 pref medium', 6),
    ).toEqual(['default via fe80::1 dev eth0 proto ra metric 1024 hoplimit 64 pref medium']);
    expect(texts('default via 10.0.1.1 dev eth0 proto dhcp src 10.0.1.10 metric 100 linkdown ', 4)).toEqual([
      'default via 10.0.1.1 dev eth0 proto dhcp src 10.0.1.10 metric 100',
    ]);
    expect(
      texts(
        String.raw`default proto static \	nexthop via 10.0.1.1 dev eth0 weight 1 dead linkdown \	nexthop via 10.0.2.1 dev eth1 weight 1 `,
        4,
      ),
    ).toEqual([
      'default proto static nexthop via 10.0.1.1 dev eth0 weight 1 nexthop via 10.0.2.1 dev eth1 weight 1',
    ]);
  });
});

test('IPv6 routes of one destination and metric are shown as one, and are several', () => {
  const line = String.raw`default proto static metric 1024 expires 600sec pref medium \	nexthop via fe80::1 dev eth0 weight 1 \	nexthop via fe80::1 dev eth3 weight 1 linkdown `;
  expect(parseRoutes(line, 6, standardTables).map(r => [r.link, r.gateway, r.opaque, r.text])).toEqual([
    ['eth0', 'fe80::1', undefined, 'default via fe80::1 dev eth0 proto static metric 1024 pref medium'],
    ['eth3', 'fe80::1', undefined, 'default via fe80::1 dev eth3 proto static metric 1024 pref medium'],
  ]);
});
