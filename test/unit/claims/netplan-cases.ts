// YAML of netplan, and what netplan and networkd make of it. Source: netplan-yaml(5), parse.c and networkd.c of 0.106 to 1.2. The primary of the
// host is eth0, which has a file of its own.
import { parseMac } from '../../../agent/model/address.ts';
import type { ClaimCase } from '../../support/claim-cases.ts';

const path = '/etc/netplan/60-extra.yaml';
const mac = '00:16:3e:00:00:02';
const head = 'network:\n  version: 2\n';

type Rest = Partial<Omit<ClaimCase, 'name' | 'files' | 'expect'>>;

function text(name: string, yaml: string, expect: ClaimCase['expect'], rest: Rest = {}): ClaimCase {
  return { name, files: { [path]: yaml }, expect, ...rest };
}

/** Definitions below `ethernets:`, one a line, from line 4 on. */
function ethernets(
  name: string,
  lines: readonly string[],
  expect: ClaimCase['expect'],
  rest: Rest = {},
): ClaimCase {
  return text(name, `${head}  ethernets:\n${lines.map(line => `    ${line}\n`).join('')}`, expect, rest);
}

const at = (line: number): Rest => ({ at: `${path}:${line}` });
/** Told by the running machine. */
const online: Rest = { facts: {} };
const static2 = 'addresses: [10.0.0.2/24]';

const byMatch: readonly ClaimCase[] = [
  ethernets('the id', ['eth1: {dhcp4: true}'], 'claimed', at(4)),
  ethernets('another id', ['eth2: {dhcp4: true}'], 'free'),
  ethernets('the id is an alternative name', ['enp0s6: {dhcp4: true}'], 'claimed', {
    link: { altNames: ['enp0s6'] },
  }),
  ethernets('a MAC only', [`extra0: {match: {macaddress: "${mac}"}, ${static2}}`], 'claimed', at(4)),
  ethernets('a MAC in capitals', ['extra0: {match: {macaddress: 00:16:3E:00:00:02}}'], 'claimed'),
  ethernets('the MAC of another', ['eth1: {match: {macaddress: "00:16:3e:00:00:07"}}'], 'free'),
  ethernets('the permanent MAC', [`a: {match: {macaddress: "${mac}"}}`], 'claimed', {
    link: { mac: parseMac('00:16:3e:00:00:99')! },
  }),
  ethernets(
    'a MAC, and the name that the link will get',
    [`a: {match: {macaddress: "${mac}"}, set-name: lan1}`],
    'claimed',
  ),
  ethernets(
    'the name is that of a link with another MAC',
    ['a: {match: {macaddress: "00:16:3e:00:00:07"}, set-name: eth1}'],
    'free',
  ),
  ethernets('renamed by its driver', ['a: {match: {driver: ena}, set-name: eth1}'], 'image', {
    link: { driver: 'ena' },
  }),
  ethernets('a name', ['a: {match: {name: eth1}}'], 'claimed', at(4)),
  ethernets('a pattern for a few', ['a: {match: {name: "eth[12]"}}'], 'claimed'),
  ethernets(
    'a pattern and the MAC',
    [`a: {match: {name: "eth*", macaddress: "${mac}"}, ${static2}}`],
    'claimed',
  ),
  ethernets(
    'a pattern and the MAC of another',
    ['a: {match: {name: "eth*", macaddress: "00:16:3e:00:00:07"}}'],
    'free',
  ),
  ethernets('a name with a list in it', ['a: {match: {name: "eth2 eth1"}}'], 'claimed'),
  ethernets('a list of names, which netplan refuses', ['a: {match: {name: [eth2, eth1]}}'], 'claimed'),
  ethernets('a list of MACs, which it refuses', [`a: {match: {macaddress: ["${mac}"]}}`], 'claimed'),
  ethernets('the id is only a label where there is a match', ['eth1: {match: {name: "en*"}}'], 'free'),
  ethernets('nothing behind match', ['eth1: {match: , dhcp4: true}'], 'claimed'),
  ethernets('a match for every link', ['a: {match: {}, dhcp4: true}'], 'image'),
  ethernets('a driver', ['a: {match: {driver: virtio_net}, dhcp4: true}'], 'image', {
    link: { driver: 'virtio_net' },
  }),
  ethernets('drivers', ['a: {match: {driver: [ena, "virtio*"]}, dhcp4: true}'], 'image', {
    link: { driver: 'virtio_net' },
  }),
  ethernets('another driver', ['a: {match: {driver: [ena, ixgbe*]}, dhcp4: true}'], 'free', {
    link: { driver: 'virtio_net' },
  }),
  ethernets('a driver that is not known', ['a: {match: {driver: ena}, dhcp4: true}'], 'image'),
];

