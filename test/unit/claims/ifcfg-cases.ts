// Files in ifcfg style for eth1: Red Hat's for the initscripts and NetworkManager, SUSE's for wicked and SLES 11. Source: network-functions and
// ifup of initscripts, the ifcfg-rh plugin, compat-suse.c of wicked, functions.common of sysconfig.
import type { ClaimCase } from '../../support/claim-cases.ts';

const mac = '00:16:3E:00:00:02';

const caseIn =
  (folder: string) =>
  (name: string, file: string, text: string, expect: ClaimCase['expect'], at?: string): ClaimCase => ({
    name: `${name} (${file})`,
    files: { [file.startsWith('/') ? file : `${folder}/${file}`]: text },
    expect,
    ...(at === undefined ? {} : { at }),
  });

const red = caseIn('/etc/sysconfig/network-scripts');
const suse = caseIn('/etc/sysconfig/network');
const address = 'BOOTPROTO=none\nIPADDR=10.9.0.2\nPREFIX=24\nONBOOT=yes\n';

/** Read alike by the initscripts and by NetworkManager. */
const both: readonly ClaimCase[] = [
  red(
    'by MAC alone',
    'ifcfg-Wired_connection_1',
    `TYPE=Ethernet\nHWADDR=${mac}\n${address}`,
    'claimed',
    'ifcfg-Wired_connection_1:2',
  ),
  red(
    'by MAC in lower case and quotes',
    'ifcfg-x',
    `TYPE=Ethernet\nHWADDR="${mac.toLowerCase()}"\n`,
    'claimed',
  ),
  red('by the MAC of another NIC', 'ifcfg-x', 'TYPE=Ethernet\nHWADDR=00:16:3E:00:00:03\n', 'free'),
  red('by MAC, renamed at the next boot', 'ifcfg-storage', `DEVICE=storage\nHWADDR=${mac}\n`, 'claimed'),
  red('by name, the MAC of another NIC', 'ifcfg-x', 'DEVICE=eth1\nHWADDR=00:16:3E:00:00:03\n', 'free'),
  red('in single quotes', 'ifcfg-storage', "DEVICE='eth1'\nBOOTPROTO=static\n", 'claimed', 'ifcfg-storage:1'),
  red('with a comment behind', 'ifcfg-x', 'TYPE=Ethernet\nDEVICE=eth1 # storage\n', 'claimed', 'ifcfg-x:2'),
  red('a hash that begins no comment', 'ifcfg-x', 'DEVICE=eth1#2\n', 'free'),
  red('as an ANSI-C string', 'ifcfg-x', "DEVICE=$'\\x65th1'\n", 'claimed'),
  red('as an ANSI-C string, octal', 'ifcfg-x', "DEVICE=$'\\145th1'\n", 'claimed'),
  red('as an ANSI-C string, Unicode', 'ifcfg-x', "DEVICE=$'\\u0065th1'\n", 'claimed'),
  red(
    'an ANSI-C string with a tab and a quote in it',
    'ifcfg-x',
    "NAME=$'a\\tb\\'s'\nDEVICE=eth1\n",
    'claimed',
    'ifcfg-x:2',
  ),
  red('a quote within quotes', 'ifcfg-x', 'NAME="the \\"DEVICE=eth1\\""\nDEVICE=eth2\n', 'free'),
  red('a dollar that begins nothing', 'ifcfg-x', 'NAME=5$\nDEVICE=eth1\n', 'claimed', 'ifcfg-x:2'),
  red('pieces', 'ifcfg-x', 'DEVICE="et"h\'1\'\n', 'claimed'),
  red('an escape', 'ifcfg-x', 'DEVICE=\\eth1\n', 'claimed'),
  red('a semicolon behind', 'ifcfg-x', 'DEVICE=eth1; # x\n', 'claimed'),
  red('line ends of DOS', 'ifcfg-x', 'DEVICE=eth1\r\nONBOOT=yes\r\n', 'claimed'),
  red('indented', 'ifcfg-x', '  DEVICE=eth1\n', 'claimed'),
  red('the last of two', 'ifcfg-x', 'DEVICE=eth1\nDEVICE=eth2\n', 'free'),
  red('a comment', 'ifcfg-x', '# DEVICE=eth1\nDEVICE=eth2\n', 'free'),
  red('what only a shell could tell', 'ifcfg-x', 'DEVICE=$(cat /etc/storage-nic)\n', 'claimed'),
  red('a port of a bond by MAC', 'ifcfg-p1', `HWADDR=${mac}\nMASTER=bond0\nSLAVE=yes\n`, 'claimed'),
  red('a port of a bridge', 'ifcfg-p1', 'DEVICE=eth1\nBRIDGE=br0\n', 'claimed'),
  red('a port of a team', 'ifcfg-p1', 'DEVICETYPE=TeamPort\nDEVICE=eth1\nTEAM_MASTER=team0\n', 'claimed'),
  red(
    'the bond itself, with the MAC of its port',
    'ifcfg-bond0',
    `TYPE=Bond\nDEVICE=bond0\nHWADDR=${mac}\nBONDING_OPTS=mode=1\n`,
    'free',
  ),
  red(
    'a port of Open vSwitch',
    'ifcfg-ovs',
    'TYPE=OVSBond\nDEVICE=ovs0\nBOND_IFACES="eth1 eth2"\n',
    'claimed',
  ),
  red('PPPoE', 'ifcfg-ppp0', 'TYPE=xDSL\nDEVICE=ppp0\nETH=eth1\n', 'claimed'),
  red('a bridge of that name', 'ifcfg-x', 'TYPE=Bridge\nDEVICE=eth1\n', 'claimed', 'ifcfg-x:2'),
  red('a VLAN', 'ifcfg-eth1.100', 'DEVICE=eth1.100\nVLAN=yes\n', 'free'),
  red(
    'a VLAN with the MAC of its NIC',
    'ifcfg-eth1.100',
    `DEVICE=eth1.100\nVLAN=yes\nHWADDR=${mac}\n`,
    'free',
  ),
  red('a VLAN of another name', 'ifcfg-vlan7', 'TYPE=Vlan\nDEVICE=vlan7\nPHYSDEV=eth1\n', 'free'),
  red('an alias', 'ifcfg-eth1:0', 'DEVICE=eth1:0\nIPADDR=10.9.0.3\n', 'claimed'),
  red('started by hand', 'ifcfg-eth1', 'DEVICE=eth1\nONBOOT=no\n', 'claimed'),
  red('kept from NetworkManager', 'ifcfg-x', `HWADDR=${mac}\nNM_CONTROLLED=no\n`, 'claimed'),
  red('a backup', 'ifcfg-eth1~', 'DEVICE=eth1\n', 'free'),
  red('a backup', 'ifcfg-eth1.bak', 'DEVICE=eth1\n', 'free'),
  red('a backup', 'ifcfg-eth1.orig', 'DEVICE=eth1\n', 'free'),
  red('of a package', 'ifcfg-eth1.rpmnew', 'DEVICE=eth1\n', 'free'),
  red('a temporary name is a file', 'ifcfg-eth1.tmp', 'DEVICE=eth1\n', 'claimed'),
  red(
    'of cloud-init',
    'ifcfg-eth1',
    '# Created by cloud-init automatically, do not edit.\nDEVICE=eth1\n',
    'claimed',
  ),
  red('too large to be read', 'ifcfg-x', `DEVICE=eth1\n#${'x'.repeat(70_000)}\n`, 'claimed'),
];

