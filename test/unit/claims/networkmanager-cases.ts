// Files of NetworkManager, and what it makes of them for eth1. Source: nm-settings-keyfile(5), NetworkManager.conf(5) and the source of 1.58.
import { ifcfgUuid, uuidOf } from '../../../renderers/networkmanager/uuid.ts';
import { type ClaimCase, caseMac } from '../../support/claim-cases.ts';

const folder = '/etc/NetworkManager/system-connections';
const confd = 'NetworkManager/conf.d';
const mac = '00:16:3E:00:00:02';

/** A profile of an Ethernet link, with what it says beside. */
const profile = (more: string, connection = ''): string =>
  `[connection]\nid=storage\ntype=ethernet\n${connection}\n${more}\n`;
const address = '[ipv4]\nmethod=manual\naddress1=10.9.0.2/24\n';
const dhcp = '[ipv4]\nmethod=auto\n';

const one = (
  name: string,
  text: string,
  expect: ClaimCase['expect'],
  more: Partial<ClaimCase> = {},
  path = `${folder}/storage.nmconnection`,
): ClaimCase => ({ name, files: { [path]: text }, expect, ...more });

export const profileCases: readonly ClaimCase[] = [
  one('by MAC', profile(`[ethernet]\nmac-address=${mac}\n${address}`), 'claimed', {
    at: `${folder}/storage.nmconnection:6`,
  }),
  one('by MAC, the old name of the group', profile(`[802-3-ethernet]\nmac-address=${mac}`), 'claimed'),
  one(
    'by MAC, with dashes and in lower case',
    profile('[ethernet]\nmac-address = 00-16-3e-00-00-02'),
    'claimed',
  ),
  one('by MAC, as numbers', profile('[ethernet]\nmac-address=0;22;62;0;0;2;'), 'claimed'),
  one('by the MAC of another NIC', profile(`[ethernet]\nmac-address=00:16:3e:00:00:03\n${address}`), 'free'),
  one('by the MAC that is burnt in', profile('[ethernet]\nmac-address=02:00:00:00:00:07'), 'claimed', {
    link: { permanentMac: '02:00:00:00:00:07' as never },
  }),
  one('by a MAC that somebody has changed', profile(`[ethernet]\nmac-address=${mac}`), 'free', {
    link: { permanentMac: '02:00:00:00:00:07' as never },
  }),
  one('by a MAC that is none', profile('[ethernet]\nmac-address=eth1\n[ipv4]\nmethod=manual'), 'claimed'),
  one('by name', profile(dhcp, 'interface-name=eth1\n'), 'claimed', {
    at: `${folder}/storage.nmconnection:4`,
  }),
  one('by name, with blanks and line ends of DOS', '[connection]\r\ninterface-name = eth1 \r\n', 'claimed'),
  one('by name, with an escape', profile(dhcp, 'interface-name=\\seth1\n'), 'free'),
  // GLib keeps the backslash of what it does not know, and NetworkManager asks for no error.
  one('by name, with an escape that is none', profile(dhcp, 'interface-name=eth\\q1\n'), 'free'),
  one('by name, behind a line that is none', '[connection]\neth1\ninterface-name=eth1\n', 'claimed'),
  one('by another name', profile(dhcp, 'interface-name=eth10\n'), 'free'),
  one(
    'by an alternative name, which NetworkManager does not know',
    profile(dhcp, 'interface-name=enp0s6\n'),
    'free',
    {
      link: { altNames: ['enp0s6'] },
    },
  ),
  one('the last of two names', '[connection]\ninterface-name=eth2\ninterface-name=eth1\n', 'claimed'),
  one('a name in a comment', '[connection]\n#interface-name=eth1\ninterface-name=eth2\n', 'free'),
  one(
    'the name, and the MAC of another NIC',
    profile('[ethernet]\nmac-address=00:16:3e:00:00:03', 'interface-name=eth1'),
    'free',
  ),
  one('the MAC, and another name', profile(`[ethernet]\nmac-address=${mac}`, 'interface-name=eth5'), 'free'),
  one('not started by itself', profile(dhcp, 'interface-name=eth1\nautoconnect=false'), 'claimed'),
  one('a port of a bond', profile('', 'interface-name=eth1\nmaster=bond0\nslave-type=bond'), 'claimed'),
  one(
    'a port of a bond by MAC',
    profile(`[ethernet]\nmac-address=${mac}`, 'controller=bond0\nport-type=bond'),
    'claimed',
  ),
  one('any NIC as a port', profile('', 'controller=br0\nport-type=bridge'), 'claimed'),
  one('a VLAN', '[connection]\ntype=vlan\ninterface-name=eth1.5\n[vlan]\nid=5\nparent=eth1\n', 'free'),
  one('a VLAN without a type', '[connection]\ninterface-name=eth1.5\n[vlan]\nparent=eth1\n', 'free'),
  one('a macvlan', '[connection]\ntype=macvlan\ninterface-name=mv0\n[macvlan]\nparent=eth1\n', 'free'),
  one('a bridge of that name', '[connection]\ntype=bridge\ninterface-name=eth1\n', 'claimed', {
    at: `${folder}/storage.nmconnection:3`,
  }),
  one('PPPoE', '[connection]\ntype=pppoe\ninterface-name=ppp0\n[pppoe]\nparent=eth1\n', 'claimed'),
  one('wifi', '[connection]\ntype=wifi\n[wifi]\nssid=x\n', 'free'),
  one('the old name of the type', '[connection]\ntype=802-3-ethernet\ninterface-name=eth1\n', 'claimed'),
  one(
    'a list of MACs that are refused',
    profile(`[ethernet]\nmac-address-blacklist=${mac};\n${address}`),
    'free',
  ),
  one(
    'the same by its new name',
    profile(`[ethernet]\nmac-address-denylist=02:00:00:00:00:01;${mac}\n${address}`),
    'free',
  ),
  one('any NIC, with DHCP', profile(dhcp), 'image'),
  one('any NIC, with DHCP and IPv6', profile(`${dhcp}[ipv6]\nmethod=auto\n`, 'multi-connect=3'), 'image'),
  one('any NIC, with an address', profile(address), 'claimed'),
  one('any NIC, with a route', profile(`${dhcp}route1=10.0.0.0/8,10.9.0.1\n`), 'claimed'),
  one('any NIC, above ours', profile(dhcp, 'autoconnect-priority=201'), 'claimed'),
  one('any NIC, as high as ours', profile(dhcp, 'autoconnect-priority=200'), 'claimed'),
  one('any NIC, below ours', profile(dhcp, 'autoconnect-priority=120'), 'image'),
  one(
    "cloud-init's for another NIC",
    profile(`[ethernet]\nmac-address=00:16:3e:00:00:09\n${dhcp}`),
    'free',
    {},
    `${folder}/cloud-init-eth2.nmconnection`,
  ),
  one(
    'made up by NetworkManager',
    '[connection]\ninterface-name=eth1\nautoconnect-priority=-999\n[.nmmeta]\nnm-generated=true\n',
    'free',
    {},
    '/run/NetworkManager/system-connections/Wired connection 1.nmconnection',
  ),
];