const catchAlls: readonly ClaimCase[] = [
  ethernets(
    'the catch-alls of Debian 12',
    [
      'all-en: {match: {name: "en*"}, dhcp4: true, dhcp4-overrides: {use-domains: true}, dhcp6: true, dhcp6-overrides: {use-domains: true}}',
      'all-eth: {match: {name: "eth*"}, dhcp4: true}',
    ],
    'image',
    at(5),
  ),
  ethernets(
    'a catch-all with name servers',
    ['all: {match: {name: "e*"}, dhcp4: true, nameservers: {addresses: [10.0.0.1]}}'],
    'image',
  ),
  ethernets('a catch-all with an address', [`all: {match: {name: "e*"}, ${static2}}`], 'claimed'),
  ethernets(
    'a catch-all with routes',
    ['all: {match: {name: "e*"}, dhcp4: true, routes: [{to: 10.0.0.0/8, via: 10.0.0.1}]}'],
    'claimed',
  ),
  ethernets(
    'a catch-all whose id sorts before ours',
    ['00-all: {match: {name: "e*"}, dhcp4: true}'],
    'claimed',
    at(4),
  ),
  ethernets(
    'a catch-all that comes before a definition of the link, which its owner has written all the same',
    ['all-eth: {match: {name: "eth*"}, dhcp4: true}', `eth1: {${static2}}`],
    'claimed',
  ),
  ethernets(
    'a definition that comes before the catch-all',
    ['all-eth: {match: {name: "eth*"}, dhcp4: true}', `05-eth1: {match: {name: eth1}, ${static2}}`],
    'claimed',
    at(5),
  ),
  text(
    'a catch-all as ports',
    `${head}  ethernets:\n    all: {match: {name: "e*"}}\n  bridges:\n    br0: {interfaces: [all]}\n`,
    'claimed',
  ),
];

const two = (a: string, b: string) => ({
  '/etc/netplan/50-a.yaml': `${head}  ethernets:\n    ${a}\n`,
  [path]: `${head}  ethernets:\n    ${b}\n`,
});

const merged: readonly ClaimCase[] = [
  {
    name: 'a match in a later file',
    files: two('x: {dhcp4: true}', `x: {match: {macaddress: "${mac}"}}`),
    expect: 'free',
  },
  {
    name: 'the id stays the name where the match comes later',
    files: two('eth1: {dhcp4: true}', `eth1: {match: {macaddress: "${mac}"}}`),
    expect: 'claimed',
  },
  {
    name: 'an address for a catch-all in a later file',
    files: two('all: {match: {name: "e*"}, dhcp4: true}', `all: {${static2}}`),
    expect: 'claimed',
  },
  {
    name: 'another match in a later file',
    files: two('x: {match: {name: eth1}}', 'x: {match: {name: eth2}}'),
    expect: 'free',
  },
  {
    name: 'hidden by a file in /run',
    files: { [path]: `${head}  ethernets: {eth1: {dhcp4: true}}\n`, '/run/netplan/60-extra.yaml': head },
    expect: 'free',
  },
  {
    name: 'hidden by an empty file',
    files: { '/lib/netplan/60-extra.yaml': `${head}  ethernets: {eth1: {dhcp4: true}}\n`, [path]: '' },
    expect: 'free',
  },
  {
    name: 'in /lib',
    files: { '/lib/netplan/60-extra.yaml': `${head}  ethernets: {eth1: {dhcp4: true}}\n` },
    expect: 'claimed',
  },
  {
    name: 'in /run',
    files: { '/run/netplan/60-extra.yaml': `${head}  ethernets: {eth1: {dhcp4: true}}\n` },
    expect: 'claimed',
  },
  {
    name: 'another extension, or a hidden name',
    files: {
      '/etc/netplan/a.yml': `${head}  ethernets: {eth1: {}}\n`,
      '/etc/netplan/.a.yaml': `${head}  ethernets: {eth1: {}}\n`,
      '/etc/netplan/b.yaml.bak': `${head}  ethernets: {eth1: {}}\n`,
    },
    expect: 'free',
  },
];