export const initscriptsCases: readonly ClaimCase[] = [
  ...both,
  red('exported', 'ifcfg-x', 'export DEVICE=eth1\n', 'claimed'),
  red('continued', 'ifcfg-x', 'DEVICE=\\\neth1\n', 'claimed'),
  red('as a text to translate', 'ifcfg-x', 'DEVICE=$"eth1"\n', 'claimed'),
  red(
    'a MAC that only a shell could tell',
    'ifcfg-x',
    'TYPE=Ethernet\nHWADDR=$(cat /etc/storage-mac)\n',
    'claimed',
    'ifcfg-x:2',
  ),
  red('such a MAC, with another name', 'ifcfg-x', 'DEVICE=eth2\nHWADDR=$(cat /etc/storage-mac)\n', 'free'),
  red('by a variable', 'ifcfg-x', 'NIC=eth1\nDEVICE=$NIC\n', 'claimed'),
  red('by a variable of another link', 'ifcfg-x', 'NIC=eth2\nDEVICE="$NIC"\n', 'free'),
  red('a value of two lines', 'ifcfg-x', 'NAME="a\nb"\nDEVICE=eth1\n', 'claimed', 'ifcfg-x:3'),
  red('a text that looks like a line', 'ifcfg-x', 'NAME="a\nDEVICE=eth1\n"\nDEVICE=eth2\n', 'free'),
  red('its name alone', 'ifcfg-eth1', 'ONBOOT=yes\n', 'claimed'),
  red('its name, and the MAC of another NIC', 'ifcfg-eth1', 'HWADDR=00:16:3E:00:00:03\n', 'claimed'),
  red('a range', 'ifcfg-eth1-range0', 'IPADDR_START=10.9.0.3\nIPADDR_END=10.9.0.9\n', 'claimed'),
  red('a backup that EL7 passes over', 'ifcfg-eth1.old', 'DEVICE=eth1\n', 'free'),
  red('of a package', 'ifcfg-eth1.rpmsave', 'DEVICE=eth1\n', 'free'),
  red('what only NetworkManager passes over', 'ifcfg-eth1.rej', 'DEVICE=eth1\n', 'claimed'),
  red(
    'for every NIC: the initscripts have no such thing',
    'ifcfg-x',
    'TYPE=Ethernet\nBOOTPROTO=dhcp\n',
    'free',
  ),
  red('routes alone', 'route-eth1', '10.8.0.0/16 via 10.9.0.1 dev eth1\n', 'claimed'),
  red('a backup of routes', 'route-eth1.bak', '10.8.0.0/16 via 10.9.0.1 dev eth1\n', 'free'),
  red(
    'the default route',
    '/etc/sysconfig/network',
    'NETWORKING=yes\nGATEWAYDEV="eth1"\n',
    'claimed',
    '/etc/sysconfig/network:2',
  ),
];