const match = (name: string, key: string, value: string, expect: ClaimCase['expect'], link = {}): ClaimCase =>
  one(`${name}: ${key}=${value}`, profile(`[match]\n${key}=${value}\n${dhcp}`), expect, { link });

export const matchCases: readonly ClaimCase[] = [
  match('a few names', 'interface-name', 'eth[1-3]', 'claimed'),
  match('a name in a list', 'interface-name', 'ens5;eth1;', 'claimed'),
  match('with a sign', 'interface-name', '|eth1', 'claimed'),
  match('both are needed', 'interface-name', '&eth*;eth1', 'claimed'),
  match('a negation beside', 'interface-name', 'eth*;!eth1;', 'free'),
  match('a negation of another', 'interface-name', 'eth1;!eth2', 'claimed'),
  match('all but one', 'interface-name', '!eth2', 'image'),
  match('all but the primary', 'interface-name', '!eth0', 'claimed'),
  match('an optional negation', 'interface-name', '|!eth0', 'claimed'),
  match('a sign that is none', 'interface-name', '\\\\eth1', 'claimed'),
  match('other names', 'interface-name', 'ens*', 'free'),
  match('a question mark', 'interface-name', 'eth?', 'claimed'),
  match('all of a kind, the primary too', 'interface-name', 'eth*', 'image'),
  match('a driver that is not known', 'driver', 'ena', 'image'),
  match('the driver', 'driver', 'ena', 'image', { driver: 'ena' }),
  match('another driver', 'driver', 'virtio_net', 'free', { driver: 'ena' }),
  match('a path that is not known', 'path', 'pci-0000:00:06.0', 'claimed'),
  match('the path', 'path', 'pci-0000:00:06.0', 'claimed', { properties: { ID_PATH: 'pci-0000:00:06.0' } }),
  match('another path', 'path', 'pci-0000:00:06.0', 'free', { properties: { ID_PATH: 'pci-0000:00:07.0' } }),
  match('no path at all', 'path', 'pci-0000:00:06.0', 'free', { properties: {} }),
  match('the command line', 'kernel-command-line', 'ip=dhcp', 'image'),
];