const ports: readonly ClaimCase[] = [
  text(
    'a port of a bond, by MAC',
    `${head}  ethernets:\n    nics: {match: {macaddress: "${mac}"}}\n  bonds:\n    bond0: {interfaces: [nics], dhcp4: true}\n`,
    'claimed',
    at(4),
  ),
  text(
    'a port of a bridge',
    `${head}  ethernets:\n    eth1: {}\n  bridges:\n    br0: {interfaces: [eth1]}\n`,
    'claimed',
  ),
  text(
    'a port of a VRF',
    `${head}  ethernets:\n    eth1: {}\n  vrfs:\n    v: {table: 10, interfaces: [eth1]}\n`,
    'claimed',
  ),
  text('a port that is not defined', `${head}  bonds:\n    bond0: {interfaces: [eth1]}\n`, 'claimed', at(4)),
  text(
    'ports of a bond, one a line',
    `${head}  bonds:\n    bond0:\n      interfaces:\n        - eth2\n        - eth1\n`,
    'claimed',
    at(7),
  ),
  text(
    'a VLAN above another link',
    `${head}  ethernets:\n    eth2: {}\n  vlans:\n    v5: {id: 5, link: eth2}\n`,
    'free',
  ),
  text('a new link of that name', `${head}  dummy-devices:\n    eth1: {${static2}}\n`, 'claimed'),
  text('a MAC of a new link is no match', `${head}  bridges:\n    br0: {macaddress: "${mac}"}\n`, 'free'),
];

const syntax: readonly ClaimCase[] = [
  ethernets('a key twice', ['eth1:', '  dhcp4: false', `  ${static2}`, '  dhcp4: false'], 'claimed', at(4)),
  ethernets('a definition twice', ['eth1: {dhcp4: true}', 'eth1: {dhcp6: true}'], 'claimed', at(4)),
  text(
    'ethernets twice',
    `${head}  ethernets: {eth1: {dhcp4: true}}\n  ethernets: {eth2: {dhcp4: true}}\n`,
    'claimed',
    at(3),
  ),
  text('network twice', `${head}  ethernets: {eth1: {}}\nnetwork: {version: 2}\n`, 'claimed'),
  text(
    'an empty last document',
    `---\n${head}  ethernets:\n    eth1: {dhcp4: true}\n---\n`,
    'claimed',
    at(5),
  ),
  text('the second document is not read', `${head}---\n${head}  ethernets: {eth1: {}}\n`, 'free'),
  text('whatever it is', `${head}  ethernets: {eth1: {}}\n---\n}{\n`, 'claimed'),
  text(
    'a directive and an end',
    `%YAML 1.1\n---\n${head}  ethernets:\n    eth1: {dhcp4: true}\n...\n`,
    'claimed',
    at(6),
  ),
  text('behind the end', `${head}...\nnetwork: {ethernets: {eth1: {}}}\n`, 'free'),
  text('on the line of the marker', '--- {network: {ethernets: {eth1: {}}}}\n', 'claimed', at(1)),
  text(
    'CR and LF',
    `${head}  ethernets:\n    eth1:\n      dhcp4: true\n`.replaceAll('\n', '\r\n'),
    'claimed',
    at(4),
  ),
  text('a byte order mark', `\uFEFF${head}  ethernets: {eth1: {}}\n`, 'claimed'),
  ethernets('an alias', ['eth0: &d {dhcp4: true}', 'eth1: *d'], 'claimed', at(5)),
  ethernets('an alias of a match', [`x: {match: &m {macaddress: "${mac}"}}`, 'y: {match: *m}'], 'claimed'),
  ethernets('a merge key, which netplan refuses', ['x: &d {dhcp4: true}', 'eth1: {<<: *d}'], 'claimed'),
  ethernets('quoted', [`"eth1": {"dhcp4": true}`], 'claimed'),
  ethernets('nothing behind the id', ['eth1:'], 'claimed'),
  ethernets('a key that netplan does not know', ['eth1: {foo: 1}'], 'claimed'),
  ethernets('a renderer for all that follow', ['renderer: networkd', 'eth2: {}'], 'free'),
  text('no YAML', '}{\n', 'claimed', at(1)),
  text('a tab', 'network:\n\tversion: 2\n', 'claimed', at(1)),
  text('a list', '- network\n', 'claimed', at(1)),
  ethernets('a list as an id', ['? [eth1]', ': {dhcp4: true}'], 'claimed', at(1)),
  ethernets('nothing behind set-name', ['eth1: {set-name: , dhcp4: true}'], 'claimed', at(4)),
  ethernets('a mapping for a word', ['eth1: {set-name: {a: b}}'], 'claimed', at(4)),
  text('an unknown alias', 'network: *x\n', 'claimed', at(1)),
  text('only comments', '# nothing\n', 'free'),
  text('only a renderer', `${head}  renderer: NetworkManager\n`, 'free'),
  text(
    'a password in a flow',
    `${head}  wifis:\n    w: {access-points: {"my secret, net": {password: "a{b,c"}}}\n  ethernets:\n    eth1: {dhcp4: true}\n`,
    'claimed',
    at(6),
  ),
  ethernets(
    'a password with spaces',
    ['eth1:', '  dhcp4: true', '  auth: {key-management: eap, password: my pass word, method: tls}'],
    'claimed',
  ),
  ethernets(
    'a password in quotes of YAML',
    ['eth1:', `  auth: {password: "a\\"b, {c", method: tls}`],
    'claimed',
    at(4),
  ),
  ethernets(
    'a password in single quotes',
    ['eth1:', `  auth: {password: 'it''s: {', method: tls}`],
    'claimed',
    at(4),
  ),
  ethernets(
    'a password of several lines',
    ['eth1:', '  auth:', '    password: |', '      a: {', '      b'],
    'claimed',
    at(4),
  ),
];

