// ifcfg files of Red Hat, and what the initscripts and NetworkManager's plugin make of them. Source: network-functions and ifup of initscripts
// 9.49, the ifcfg-rh reader of NetworkManager 1.40.
import type { ClaimCase } from '../../support/claim-cases.ts';

const scripts = '/etc/sysconfig/network-scripts';
const mac = '00:16:3E:00:00:02';

/** What both make the same of. */
export const redHatCases: readonly ClaimCase[] = [
  {
    name: 'HWADDR only, under a name of its own',
    files: {
      [`${scripts}/ifcfg-Wired_connection_1`]: `TYPE=Ethernet\nHWADDR=${mac}\nBOOTPROTO=none\nIPADDR=10.0.0.2\n`,
    },
    expect: 'claimed',
    at: `${scripts}/ifcfg-Wired_connection_1:2`,
  },
  {
    name: 'HWADDR in lower case and quotes',
    files: { [`${scripts}/ifcfg-x`]: `HWADDR="${mac.toLowerCase()}"\n` },
    expect: 'claimed',
  },
  {
    name: 'HWADDR of another NIC',
    files: { [`${scripts}/ifcfg-x`]: 'HWADDR=00:16:3E:00:00:03\nTYPE=Ethernet\n' },
    expect: 'free',
  },
  {
    name: 'the MAC that is burnt in',
    files: { [`${scripts}/ifcfg-x`]: 'HWADDR=00:16:3E:00:00:99\nTYPE=Ethernet\n' },
    link: { permanentMac: '00:16:3e:00:00:99' as never },
    expect: 'claimed',
  },
  {
    name: 'DEVICE of another link beside our MAC',
    files: { [`${scripts}/ifcfg-x`]: `DEVICE=eth9\nHWADDR=${mac}\n` },
    expect: 'free',
  },
  { name: 'a backup with a tilde', files: { [`${scripts}/ifcfg-eth1~`]: 'DEVICE="eth1"\n' }, expect: 'free' },
  {
    name: 'a backup of an editor',
    files: { [`${scripts}/ifcfg-eth1.bak`]: 'DEVICE=eth1\n' },
    expect: 'free',
  },
  { name: 'a new file of rpm', files: { [`${scripts}/ifcfg-eth1.rpmnew`]: 'DEVICE=eth1\n' }, expect: 'free' },
  {
    name: 'a temporary file is read as one more',
    files: { [`${scripts}/ifcfg-eth1.tmp`]: 'DEVICE=eth1\n' },
    expect: 'claimed',
  },
  { name: 'single quotes', files: { [`${scripts}/ifcfg-storage`]: "DEVICE='eth1'\n" }, expect: 'claimed' },
  {
    name: 'quotes in the middle',
    files: { [`${scripts}/ifcfg-storage`]: 'DEVICE=e"th"1\n' },
    expect: 'claimed',
  },
  {
    name: 'a comment behind it',
    files: { [`${scripts}/ifcfg-x`]: 'DEVICE=eth1 # storage\n' },
    expect: 'claimed',
  },
  { name: 'a quote of ANSI C', files: { [`${scripts}/ifcfg-y`]: "DEVICE=$'eth1'\n" }, expect: 'claimed' },
  { name: 'exported', files: { [`${scripts}/ifcfg-y`]: 'export DEVICE=eth1\n' }, expect: 'claimed' },
  { name: 'an escape', files: { [`${scripts}/ifcfg-y`]: 'DEVICE=eth\\1\n' }, expect: 'claimed' },
  {
    name: 'another command behind it',
    files: { [`${scripts}/ifcfg-y`]: 'DEVICE=eth1; ONBOOT=yes\n' },
    expect: 'claimed',
  },
  {
    name: 'Windows line ends',
    files: { [`${scripts}/ifcfg-y`]: 'DEVICE=eth1\r\nONBOOT=yes\r\n' },
    expect: 'claimed',
  },
  { name: 'in a comment', files: { [`${scripts}/ifcfg-y`]: '#DEVICE=eth1\nDEVICE=eth7\n' }, expect: 'free' },
  {
    name: 'the last one wins',
    files: { [`${scripts}/ifcfg-y`]: 'DEVICE=eth1\nDEVICE=eth7\n' },
    expect: 'free',
  },
  {
    name: 'a port of a bond by MAC',
    files: { [`${scripts}/ifcfg-bond0_port`]: `NAME=p\nHWADDR=${mac}\nMASTER=bond0\nSLAVE=yes\n` },
    expect: 'claimed',
  },
  {
    name: 'a port of a bridge by name',
    files: { [`${scripts}/ifcfg-p`]: 'DEVICE=eth1\nBRIDGE=br0\n' },
    expect: 'claimed',
  },
  { name: 'ONBOOT=no', files: { [`${scripts}/ifcfg-eth1`]: 'ONBOOT=no\n' }, expect: 'claimed' },
  {
    name: 'a VLAN on it',
    files: { [`${scripts}/ifcfg-eth1.100`]: 'DEVICE=eth1.100\nVLAN=yes\n' },
    expect: 'free',
  },
  {
    name: 'a VLAN by PHYSDEV',
    files: { [`${scripts}/ifcfg-vlan7`]: 'DEVICE=vlan7\nVLAN=yes\nPHYSDEV=eth1\n' },
    expect: 'free',
  },
  {
    name: 'an alias by file name',
    files: { [`${scripts}/ifcfg-eth1:0`]: 'IPADDR=10.0.0.9\n' },
    expect: 'claimed',
  },
  { name: 'an alias by DEVICE', files: { [`${scripts}/ifcfg-vip`]: 'DEVICE=eth1:7\n' }, expect: 'claimed' },
  {
    name: 'an alternative name',
    files: { [`${scripts}/ifcfg-enp0s6`]: 'DEVICE=enp0s6\n' },
    link: { altNames: ['enp0s6'] },
    expect: 'claimed',
  },
  {
    name: 'cloud-init',
    files: { [`${scripts}/ifcfg-eth1`]: '# Created by cloud-init automatically\nDEVICE=eth1\n' },
    expect: 'claimed',
  },
  {
    name: 'routes beside it',
    files: { [`${scripts}/route-eth1`]: '10.9.0.0/16 via 10.0.0.1\n' },
    expect: 'claimed',
  },
  {
    name: 'rules of another link',
    files: { [`${scripts}/rule6-eth10`]: 'from all lookup 9\n' },
    expect: 'free',
  },
  {
    name: 'GATEWAYDEV',
    files: { '/etc/sysconfig/network': 'NETWORKING=yes\nGATEWAYDEV=eth1\n' },
    expect: 'claimed',
    at: '/etc/sysconfig/network:2',
  },
  {
    name: 'GATEWAYDEV that is set again',
    files: { '/etc/sysconfig/network': 'GATEWAYDEV=eth1\nGATEWAYDEV=eth0\n' },
    expect: 'free',
  },
];

