// Files of ifupdown, and what it makes of them. Source: interfaces(5) of 0.8.44, config.c and main.c of 0.7.53 to 0.8.44, the manuals of
// ifenslave, bridge-utils, openvswitch and ifupdown-ng. The link is eth1, 00:16:3e:00:00:02.
import type { ClaimCase } from '../../support/claim-cases.ts';

const main = '/etc/network/interfaces';
const loopback = 'auto lo\niface lo inet loopback\n\n';
const folder = 'source /etc/network/interfaces.d/*\n';

/** Behind the head that Debian's package writes, which is four lines long. */
function one(
  name: string,
  text: string,
  expect: ClaimCase['expect'],
  line?: number,
  more: Partial<ClaimCase> = {},
): ClaimCase {
  const at = line === undefined ? {} : { at: `${main}:${line + 4}` };
  return { name, files: { [main]: `${loopback}${folder}${text}` }, expect, ...at, ...more };
}

/** Which files are read. */
export const sourceCases: readonly ClaimCase[] = [
  {
    name: 'a single sourced file',
    files: {
      [main]: `${loopback}${folder}source /etc/network/interfaces.eni\n`,
      '/etc/network/interfaces.eni': 'auto eth1\niface eth1 inet static\n address 192.168.0.10/24\n',
    },
    expect: 'claimed',
    at: '/etc/network/interfaces.eni:2',
  },
  {
    name: 'another source-directory',
    files: {
      [main]: `${loopback}source-directory interfaces.d\nsource-directory local.d\n`,
      '/etc/network/local.d/eth1': 'auto eth1\niface eth1 inet dhcp\n',
    },
    expect: 'claimed',
    at: '/etc/network/local.d/eth1:2',
  },
  {
    name: 'a name with a dot in a source-directory is skipped',
    files: {
      [main]: `${loopback}${folder}source-directory local.d\n`,
      '/etc/network/local.d/eth1.cfg': 'iface eth1 inet dhcp\n',
    },
    expect: 'free',
  },
  {
    name: 'what /etc/network/interfaces does not source is not read',
    files: {
      [main]: `${loopback}${folder}`,
      '/run/network/interfaces.d/other': 'iface eth1 inet dhcp\n',
    },
    expect: 'free',
  },
  {
    name: 'the run-time folder, where it is sourced',
    files: {
      [main]: `${loopback}${folder}source-directory /run/network/interfaces.d\n`,
      '/run/network/interfaces.d/other': 'iface eth1 inet dhcp\n',
    },
    expect: 'claimed',
    at: '/run/network/interfaces.d/other:1',
  },
  {
    name: 'a sourced file sources another one, relative to itself, and the first again',
    files: {
      [main]: `${loopback}${folder}source site/all\n`,
      '/etc/network/site/all': 'source ../interfaces\nsource nics\nsource all\n',
      '/etc/network/site/nics': 'iface eth1 inet dhcp\n',
    },
    expect: 'claimed',
    at: '/etc/network/site/nics:1',
  },
  {
    name: 'ten files deep',
    files: {
      [main]: `${loopback}${folder}source d0\n`,
      ...Object.fromEntries([...Array(10).keys()].map(n => [`/etc/network/d${n}`, `source d${n + 1}\n`])),
      '/etc/network/d10': 'iface eth1 inet dhcp\n',
    },
    expect: 'claimed',
  },
  {
    name: 'a hidden file is matched by no wildcard',
    files: { [main]: `${loopback}${folder}`, '/etc/network/interfaces.d/.eth1': 'iface eth1 inet dhcp\n' },
    expect: 'free',
  },
  {
    name: 'a backup is read by a source with a wildcard',
    files: { [main]: `${loopback}${folder}`, '/etc/network/interfaces.d/eth1~': 'iface eth1 inet dhcp\n' },
    expect: 'claimed',
  },
  {
    name: 'wordexp(3): quotes make a wildcard a letter',
    files: {
      [main]: `${loopback}${folder}source "/etc/network/more/*"\n`,
      '/etc/network/more/eth1': 'iface eth1 inet dhcp\n',
    },
    expect: 'free',
  },
  {
    name: 'wordexp(3): a quoted path, with a variable that is empty',
    files: {
      [main]: `${loopback}${folder}source /etc/network/"my nics"/eth1$SUFFIX\n`,
      '/etc/network/my nics/eth1': 'iface eth1 inet dhcp\n',
    },
    expect: 'claimed',
  },
  {
    name: 'wordexp(3): a line with a command or a brace sources nothing',
    files: {
      [main]: `${loopback}${folder}source more/{eth1,eth2}\nsource more/$(hostname)\n`,
      '/etc/network/more/eth1': 'iface eth1 inet dhcp\n',
      '/etc/network/more/{eth1,eth2}': 'iface eth1 inet dhcp\n',
    },
    expect: 'free',
  },
];