/** With ours as a keyfile beside them. */
export const ifcfgPluginCases: readonly ClaimCase[] = [
  ...both,
  red(
    'exported, which it does not read',
    'ifcfg-x',
    'TYPE=Ethernet\nDEVICE=eth2\nexport DEVICE=eth1\n',
    'free',
  ),
  red('not continued', 'ifcfg-x', 'NAME=a\\\nDEVICE=eth1\n', 'claimed'),
  red('a quote that is not closed', 'ifcfg-x', 'NAME="a\nDEVICE=eth1\n', 'claimed'),
  red('what the initscripts alone pass over', 'ifcfg-eth1.rpmsave', 'DEVICE=eth1\n', 'claimed'),
  red('what the initscripts alone pass over', 'ifcfg-eth1.old', 'DEVICE=eth1\n', 'claimed'),
  red('what it passes over alone', 'ifcfg-eth1.rej', 'DEVICE=eth1\n', 'free'),
  red('in any case', 'ifcfg-eth1.BAK', 'DEVICE=eth1\n', 'free'),
  red('a file of rpm that is being installed', 'ifcfg-eth1;4f2a91bc', 'DEVICE=eth1\n', 'free'),
  red('for every NIC, with DHCP', 'ifcfg-x', 'TYPE=Ethernet\nBOOTPROTO=dhcp\nONBOOT=yes\n', 'image'),
  red('for every NIC, with nothing', 'ifcfg-x', 'TYPE=Ethernet\nONBOOT=yes\n', 'image'),
  // "NM_CONTROLLED was false but device was not uniquely identified": no profile, and nothing is left alone either.
  red(
    'for every NIC, kept from NetworkManager',
    'ifcfg-x',
    'TYPE=Ethernet\nBOOTPROTO=dhcp\nNM_CONTROLLED=no\n',
    'free',
  ),
  red('for every NIC, with an address', 'ifcfg-x', `TYPE=Ethernet\n${address}`, 'claimed'),
  red(
    'for every NIC, above ours',
    'ifcfg-x',
    'TYPE=Ethernet\nBOOTPROTO=dhcp\nAUTOCONNECT_PRIORITY=300\n',
    'claimed',
  ),
  red('for every NIC, as a port', 'ifcfg-x', 'TYPE=Ethernet\nBRIDGE=br0\n', 'claimed'),
];