export const initscriptsCases: readonly ClaimCase[] = [
  ...redHatCases,
  {
    name: 'what rpm has saved',
    files: { [`${scripts}/ifcfg-eth1.rpmsave`]: 'DEVICE=eth1\n' },
    expect: 'free',
  },
  { name: 'an old one', files: { [`${scripts}/ifcfg-eth1.old`]: 'DEVICE=eth1\n' }, expect: 'free' },
  { name: 'neither device nor MAC', files: { [`${scripts}/ifcfg-x`]: 'ONBOOT=yes\n' }, expect: 'free' },
];

export const ifcfgPluginCases: readonly ClaimCase[] = [
  ...redHatCases,
  {
    name: 'what rpm has saved is loaded',
    files: { [`${scripts}/ifcfg-eth1.rpmsave`]: 'DEVICE=eth1\n' },
    expect: 'claimed',
  },
  {
    name: 'an old one is loaded',
    files: { [`${scripts}/ifcfg-eth1.old`]: 'DEVICE=eth1\n' },
    expect: 'claimed',
  },
  {
    name: 'a temporary file of rpm',
    files: { [`${scripts}/ifcfg-eth1;65f0a1b2`]: 'DEVICE=eth1\n' },
    expect: 'free',
  },
  {
    name: 'with DHCP for every NIC',
    files: { [`${scripts}/ifcfg-Auto`]: 'TYPE=Ethernet\nBOOTPROTO=dhcp\n' },
    expect: 'image',
  },
  {
    name: 'with an address for every NIC',
    files: { [`${scripts}/ifcfg-Auto`]: 'TYPE=Ethernet\nBOOTPROTO=none\nIPADDR=10.0.0.2\n' },
    expect: 'claimed',
    at: `${scripts}/ifcfg-Auto:3`,
  },
  {
    name: 'of another type',
    files: { [`${scripts}/ifcfg-Auto`]: 'TYPE=Wireless\nESSID=x\n' },
    expect: 'free',
  },
  {
    name: 'HWADDR in a profile with a UUID',
    files: {
      [`${scripts}/ifcfg-Auto_Storage`]: `HWADDR=${mac}\nTYPE=Ethernet\nDEFROUTE=no\nNAME="Auto Storage"\nUUID=11111111-2222-3333-4444-555555555555\n`,
    },
    expect: 'claimed',
  },
];