/** What a line says. */
export const lineCases: readonly ClaimCase[] = [
  one('a stanza', 'auto eth1\niface eth1 inet dhcp\n', 'claimed', 2),
  one('a stanza that nothing brings up', 'iface eth1 inet manual\n', 'claimed', 1),
  one('of another link', 'auto eth10\niface eth10 inet dhcp\n', 'free'),
  one('an alias', 'iface eth1:0 inet static\n address 10.0.0.9/32\n', 'claimed', 1),
  one('a VLAN on top', 'auto eth1.5\niface eth1.5 inet dhcp\n vlan-raw-device eth1\n', 'free'),
  one('a VLAN by another name', 'iface vlan5 inet dhcp\n vlan-raw-device eth1\n', 'free'),
  one('by an alternative name', 'iface enp0s6 inet dhcp\n', 'claimed', 1, { link: { altNames: ['enp0s6'] } }),
  one('a comment that ends in a backslash', '# path C:\\\niface eth1 inet dhcp\n', 'claimed', 2),
  one('a commented stanza', '  # iface eth1 inet dhcp\n', 'free'),
  one('a hash within a continued line is no comment', 'auto \\\n# iface eth1 inet dhcp\n', 'free'),
  one('a continued line', 'auto eth1\niface \\\n eth1 \\\n inet dhcp\n', 'claimed', 2),
  one('a blank behind the backslash', 'auto eth0 \\ \niface eth1 inet dhcp\n', 'claimed', 2),
  one('carriage returns', 'auto eth1\r\niface eth1 inet dhcp\r\n', 'claimed', 2),
  one('a carriage return behind the name', 'iface eth1\r\n', 'claimed', 1),
  one('tabs and no newline at the end', '\tiface\teth1\tinet\tdhcp', 'claimed', 1),
  one(
    'auto and allow-hotplug say only when',
    'auto eth1\nallow-hotplug /eth* eth1\nno-auto-down eth1\n',
    'free',
  ),
  one('a template that nothing of this link inherits', 'iface lan inet static\n mtu 9000\n', 'free'),
  one('inherits', 'iface lan inet static\n mtu 9000\niface eth1 inherits lan\n', 'claimed', 3),
  one('ifupdown-ng: template', 'auto eth1\ntemplate t\n use dhcp\niface eth1\n use t\n', 'claimed', 4),
  one('ifupdown-ng: auto alone', 'auto eth1\n', 'free'),
  one('ifupdown-ng: interface', 'interface eth1\n  use dhcp\n', 'claimed', 1),
];

/** Lines that choose a stanza of another name. */
export const chosenCases: readonly ClaimCase[] = [
  one('auto with a logical name', 'auto eth0 eth1=office\niface office inet dhcp\n', 'claimed', 1),
  one('a pattern with one', 'auto /eth*=hot\niface hot inet dhcp\n', 'claimed', 1),
  one('a pattern of others with one', 'auto /ens*=hot\niface hot inet dhcp\n', 'free'),
  one('a pattern alone', 'allow-hotplug /eth*\niface eth0 inet dhcp\n', 'free'),
  one('the second of a pattern', 'auto /eth*/2=lan\niface lan inet dhcp\n', 'claimed', 1),
  one('allow-hotplug with one', 'allow-hotplug /eth[1-9]=lan\niface lan inet dhcp\n', 'claimed', 1),
  one('by MAC', 'auto mac/00:16:3e:00:00:02=lan\niface lan inet dhcp\n', 'claimed', 1),
  one('by the start of a MAC', 'auto MAC/00:16:3e:*=lan\niface lan inet dhcp\n', 'claimed', 1),
  one('by another MAC', 'auto mac/00:16:3e:00:00:01=lan\niface lan inet dhcp\n', 'free'),
  one('by a MAC in capitals, which the kernel never writes', 'auto mac/00:16:3E:00:00:02=lan\n', 'free'),
  one('by another file of sysfs', 'auto ifindex/3=lan\niface lan inet dhcp\n', 'claimed', 1),
  one('an extended pattern', 'auto /@(eth1|eth2)=lan\niface lan inet dhcp\n', 'claimed', 1),
  one('a mapping', 'mapping eth*\n script /usr/local/sbin/where\n map home\n', 'claimed', 1),
  one('the second pattern of a mapping', 'mapping eth0 eth1\n script /usr/local/sbin/where\n', 'claimed', 1),
  one('a mapping of a logical name', 'mapping hotplug\n script grep\n map eth0 eth0\nauto eth0\n', 'free'),
  one('a mapping of others', 'mapping wlan* eth[!1]\n script /x\n map eth1\n', 'free'),
  one(
    'a mapping that knows other MACs only',
    'mapping eth?\n script /x\n map 00:16:3e:00:00:01 lan\n',
    'claimed',
    1,
  ),
  one('renamed by MAC', 'rename mac/00:16:3e:00:00:02=lan0\n', 'claimed', 1),
  one('renamed by pattern', 'rename /eth1=lan0\n', 'claimed', 1),
  one('has its new name', 'rename mac/00:16:3e:00:00:02=eth1\n', 'free'),
  one('another one is renamed', 'rename eth0=wan0 mac/00:16:3e:00:00:01=wan0\n', 'free'),
];