const named = 'interface-name=eth1\n';
const uuid = 'f26b2c5a-3d7a-4d35-a3ac-1c2e2d6d5a10';
const other = `[connection]\nuuid=${uuid}\ninterface-name=eth2\n`;
const here = `[connection]\nuuid=${uuid}\ninterface-name=eth1\n`;
const stored = (root: string, name = 'a.nmconnection'): string =>
  `${root}/NetworkManager/system-connections/${name}`;

export const storageCases: readonly ClaimCase[] = [
  one(
    'ours, migrated from ifcfg',
    profile(`[ethernet]\nmac-address=${mac}`, `uuid=${ifcfgUuid(caseMac)}`),
    'free',
  ),
  one(
    'ours, written anew by nmcli',
    profile(`[ethernet]\nmac-address=${mac}`, `uuid=${uuidOf(caseMac)}`),
    'free',
  ),
  one(
    'a UUID of ours for another NIC',
    profile(`[ethernet]\nmac-address=${mac}`, 'uuid=8ad66b60-7d3e-5f4b-9d55-0f7e3f1e8b22'),
    'claimed',
  ),
  one('a UUID of that kind, for no NIC', profile(dhcp, `${named}uuid=${uuidOf(caseMac)}`), 'claimed'),
  ...['eth1.nmconnection.bak', 'eth1.nmconnection.rpmsave', 'eth1.old', 'eth1', 'eth1.orig'].map(name =>
    one(`${name} is a profile`, profile(dhcp, named), 'claimed', {}, `${folder}/${name}`),
  ),
  ...[
    '.eth1.nmconnection',
    'eth1.nmconnection~',
    'eth1.rpmnew',
    'eth1.nmconnection.X7aB2c',
    'eth1.backup',
    'eth1.pem',
    'eth1.DER',
  ].map(name => one(`${name} is none`, profile(dhcp, named), 'free', {}, `${folder}/${name}`)),
  one('in /run without the extension', profile(dhcp, named), 'free', {}, stored('/run', 'eth1')),
  one('in /run', profile(dhcp, named), 'claimed', {}, stored('/run')),
  one('of a package', profile(dhcp, named), 'claimed', {}, stored('/usr/lib')),
  {
    name: 'changed in memory',
    files: { [stored('/etc')]: here, [stored('/run', 'b.nmconnection')]: other },
    expect: 'free',
  },
  {
    name: 'in memory, whatever /etc says',
    files: { [stored('/etc')]: other, [stored('/run', 'b.nmconnection')]: here },
    expect: 'claimed',
  },
  {
    name: 'replaced in /etc by another name',
    files: { [stored('/usr/lib')]: here, [stored('/etc', 'b')]: other },
    expect: 'free',
  },
  {
    name: 'the same name, without a UUID',
    files: {
      [stored('/usr/lib')]: profile(dhcp, named),
      [stored('/etc')]: profile(dhcp, 'interface-name=eth2'),
    },
    expect: 'free',
  },
  {
    name: 'the same name, and two UUIDs: two profiles',
    files: { [stored('/usr/lib')]: here, [stored('/etc')]: profile(dhcp, 'interface-name=eth2') },
    expect: 'claimed',
  },
  {
    name: 'deleted',
    files: { [stored('/usr/lib')]: here, [stored('/etc', `${uuid}.nmmeta`)]: '' },
    expect: 'free',
  },
  {
    name: 'another one deleted',
    files: {
      [stored('/usr/lib')]: here,
      [stored('/etc', '00000000-0000-4000-8000-000000000000.nmmeta')]: '',
    },
    expect: 'claimed',
  },
  {
    name: 'deleted in /etc, and there in /run',
    files: { [stored('/run')]: here, [stored('/etc', `${uuid}.nmmeta`)]: '' },
    expect: 'claimed',
  },
  {
    name: 'data beside a profile',
    files: { [stored('/etc')]: here, [stored('/run', `${uuid}.nmmeta`)]: '[nmmeta]\nshadowed-storage=/x\n' },
    expect: 'claimed',
  },
  one('too large to be read', `${profile(dhcp, named)}#${'x'.repeat(70_000)}`, 'claimed'),
  one('ours', '# Written by eni-agent; changes are lost.\n[connection]\ninterface-name=eth1\n', 'free'),
  one('a password that is masked', `${profile('[802-1x]\npassword=a;b # c\n', named)}`, 'claimed'),
];

