// Files of SUSE, and what wicked and the scripts of SLES 11 make of them. Source: client/suse/compat-suse.c of wicked 0.6, getcfg of SLES 11.
import type { ClaimCase } from '../../support/claim-cases.ts';

const folder = '/etc/sysconfig/network';

export const suseCases: readonly ClaimCase[] = [
  {
    name: 'by name',
    files: { [`${folder}/ifcfg-eth1`]: "BOOTPROTO='dhcp'\n" },
    expect: 'claimed',
    at: `${folder}/ifcfg-eth1`,
  },
  { name: 'STARTMODE=off', files: { [`${folder}/ifcfg-eth1`]: "STARTMODE='off'\n" }, expect: 'claimed' },
  {
    name: 'what rpm has saved',
    files: { [`${folder}/ifcfg-eth1.rpmsave`]: 'DEVICE=eth1\n' },
    expect: 'free',
  },
  { name: 'an old one', files: { [`${folder}/ifcfg-eth1.old`]: 'DEVICE=eth1\n' }, expect: 'free' },
  {
    name: 'of the tool scpm',
    files: { [`${folder}/ifcfg-eth1.scpmbackup`]: 'DEVICE=eth1\n' },
    expect: 'free',
  },
  { name: 'with a tilde', files: { [`${folder}/ifcfg-eth1~`]: '' }, expect: 'free' },
  { name: 'an empty file', files: { [`${folder}/ifcfg-eth1`]: '' }, expect: 'claimed' },
  { name: 'an alias', files: { [`${folder}/ifcfg-eth1:0`]: "IPADDR='10.0.0.9/24'\n" }, expect: 'claimed' },
  {
    name: 'by MAC',
    files: { [`${folder}/ifcfg-eth-id-00:16:3e:00:00:02`]: "BOOTPROTO='dhcp'\n" },
    expect: 'claimed',
  },
  { name: 'by the MAC alone', files: { [`${folder}/ifcfg-id-00:16:3E:00:00:02`]: '' }, expect: 'claimed' },
  { name: 'by another MAC', files: { [`${folder}/ifcfg-eth-id-00:16:3e:00:00:03`]: '' }, expect: 'free' },
  {
    name: 'a port of a bond',
    files: { [`${folder}/ifcfg-bond0`]: "BONDING_MASTER='yes'\nBONDING_SLAVE0='eth1'\n" },
    expect: 'claimed',
    at: `${folder}/ifcfg-bond0:2`,
  },
  {
    name: 'a port of a bond, the second',
    files: {
      [`${folder}/ifcfg-bond0`]:
        'BONDING_MASTER=yes\nBONDING_MODULE_OPTS=miimon=100\nBONDING_SLAVE_0=eth2\nBONDING_SLAVE_1=eth1\n',
    },
    expect: 'claimed',
  },
  {
    name: 'a port of a bond that is watched, as wicked demands it',
    files: {
      [`${folder}/ifcfg-bond0`]:
        "BONDING_MASTER='yes'\nBONDING_MODULE_OPTS='mode=active-backup miimon=100'\nBONDING_SLAVE0='eth1'\n",
    },
    expect: 'claimed',
    at: `${folder}/ifcfg-bond0:3`,
  },
  {
    name: 'a port of a bond by MAC',
    files: { [`${folder}/ifcfg-bond0`]: 'BONDING_SLAVE_0=eth-id-00:16:3e:00:00:02\n' },
    expect: 'claimed',
  },
  {
    name: 'a port of a bridge',
    files: { [`${folder}/ifcfg-br0`]: "BRIDGE='yes'\nBRIDGE_PORTS='eth0 eth1'\n" },
    expect: 'claimed',
  },
  {
    name: 'a bridge of others',
    files: { [`${folder}/ifcfg-br0`]: "BRIDGE_PORTS='eth0 eth10'\n" },
    expect: 'free',
  },
  {
    name: 'a port of a team',
    files: {
      [`${folder}/ifcfg-team0`]: "TEAM_RUNNER='activebackup'\nTEAM_PORT_DEVICE_1='eth1'\n",
    },
    expect: 'claimed',
  },
  {
    name: 'a port of a bridge of Open vSwitch',
    files: { [`${folder}/ifcfg-ovsbr0`]: "OVS_BRIDGE='yes'\nOVS_BRIDGE_PORT_DEVICE_0='eth1'\n" },
    expect: 'claimed',
  },
  {
    name: 'a macvlan on it',
    files: { [`${folder}/ifcfg-mv0`]: "MACVLAN_DEVICE='eth1'\nIPADDR='10.0.0.8/24'\n" },
    expect: 'free',
  },
  {
    name: 'a VLAN on it',
    files: { [`${folder}/ifcfg-vlan7`]: "ETHERDEVICE='eth1'\nVLAN_ID=7\n" },
    expect: 'free',
  },
  { name: 'a VLAN by name', files: { [`${folder}/ifcfg-eth1.7`]: "ETHERDEVICE='eth1'\n" }, expect: 'free' },
  {
    name: 'routes beside it',
    files: { [`${folder}/ifroute-eth1`]: 'default 10.0.0.1 - eth1\n' },
    expect: 'claimed',
  },
  { name: 'rules of another', files: { [`${folder}/ifrule-eth10`]: '' }, expect: 'free' },
];

export const wickedCases: readonly ClaimCase[] = [
  ...suseCases,
  {
    name: "wicked's own format",
    files: {
      '/etc/wicked/ifconfig/storage.xml': '<interface>\n  <name>eth1</name>\n  <ipv4:dhcp/>\n</interface>\n',
    },
    expect: 'claimed',
    at: '/etc/wicked/ifconfig/storage.xml:2',
  },
  {
    name: "wicked's own format with a namespace",
    files: { '/etc/wicked/ifconfig/a.xml': '<interface><name namespace="ifname">eth1</name></interface>\n' },
    expect: 'claimed',
  },
  {
    name: "wicked's own format, a port",
    files: {
      '/etc/wicked/ifconfig/lan.xml':
        '<interface><name>br0</name><bridge><stp>false</stp><ports><port><device>eth1</device></port></ports></bridge></interface>\n',
    },
    expect: 'claimed',
  },
  {
    name: "a backup of wicked's own format",
    files: { '/etc/wicked/ifconfig/a.xml.bak': '<interface><name>eth1</name><ipv4:dhcp/></interface>\n' },
    expect: 'free',
  },
  {
    name: "wicked's own format under another suffix",
    files: { '/etc/wicked/ifconfig/office': '<interface><name>eth1</name><ipv4:dhcp/></interface>\n' },
    expect: 'free',
  },
  {
    name: "wicked's own format for another",
    files: { '/etc/wicked/ifconfig/a.xml': '<interface><name>eth10</name></interface>\n' },
    expect: 'free',
  },
];