/** What makes it a part of another link, or configures it by hand. */
export const partCases: readonly ClaimCase[] = [
  one(
    'bond',
    'auto bond0\niface bond0 inet static\n address 10.0.0.2/24\n bond-slaves eth1 eth2\n',
    'claimed',
    4,
  ),
  one('the old word', 'iface bond0 inet manual\n slaves eth1 eth2\n', 'claimed', 2),
  one('with an underscore', 'iface bond0 inet manual\n bond_slaves eth1\n', 'claimed', 2),
  one('none yet', 'iface bond0 inet manual\n bond-slaves none\n', 'free'),
  one('another port', 'iface bond0 inet manual\n bond-slaves eth2 eth10\n bond-primary eth1\n', 'free'),
  one('bond-master', 'iface eth1 inet manual\n bond-master bond0\n', 'claimed', 1),
  one('bridge', 'iface br0 inet dhcp\n bridge_ports eth0 eth1\n', 'claimed', 2),
  one('bridge of all', 'iface br0 inet dhcp\n bridge_ports all\n', 'claimed', 2),
  one(
    'bridge by expression',
    'iface br0 inet dhcp\n bridge-ports none regex eth[12] noregex tap0\n',
    'claimed',
    2,
  ),
  one(
    'no expression any more',
    'iface br0 inet dhcp\n bridge_ports regex tap.* noregex eth.* eth1.5\n',
    'free',
  ),
  one(
    'an option behind a blank line and a comment',
    'iface br0 inet dhcp\n\n# ports\n bridge_ports eth1\n',
    'claimed',
    4,
  ),
  one('a lone auto within a stanza', 'iface br0\n auto\n bridge-ports eth1\n', 'claimed', 3),
  one('bridge by a pattern of auto', 'iface br0 inet dhcp\n bridge_ports /eth*\n', 'claimed', 2),
  one(
    'bridge by an expression that is none',
    'iface br0 inet dhcp\n bridge_ports regex eth[1\n',
    'claimed',
    2,
  ),
  one(
    'bridge by an expression with a class',
    'iface br0 inet dhcp\n bridge_ports regex eth[[:digit:]]\n',
    'claimed',
    2,
  ),
  one(
    'bridge by an expression that would take hours',
    'iface br0 inet dhcp\n bridge_ports regex (a*)(b*)(c*)(d*)(e*)\n',
    'claimed',
    2,
  ),
  one('an option that stands nowhere', 'auto br0\n bridge_ports eth1\n', 'free'),
  one('Open vSwitch', 'iface ovsbr0 inet manual\n ovs_type OVSBridge\n ovs_ports eth1\n', 'claimed', 3),
  one('ifupdown-ng', 'iface bond0\n bond-members eth1\n', 'claimed', 2),
  one('by hand', 'iface eth0 inet dhcp\n up ip addr add 10.0.0.7/32 dev eth1\n', 'claimed', 2),
  one('enslaved by hand', 'iface br0 inet manual\n pre-up ip link set eth1 master br0\n', 'claimed', 2),
  one(
    'ifconfig',
    'iface eth0 inet dhcp\n post-up ifconfig eth1:0 10.0.0.7 netmask 255.255.255.0 up\n',
    'claimed',
    2,
  ),
  one(
    'a firewall and a setting',
    'iface eth0 inet dhcp\n up iptables -A INPUT -i eth1 -j ACCEPT\n up ethtool -K eth1 gro off\n',
    'free',
  ),
  one(
    'a command about both',
    'iface eth0 inet dhcp\n up ip addr add 10.0.0.7/32 dev eth0 && ethtool -G eth1 rx 4096\n',
    'free',
  ),
  one('what goes is nothing', 'iface eth0 inet dhcp\n down ip addr del 10.0.0.7/32 dev eth1\n', 'free'),
  one('our own', '', 'free', undefined, {
    files: {
      [main]: `${loopback}${folder}`,
      '/etc/network/interfaces.d/60-eni-eth1':
        '# Written by eni-agent; changes are lost.\nauto eth1\niface eth1 inet dhcp\n',
    },
  }),
];