const networkManager: readonly ClaimCase[] = [
  {
    name: 'a profile that NetworkManager has written as YAML',
    files: {
      '/etc/netplan/90-NM-x.yaml': `${head}  ethernets:\n    NM-626dd384-8b3d-3690-9511-192b2c79b3fd:\n      renderer: NetworkManager\n      match:\n        name: "eth1"\n      dhcp4: true\n`,
    },
    expect: 'claimed',
    at: '/etc/netplan/90-NM-x.yaml:7',
  },
  ethernets(
    'for NetworkManager, behind a catch-all of networkd',
    ['all: {match: {name: "e*"}, dhcp4: true}', 'eth1: {renderer: NetworkManager, dhcp4: true}'],
    'claimed',
  ),
  text(
    'a profile that only NetworkManager understands',
    `${head}  nm-devices:\n    NM-1: {renderer: NetworkManager, match: {name: eth1}, networkmanager: {uuid: "1"}}\n`,
    'claimed',
  ),
];

const ofNetworkd: readonly ClaimCase[] = [
  {
    name: 'a file of networkd',
    files: { '/etc/systemd/network/20-a.network': '[Match]\nName=eth1\n' },
    expect: 'claimed',
    at: '/etc/systemd/network/20-a.network:2',
  },
  {
    name: 'a file of networkd that comes before all of netplan',
    files: { '/etc/systemd/network/05-a.network': '[Match]\nType=ether\n[Network]\nDHCP=yes\n' },
    expect: 'claimed',
  },
  {
    name: 'a catch-all of networkd',
    files: { '/usr/lib/systemd/network/89-ethernet.network': '[Match]\nType=ether\n[Network]\nDHCP=yes\n' },
    expect: 'image',
  },
  {
    name: 'what netplan has generated is the shadow of its YAML',
    files: { '/run/systemd/network/10-netplan-eth1.network': '[Match]\nName=eth1\n' },
    expect: 'free',
  },
  {
    name: 'a file that networkd asks after a catch-all of netplan',
    files: {
      [path]: `${head}  ethernets: {all: {match: {name: "e*"}, dhcp4: true}}\n`,
      '/etc/systemd/network/20-a.network': '[Match]\nName=eth1\n',
    },
    expect: 'claimed',
  },
  {
    name: 'a drop-in for a catch-all of netplan',
    files: {
      [path]: `${head}  ethernets: {all: {match: {name: "e*"}, dhcp4: true}}\n`,
      '/etc/systemd/network/10-netplan-all.network.d/x.conf': '[Network]\nAddress=10.0.0.2/24\n',
    },
    expect: 'claimed',
  },
  {
    name: 'a drop-in that gives another definition the name',
    files: {
      [path]: `${head}  ethernets: {eth2: {dhcp4: true}}\n`,
      '/etc/systemd/network/10-netplan-eth2.network.d/x.conf': '[Match]\nName=eth1\n',
    },
    expect: 'claimed',
    at: '/etc/systemd/network/10-netplan-eth2.network.d/x.conf:2',
  },
  {
    name: 'a drop-in that narrows a catch-all of netplan',
    files: {
      [path]: `${head}  ethernets: {all: {match: {name: "e*"}, dhcp4: true}}\n`,
      '/etc/systemd/network/10-netplan-all.network.d/x.conf': '[Match]\nName=\nName=eth0\n',
    },
    expect: 'free',
  },
  {
    name: 'a file that is too large',
    files: { [path]: `${'#'.repeat(70_000)}\n` },
    expect: 'claimed',
    at: path,
  },
];

export const netplanCases: readonly ClaimCase[] = [
  ...byMatch,
  ...catchAlls,
  ...merged,
  ...ports,
  ...syntax,
  ...networkManager,
  ...ofNetworkd,
].map(one => (one.expect === 'image' ? { ...online, ...one } : one));

/** Taken for the link by no service as it is now, and written for it all the same. */
export const meantCases: readonly ClaimCase[] = [
  {
    name: 'a definition that networkd refuses for its drop-in',
    files: {
      [path]: `${head}  ethernets: {eth1: {dhcp4: true}}\n`,
      '/etc/systemd/network/10-netplan-eth1.network.d/x.conf': '[Network\nDHCP=no\n',
    },
    expect: 'claimed',
    at: `${path}:3`,
  },
];