/** With ours as an ifcfg file among them. */
export const ifcfgRhCases: readonly ClaimCase[] = [
  ...ifcfgPluginCases,
  red('its name alone', 'ifcfg-eth1', 'ONBOOT=yes\n', 'claimed'),
  red('a stale file of rules', 'rule6-eth1', 'from ::1 table 7\n', 'claimed'),
];

const ethernet =
  '<interface>\n  <name>eth1</name>\n  <ipv4:dhcp><enabled>true</enabled></ipv4:dhcp>\n</interface>\n';
const suseBoth: readonly ClaimCase[] = [
  suse('by its name', 'ifcfg-eth1', "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n", 'claimed'),
  suse(
    'of cloud-init',
    'ifcfg-eth1',
    "# Created by cloud-init automatically, do not edit.\nBOOTPROTO='dhcp4'\n",
    'claimed',
  ),
  suse('the file of netconfig beside them', 'config', "NETCONFIG_DNS_POLICY='eth1'\n", 'free'),
  suse('switched off', 'ifcfg-eth1', "STARTMODE='off'\n", 'claimed'),
  suse('DEVICE= is no word of SUSE', 'ifcfg-storage', 'DEVICE=eth1\nHWADDR=00:16:3e:00:00:02\n', 'free'),
  suse('a backup', 'ifcfg-eth1.rpmsave', "BOOTPROTO='dhcp'\n", 'free'),
  suse('another name is another link', 'ifcfg-eth1.tmp', "BOOTPROTO='dhcp'\n", 'free'),
  suse('by MAC, as SLES 10 named it', 'ifcfg-eth-id-00:16:3e:00:00:02', "BOOTPROTO='dhcp'\n", 'claimed'),
  suse('by the MAC of another NIC', 'ifcfg-eth-id-00:16:3e:00:00:03', "BOOTPROTO='dhcp'\n", 'free'),
  suse(
    'a port of a bond',
    'ifcfg-bond0',
    "BONDING_MASTER='yes'\nBONDING_SLAVE0='eth2'\nBONDING_SLAVE_1='eth1'\n",
    'claimed',
    'ifcfg-bond0:3',
  ),
  suse('a port of a bridge', 'ifcfg-br0', "BRIDGE='yes'\nBRIDGE_PORTS='eth2 eth1'\n", 'claimed'),
  suse('no port of a bridge', 'ifcfg-br0', "BRIDGE='yes'\nBRIDGE_PORTS='eth2 eth10'\n", 'free'),
  suse('a backup of a bridge', 'ifcfg-br0.rpmsave', "BRIDGE='yes'\nBRIDGE_PORTS='eth1'\n", 'free'),
  suse('a VLAN', 'ifcfg-vlan7', "ETHERDEVICE='eth1'\nVLAN_ID='7'\n", 'free'),
  suse('a VLAN by name', 'ifcfg-eth1.7', "ETHERDEVICE='eth1'\n", 'free'),
  suse('routes alone', 'ifroute-eth1', 'default 10.9.0.1 - eth1\n', 'claimed'),
  suse('sysctls alone', 'ifsysctl-eth1', 'net.ipv4.conf.$INTERFACE.rp_filter = 1\n', 'claimed'),
  suse('the folder of Red Hat', '/etc/sysconfig/network-scripts/ifcfg-eth1', 'DEVICE=eth1\n', 'free'),
  suse('too large to be read', 'ifcfg-br0', `BRIDGE_PORTS='eth1'\n#${'x'.repeat(70_000)}\n`, 'claimed'),
];