const conf = (
  name: string,
  text: string,
  expect: ClaimCase['expect'],
  more: Partial<ClaimCase> = {},
): ClaimCase => one(name, text, expect, more, `/etc/${confd}/50-site.conf`);
const unmanaged = (list: string, expect: ClaimCase['expect'], link = {}): ClaimCase =>
  conf(`unmanaged-devices=${list}`, `[keyfile]\nunmanaged-devices=${list}\n`, expect, { link });

export const configurationCases: readonly ClaimCase[] = [
  unmanaged(`mac:${mac}`, 'claimed'),
  unmanaged('mac:00-16-3e-00-00-02', 'claimed'),
  unmanaged('mac:00:16:3e:00:00:03', 'free'),
  unmanaged(`mac:${mac}`, 'claimed', { permanentMac: undefined }),
  unmanaged('mac:00:16:3e:00:00:03', 'claimed', { mac: undefined, permanentMac: undefined }),
  unmanaged('interface-name:eth1', 'claimed'),
  unmanaged('interface-name:eth\\1', 'free'),
  unmanaged('interface-name:eth[1-3]', 'free'),
  unmanaged('interface-name:eth?', 'claimed'),
  unmanaged('interface-name:=eth*', 'free'),
  unmanaged('interface-name:~eth*', 'claimed'),
  unmanaged('INTERFACE-NAME:eth1', 'claimed'),
  unmanaged('interface-name:docker*,eth1', 'claimed'),
  unmanaged('00:16:3e:00:00:02', 'claimed'),
  unmanaged('*', 'claimed'),
  unmanaged('*;except:interface-name:eth1', 'free'),
  unmanaged('*;except:eth1', 'claimed'),
  unmanaged('except:interface-name:eth0', 'claimed'),
  unmanaged('except:interface-name:eth1', 'free'),
  unmanaged('except:mac:00:16:3e:00:00:03;interface-name:eth2', 'free'),
  unmanaged('type:ethernet', 'claimed'),
  unmanaged('type:wifi', 'free'),
  unmanaged('type:veth', 'claimed', { kind: 'veth' }),
  unmanaged('s390-subchannels:0.0.f5f0', 'free'),
  unmanaged('dhcp-plugin:dhclient', 'claimed'),
  unmanaged('*;except:type:wifi;except:type:gsm', 'claimed'),
  unmanaged('driver:ena', 'claimed'),
  unmanaged('driver:ena', 'free', { driver: 'virtio_net' }),
  unmanaged('driver:ena/2.*', 'claimed', { driver: 'ena' }),
  unmanaged('*,except:driver:ena', 'claimed'),
  unmanaged('interface-name:eth\\;1', 'free'),
  one(
    'in the main file',
    '[main]\nplugins=keyfile\n[keyfile]\nunmanaged-devices=eth1\n',
    'claimed',
    { at: '/etc/NetworkManager/NetworkManager.conf:4' },
    '/etc/NetworkManager/NetworkManager.conf',
  ),
  one(
    'a name that no configuration has',
    '[keyfile]\nunmanaged-devices=eth1\n',
    'free',
    {},
    `/etc/${confd}/50-site.conf.bak`,
  ),
  {
    name: 'overruled by a later file',
    files: {
      [`/etc/${confd}/10-a.conf`]: '[keyfile]\nunmanaged-devices=eth1\n',
      [`/etc/${confd}/20-b.conf`]: '[keyfile]\nunmanaged-devices=eth2\n',
    },
    expect: 'free',
  },
  {
    name: 'added by a later file',
    files: {
      [`/usr/lib/${confd}/10-a.conf`]: '[keyfile]\nunmanaged-devices=eth2\n',
      [`/run/${confd}/05-b.conf`]: '[keyfile]\nunmanaged-devices+=eth1\n',
    },
    expect: 'claimed',
    at: `/run/${confd}/05-b.conf:2`,
  },
  {
    name: 'taken away by a later file',
    files: {
      [`/usr/lib/${confd}/10-a.conf`]: '[keyfile]\nunmanaged-devices=eth1;eth2\n',
      [`/etc/${confd}/05-b.conf`]: '[keyfile]\nunmanaged-devices-=eth1\n',
    },
    expect: 'free',
  },
  {
    name: 'masked by an empty file (Ubuntu with NetworkManager)',
    files: {
      [`/usr/lib/${confd}/10-globally-managed-devices.conf`]:
        '[keyfile]\nunmanaged-devices=*,except:type:wifi\n',
      [`/run/${confd}/10-globally-managed-devices.conf`]: '',
    },
    expect: 'free',
  },
  conf('a section that fits', '[device-storage]\nmatch-device=interface-name:eth1\nmanaged=0\n', 'claimed', {
    at: `/etc/${confd}/50-site.conf:3`,
  }),
  conf(
    'a section of another link',
    '[device-storage]\nmatch-device=interface-name:eth2\nmanaged=0\n',
    'free',
  ),
  conf(
    'a section that leaves it managed',
    '[device-storage]\nmatch-device=interface-name:eth1\nmanaged=1\n',
    'free',
  ),
  conf('a section for all', '[device]\nmanaged=false\n', 'claimed'),
  conf('a section that fits none', '[device-x]\nmatch-device=\nmanaged=0\n', 'free'),
  conf(
    'a connection section says nothing of that',
    '[connection-x]\nmatch-device=interface-name:eth1\nipv6.ip6-privacy=0\n',
    'free',
  ),
  one(
    'by nmcli, for good',
    '[.intern.device-1]\nmatch-device=interface-name:=eth1\nmanaged=0\n',
    'claimed',
    {},
    '/var/lib/NetworkManager/NetworkManager-intern.conf',
  ),
  { name: 'by udev', files: {}, link: { properties: { NM_UNMANAGED: '1' } }, expect: 'claimed' },
  { name: 'not by udev', files: {}, link: { properties: { NM_UNMANAGED: '0' } }, expect: 'free' },
  {
    name: 'left to ifupdown (Debian)',
    files: {
      '/etc/NetworkManager/NetworkManager.conf':
        '[main]\nplugins=ifupdown,keyfile\n[ifupdown]\nmanaged=false\n',
      '/etc/network/interfaces': 'auto lo\n\niface eth1 inet dhcp\n',
    },
    expect: 'claimed',
    at: '/etc/network/interfaces:3',
  },
  {
    name: 'left to ifupdown, where nothing is said of that',
    files: {
      '/etc/NetworkManager/NetworkManager.conf': '[main]\nplugins=ifupdown,keyfile\n',
      '/etc/network/interfaces': 'iface eth1 inet dhcp\n',
    },
    expect: 'claimed',
  },
  {
    name: 'another link is left to ifupdown',
    files: {
      '/etc/NetworkManager/NetworkManager.conf': '[main]\nplugins=ifupdown,keyfile\n',
      '/etc/network/interfaces': 'iface eth2 inet dhcp\n',
    },
    expect: 'free',
  },
  {
    name: 'not left to ifupdown',
    files: {
      '/etc/NetworkManager/NetworkManager.conf':
        '[main]\nplugins=ifupdown,keyfile\n[ifupdown]\nmanaged=true\n',
      '/etc/network/interfaces': 'iface eth1 inet dhcp\n',
    },
    expect: 'free',
  },
];