export const wickedCases: readonly ClaimCase[] = [
  ...suseBoth,
  suse('a backup of a bridge', 'ifcfg-br0.bak', "BRIDGE_PORTS='eth1'\n", 'free'),
  suse('a port of a team', 'ifcfg-team0', "TEAM_RUNNER='lacp'\nTEAM_PORT_DEVICE_0='eth1'\n", 'claimed'),
  suse(
    'a port of Open vSwitch',
    'ifcfg-ovs',
    "OVS_BRIDGE='yes'\nOVS_BRIDGE_PORT_DEVICE_1='eth1'\n",
    'claimed',
  ),
  suse('rules alone', 'ifrule-eth1', 'ipv4 from all table 9\n', 'claimed'),
  suse('XML by name', '/etc/wicked/ifconfig/storage.xml', ethernet, 'claimed', 'storage.xml:2'),
  suse(
    'XML too large to be read',
    '/etc/wicked/ifconfig/a.xml',
    `${ethernet}<!-- ${'x'.repeat(70_000)} -->`,
    'claimed',
  ),
  suse('XML of another link', '/etc/wicked/ifconfig/storage.xml', ethernet.replace('eth1', 'eth2'), 'free'),
  suse('XML in a comment', '/etc/wicked/ifconfig/storage.xml', `<!--\n${ethernet}-->\n`, 'free'),
  suse('XML of another extension', '/etc/wicked/ifconfig/storage.xml.bak', ethernet, 'free'),
  suse(
    'XML by MAC',
    '/etc/wicked/ifconfig/a.xml',
    '<interface>\n <name namespace="ethernet">\n  <permanent-address>00:16:3E:00:00:02</permanent-address>\n </name>\n</interface>\n',
    'claimed',
    'a.xml:2',
  ),
  suse(
    'XML of a bridge',
    '/etc/wicked/ifconfig/br0.xml',
    '<interface><name>br0</name><bridge><ports><port><device>eth1</device></port></ports></bridge></interface>\n',
    'claimed',
  ),
  suse(
    'XML of a bridge whose ports have names',
    '/etc/wicked/ifconfig/br0.xml',
    '<interface><port><name>eth2</name></port><port><name>eth1</name></port></interface>\n',
    'claimed',
  ),
  suse(
    'XML that ends nowhere',
    '/etc/wicked/ifconfig/a.xml',
    '<interface>\n<name>eth1\n<name>eth1\n</interface>\n',
    'free',
  ),
  suse(
    'XML of a VLAN',
    '/etc/wicked/ifconfig/vlan.xml',
    '<interface><name>eth1.7</name><vlan><device>eth1</device><tag>7</tag></vlan></interface>\n',
    'free',
  ),
];

export const sles11Cases: readonly ClaimCase[] = [
  ...suseBoth,
  suse('a name that SLES 11 does not take for a backup', 'ifcfg-br0.bak', "BRIDGE_PORTS='eth1'\n", 'claimed'),
  suse('exported', 'ifcfg-bond0', "export BONDING_SLAVE0='eth1'\n", 'claimed'),
];
