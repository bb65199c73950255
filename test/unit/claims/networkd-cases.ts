// Files of systemd-networkd, and what it makes of them. Source: systemd.network(5), and the parser and net-condition.c of 245 to 257. The primary
// of the host is ens5, systemd is 252.
import { parseMac } from '../../../agent/model/address.ts';
import type { ClaimCase } from '../../support/claim-cases.ts';

const etc = '/etc/systemd/network';
const mac = '00:16:3e:00:00:02';
const dhcp = '[Network]\nDHCP=yes\n';

type Rest = Partial<Omit<ClaimCase, 'name' | 'files' | 'expect'>>;

/** One file of this [Match], which sorts after ours, with DHCP and nothing else. */
function match(name: string, lines: string, expect: ClaimCase['expect'], rest: Rest = {}): ClaimCase {
  return { name, files: { [`${etc}/20-a.network`]: `[Match]\n${lines}\n${dhcp}` }, expect, ...rest };
}

/** One file as it stands. */
function file(name: string, text: string, expect: ClaimCase['expect'], rest: Rest = {}): ClaimCase {
  return { name, files: { [`${etc}/20-a.network`]: text }, expect, ...rest };
}

const at = (line: number): Rest => ({ at: `${etc}/20-a.network:${line}` });
/** What is told by the running machine: its primary, its versions. */
const online: Rest = { facts: {} };
const other = parseMac('00:16:3e:00:00:99')!;

const byMac: readonly ClaimCase[] = [
  match('a MAC', `MACAddress=${mac}`, 'claimed', at(2)),
  match('a MAC in capitals and dashes', 'MACAddress=00-16-3E-00-00-02', 'claimed'),
  match('a MAC in three groups', 'MACAddress=0016.3e00.0002', 'claimed'),
  match('a MAC without leading zeros', 'MACAddress=0:16:3e:0:0:2', 'claimed'),
  match('one of several MACs', `MACAddress=00:16:3e:00:00:07 ${mac}`, 'claimed'),
  match('MACs in two lines', `MACAddress=00:16:3e:00:00:07\nMACAddress=${mac}`, 'claimed', at(3)),
  match('the MAC of another', 'MACAddress=00:16:3e:00:00:07', 'free'),
  match('a MAC that is taken back', `MACAddress=${mac}\nMACAddress=\nMACAddress=00:16:3e:00:00:07`, 'free'),
  match(
    'a MAC in quotes is none, and the file without a criterion ignored',
    `MACAddress="${mac}"`,
    'free',
    online,
  ),
  match('a MAC has no negation', `MACAddress=!${mac}\nName=ens6`, 'claimed', at(3)),
  match('the permanent MAC', `PermanentMACAddress=${mac}`, 'claimed', at(2)),
  match('the permanent MAC of a link with another one', `PermanentMACAddress=${mac}`, 'claimed', {
    link: { mac: other },
  }),
  match('the present MAC is not the permanent one', `MACAddress=${mac}`, 'free', { link: { mac: other } }),
  match('a MAC, with the name of another link', `MACAddress=${mac}\nName=ens7`, 'free'),
  match('the name, with the MAC of another link', 'Name=ens6\nMACAddress=00:16:3e:00:00:07', 'free'),
  match('a MAC where none is known', 'MACAddress=00:16:3e:00:00:07', 'claimed', {
    link: { mac: undefined, permanentMac: undefined },
  }),
];

const byName: readonly ClaimCase[] = [
  match('a name', 'Name=ens6', 'claimed', at(2)),
  match('a name in a list', 'Name=ens5 ens6', 'claimed'),
  match('a list in two lines', 'Name=ens5\nName=ens6', 'claimed', at(3)),
  match('a name that is taken back', 'Name=ens6\nName=\nName=ens9', 'free'),
  match('the name of another', 'Name=ens66', 'free'),
  match('a name in quotes is another name', 'Name="ens6"', 'free'),
  match('an alternative name', 'Name=enp0s6', 'claimed', { link: { altNames: ['enp0s6'] } }),
  match('a list of what it is not', 'Name=!ens6', 'free'),
  match('the negation is for the whole list', 'Name=!lo ens6', 'free'),
  match('a negation in the middle is a name', 'Name=ens5 !ens6', 'free'),
  match('a negated list that does not have it', 'Name=!lo docker*', 'image'),
  match('a negated list that has the primary', 'Name=!lo ens5', 'claimed', online),
  match('a negation fits a link that has another name as well', 'Name=!ens6', 'image', {
    link: { altNames: ['enp0s6'] },
  }),
  match('two lists, one of them negated', 'Name=en*\nName=!ens6', 'free'),
  match('every link', 'Name=*', 'image'),
  match('a family of names', 'Name=en* eth*', 'image'),
  match('a pattern that fits the primary too', 'Name=ens[0-9]', 'image', online),
  match('a pattern for a few', 'Name=ens[67]', 'claimed', at(2)),
  match('a pattern with a class: no colon is in a name', 'Name=ens[[:digit:]]*', 'free', online),
  match('a pattern for another family', 'Name=eth*', 'free'),
  match('the primary by name, and the others by pattern', 'Name=ens5 ens*', 'image'),
  match('a name that cannot be one is left out, and the file has no criterion', 'Name=en/s6', 'free', online),
  match('such a name beside a good one', 'Name=en/s6 ens6', 'claimed'),
  match('names that are no names: numbers, all, default', 'Name=6 all default', 'free', online),
  match('the key has its case', 'name=ens6', 'free', online),
];

const byDevice: readonly ClaimCase[] = [
  match('a path', 'Path=pci-0000:00:06.0', 'claimed', {
    link: { properties: { ID_PATH: 'pci-0000:00:06.0' } },
  }),
  match('a path of another', 'Path=pci-0000:00:07.0', 'free', {
    link: { properties: { ID_PATH: 'pci-0000:00:06.0' } },
  }),
  match('a path where none is known', 'Path=pci-0000:00:07.*', 'claimed'),
  match('a path where there is none', 'Path=pci-*', 'free', { link: { properties: {} } }),
  match('a driver', 'Driver=ena ixgbevf vif', 'image', { link: { driver: 'ena' } }),
  match('a driver in quotes', 'Driver="ena"', 'image', { link: { driver: 'ena' } }),
  match('the driver that udev has written down', 'Driver=hv_*', 'image', {
    link: { driver: 'netvsc', properties: { ID_NET_DRIVER: 'hv_netvsc' } },
  }),
  match('a driver that is not known', 'Driver=ena', 'image'),
  match('another driver', 'Driver=ena', 'free', { link: { driver: 'virtio_net' } }),
  match('not a driver', 'Driver=!veth dummy', 'image', { link: { driver: 'ena' } }),
  match('a driver and a name', 'Driver=ena\nName=ens6', 'claimed', { link: { driver: 'ena' }, ...at(3) }),
  match('each Ethernet', 'Type=ether', 'image'),
  match('not a loopback', 'Type=!loopback bridge', 'image'),
  match('a type that it is not', 'Type=wlan wwan', 'free'),
  match('a kind that it is not', 'Kind=veth\nName=*', 'free'),
  match('no kind at all', 'Kind=!*\nType=ether', 'image'),
  match('its kind', 'Kind=veth\nName=ens6', 'claimed', { link: { kind: 'veth' } }),
  match('a kind, before 251 an unknown key', 'Kind=veth\nName=ens6', 'claimed', {
    facts: { versions: { systemd: '249' } },
  }),
  match('a property', 'Property=ID_NET_NAME_SLOT=ens6', 'claimed', {
    link: { properties: { ID_NET_NAME_SLOT: 'ens6' } },
  }),
  match('properties of which one does not hold', 'Property=ID_BUS=pci ID_VENDOR_ID=0x1d0f', 'free', {
    link: { properties: { ID_BUS: 'pci', ID_VENDOR_ID: '0x1af4' } },
  }),
  match('a property that it shall not have', 'Property=!ID_BUS=usb\nName=ens6', 'claimed', {
    link: { properties: { ID_BUS: 'pci' } },
  }),
  match('a property of which nothing is known', 'Property=ID_BUS=usb', 'claimed'),
  match('a wireless network', 'SSID=office\nName=ens6', 'free'),
  match('a wireless station', `BSSID=${mac}`, 'free'),
  match('a kind of wireless link', 'WLANInterfaceType=station', 'free'),
  match('not that kind of wireless link', 'WLANInterfaceType=!ap\nName=ens6', 'claimed'),
];

const machine = { hostname: 'web-1', id: '0123456789abcdef0123456789abcdef', commandLine: 'ro quiet a=1' };
const on = (name: string, lines: string, expect: ClaimCase['expect']) =>
  match(name, `${lines}\nName=ens6`, expect, { facts: { machine } });

const byMachine: readonly ClaimCase[] = [
  match('another host', 'Host=other-box\nName=ens6', 'free'),
  on('this host', 'Host=web-*', 'claimed'),
  on('this host in capitals', 'Host=WEB-1', 'claimed'),
  on('not this host', 'Host=!web-1', 'free'),
  on('not another host', 'Host=!other', 'claimed'),
  on('this machine id', 'Host=01234567-89ab-cdef-0123-456789abcdef', 'claimed'),
  on('another machine id', 'Host=11234567-89ab-cdef-0123-456789abcdef', 'free'),
  on('the last line counts', 'Host=other\nHost=web-1', 'claimed'),
  on('no condition after all', 'Host=other\nHost=', 'claimed'),
  on('an argument of the kernel', 'KernelCommandLine=a', 'claimed'),
  on('an argument with its value', 'KernelCommandLine=a=2', 'free'),
  on('not such an argument', 'KernelCommandLine=!quiet', 'free'),
  match('arguments that are not known', 'KernelCommandLine=a=2\nName=ens6', 'claimed'),
  match('a container', 'Virtualization=container\nName=ens6', 'free'),
  match('no container', 'Virtualization=!container\nName=ens6', 'claimed'),
  match('a hypervisor', 'Virtualization=kvm\nName=ens6', 'claimed'),
  match('an old kernel', 'KernelVersion=<5.0\nName=ens6', 'free', online),
  match('a new kernel', 'KernelVersion=>=5.0\nName=ens6', 'claimed'),
  match('the kernel by pattern', 'KernelVersion=6.*\nName=ens6', 'claimed'),
  match('another kernel by pattern', 'KernelVersion=5.*\nName=ens6', 'free', online),
  match('a processor, which nobody has told', 'Architecture=arm64\nName=ens6', 'claimed'),
  match('a machine and nothing of the link', 'Host=localhost', 'image'),
];

const bySyntax: readonly ClaimCase[] = [
  match('a continued line', 'Name=ens5 \\\n     ens6', 'claimed', at(2)),
  match('a comment between continued lines', 'Name=ens5 \\\n# ens7\n ens6', 'claimed'),
  match('a comment goes on nowhere', '# nothing \\\nName=ens6', 'claimed', at(3)),
  match('two backslashes continue nothing', 'Description=x\\\\\nName=ens6', 'claimed', at(3)),
  file('CR and LF', `[Match]\r\nName=ens6\r\n\r\n[Network]\r\nDHCP=yes\r\n`, 'claimed', at(2)),
  file('CR and LF behind a backslash', `[Match]\r\nName=ens5 \\\r\n ens6\r\n`, 'claimed'),
  file('indented', '  [Match]\n  Name = ens6\n  [Network]\n  DHCP = yes\n', 'claimed', at(2)),
  file('a byte order mark', `\uFEFF[Match]\nName=ens6\n`, 'claimed'),
  file('commented out', '[Match]\n#Name=ens6\n;Name=ens6\nName=ens7\n', 'free'),
  file('a comment is a line of its own', '[Match]\nName=ens7 # ens6\n', 'claimed'),
  file('the last line without an end', '[Match]\nName=ens6', 'claimed', at(2)),
  file('the last line continued', '[Match]\nName=ens6 \\', 'claimed', at(2)),
  file('before any section', 'Name=ens6\n[Match]\nName=ens7\n', 'free'),
  file('in another section', '[Match]\nName=ens7\n[Link]\nName=ens6\n', 'free'),
  file(
    '[Match] twice',
    '[Match]\nMACAddress=00:16:3e:00:00:02\n[Network]\nDHCP=yes\n[Match]\nName=ens6\n',
    'claimed',
  ),
  file('a section has its case', '[match]\nName=ens6\n', 'free', online),
  file('a section that is not closed refuses the file', '[Match]\nName=ens6\n[Network\nDHCP=yes\n', 'free'),
  file('no [Match]: ignored since 245', dhcp, 'free', online),
  file('only comments', '# nothing\n', 'free', online),
  file('no [Match] before 245: every link', dhcp, 'image', { facts: { versions: { systemd: '244' } } }),
  file('no [Match] where the version is not known', '[Network]\nAddress=10.0.0.2/24\n', 'claimed', {
    facts: { versions: {} },
  }),
  file(
    'of what is only known later',
    '[Match]\nPermanentMACAddress=00:16:3e:00:00:02\nName=ens6\n',
    'claimed',
    {
      facts: { versions: { systemd: '240' } },
      ...at(3),
    },
  ),
];

const all = '[Match]\nName=*\n';
const byContent: readonly ClaimCase[] = [
  file('a catch-all with an address', `${all}[Network]\nAddress=10.0.0.2/24\n`, 'claimed'),
  file('a catch-all with a section of an address', `${all}[Address]\nAddress=10.0.0.2/24\n`, 'claimed'),
  file('a catch-all with a VLAN', `${all}[Network]\nDHCP=yes\nVLAN=v5\n`, 'claimed'),
  file('a catch-all of ports', `${all}[Network]\nBridge=br0\n`, 'claimed'),
  file('a catch-all that is not to be managed', `${all}[Link]\nUnmanaged=yes\n`, 'claimed'),
  file('a catch-all that is managed', `${all}[Link]\nUnmanaged=no\n${dhcp}`, 'image'),
  file('a catch-all that forwards', `${all}[Network]\nDHCP=yes\nIPForward=yes\n`, 'claimed'),
  file('an unmanaged link', '[Match]\nName=ens6\n[Link]\nUnmanaged=yes\n', 'claimed'),
  file(
    'the catch-all of Amazon Linux 2023',
    '[Match]\nDriver=ena ixgbevf vif\n[Link]\nMTUBytes=9001\n[Network]\nDHCP=yes\nIPv6DuplicateAddressDetection=0\nLLMNR=no\nDNSDefaultRoute=yes\n[DHCPv4]\nUseHostname=no\nUseDNS=yes\nUseNTP=yes\nUseDomains=yes\n[DHCPv6]\nUseHostname=no\n',
    'image',
  ),
  {
    name: 'the file of systemd-imds',
    files: {
      '/run/systemd/network/85-imds-early.network':
        '[Match]\nType=ether\nKind=!*\n[Network]\nDHCP=yes\nLinkLocalAddressing=ipv6\n[RoutingPolicyRule]\nFirewallMark=0x7FFF0815\nTable=0x7FFF0815\n',
    },
    expect: 'image',
  },
];

const name = '[Match]\nName=ens6\n[Network]\nDHCP=yes\n';
const everything = '[Match]\nName=*\n[Network]\nDHCP=yes\n';

const byOrder: readonly ClaimCase[] = [
  { name: 'in /usr/lib', files: { '/usr/lib/systemd/network/20-a.network': name }, expect: 'claimed' },
  {
    name: 'in /usr/local/lib',
    files: { '/usr/local/lib/systemd/network/20-a.network': name },
    expect: 'claimed',
  },
  { name: 'in /lib', files: { '/lib/systemd/network/20-a.network': name }, expect: 'claimed' },
  {
    name: 'masked by an empty file',
    files: { '/run/systemd/network/20-a.network': name, [`${etc}/20-a.network`]: '' },
    expect: 'free',
  },
  {
    name: 'hidden by a file of that name',
    files: { '/usr/lib/systemd/network/20-a.network': name, [`${etc}/20-a.network`]: '[Match]\nName=ens9\n' },
    expect: 'free',
  },
  {
    name: 'hides a file of that name',
    files: {
      '/usr/lib/systemd/network/20-a.network': '[Match]\nName=ens9\n',
      '/run/systemd/network/20-a.network': name,
    },
    expect: 'claimed',
    at: '/run/systemd/network/20-a.network:2',
  },
  {
    name: 'a mask in a lower folder masks nothing',
    files: { [`${etc}/20-a.network`]: name, '/usr/lib/systemd/network/20-a.network': '' },
    expect: 'claimed',
  },
  {
    name: 'another extension',
    files: { [`${etc}/20-a.network.bak`]: name, [`${etc}/20-b.netdev`]: name },
    expect: 'free',
  },
  {
    name: 'behind a catch-all that comes first',
    files: { [`${etc}/10-all.network`]: everything, [`${etc}/20-a.network`]: name },
    expect: 'claimed',
    at: `${etc}/10-all.network:2`,
  },
  {
    name: 'before a catch-all',
    files: { [`${etc}/80-all.network`]: everything, '/usr/lib/systemd/network/20-a.network': name },
    expect: 'claimed',
  },
  {
    name: 'behind one that may fit',
    files: {
      [`${etc}/10-all.network`]: everything.replace('Name=*', 'Driver=ena'),
      [`${etc}/20-a.network`]: name,
    },
    expect: 'claimed',
  },
  {
    name: 'behind one that is refused',
    files: { [`${etc}/10-all.network`]: `${everything}[Link\n`, [`${etc}/20-a.network`]: name },
    expect: 'claimed',
  },
  ...['Type=ether', 'Name=!lo', 'Driver=virtio_net', 'Name=*'].map(
    (line): ClaimCase => ({
      name: `${line}, before our file`,
      files: { [`${etc}/05-x.network`]: `[Match]\n${line}\n${dhcp}` },
      expect: 'claimed',
      at: `${etc}/05-x.network:2`,
    }),
  ),
  {
    name: 'of a host that comes before ours and does not fit',
    files: { [`${etc}/05-x.network`]: '[Match]\nName=eth*\n[Network]\nDHCP=yes\n' },
    expect: 'free',
  },
];

const base = '[Match]\nName=ens9\n[Network]\nDHCP=yes\n';
const byDropIn: readonly ClaimCase[] = [
  {
    name: 'a drop-in that adds the name',
    files: { [`${etc}/20-a.network`]: base, [`${etc}/20-a.network.d/x.conf`]: '[Match]\nName=ens6\n' },
    expect: 'claimed',
    at: `${etc}/20-a.network.d/x.conf:2`,
  },
  {
    name: 'a drop-in of another folder',
    files: {
      '/usr/lib/systemd/network/20-a.network': base,
      '/run/systemd/network/20-a.network.d/x.conf': '[Match]\nName=\nName=ens6\n',
    },
    expect: 'claimed',
    at: '/run/systemd/network/20-a.network.d/x.conf:3',
  },
  {
    name: 'a drop-in that narrows it',
    files: {
      [`${etc}/20-a.network`]: everything,
      [`${etc}/20-a.network.d/x.conf`]: '[Match]\nMACAddress=00:16:3e:00:00:07\n',
    },
    expect: 'free',
  },
  {
    name: 'a drop-in that gives a catch-all an address',
    files: {
      [`${etc}/20-a.network`]: everything,
      '/run/systemd/network/20-a.network.d/x.conf': '[Network]\nAddress=10.0.0.2/24\n',
    },
    expect: 'claimed',
  },
  {
    name: 'a drop-in that is masked',
    files: {
      [`${etc}/20-a.network`]: base,
      '/run/systemd/network/20-a.network.d/x.conf': '[Match]\nName=ens6\n',
      [`${etc}/20-a.network.d/x.conf`]: '',
    },
    expect: 'free',
  },
  {
    name: 'drop-ins in the order of their names over all folders',
    files: {
      [`${etc}/20-a.network`]: base,
      [`${etc}/20-a.network.d/a.conf`]: '[Match]\nName=ens6\n',
      '/usr/lib/systemd/network/20-a.network.d/b.conf': '[Match]\nName=\nName=ens8\n',
    },
    expect: 'free',
  },
  { name: 'a drop-in without its file', files: { [`${etc}/20-a.network.d/x.conf`]: name }, expect: 'free' },
  {
    name: 'a drop-in of a masked file',
    files: { [`${etc}/20-a.network`]: '', [`${etc}/20-a.network.d/x.conf`]: name },
    expect: 'free',
  },
  {
    name: 'a drop-in of ours',
    files: {
      [`${etc}/07-eni-ens6.network`]: '# Written by eni-agent; x\n[Match]\nMACAddress=00:16:3e:00:00:02\n',
      [`${etc}/07-eni-ens6.network.d/x.conf`]: '[Network]\nDNS=10.0.0.1\n',
    },
    expect: 'free',
    ...online,
  },
];

const others: readonly ClaimCase[] = [
  {
    name: 'a file that is too large',
    files: { [`${etc}/20-a.network`]: `${'#'.repeat(70_000)}\n${name}` },
    expect: 'claimed',
    at: `${etc}/20-a.network`,
  },
  {
    name: 'cloud-init, by MAC only',
    files: { [`${etc}/10-cloud-init-ens6.network`]: `[Match]\nMACAddress=${mac}\n\n[Network]\nDHCP=ipv4\n` },
    expect: 'claimed',
    at: `${etc}/10-cloud-init-ens6.network:2`,
  },
  {
    name: 'amazon-ec2-net-utils',
    files: {
      '/run/systemd/network/70-ens6.network': `[Match]\nPermanentMACAddress=${mac}\n[Network]\nDHCP=yes\n`,
    },
    expect: 'claimed',
    at: '/run/systemd/network/70-ens6.network:2',
  },
  {
    name: 'what systemd brings for containers',
    files: {
      '/usr/lib/systemd/network/80-container-host0.network':
        '[Match]\nKind=veth\nName=host0\nVirtualization=container\n[Network]\nDHCP=yes\n',
      '/usr/lib/systemd/network/80-container-ve.network':
        '[Match]\nKind=veth\nName=ve-*\n[Network]\nAddress=0.0.0.0/28\nDHCPServer=yes\n',
      '/usr/lib/systemd/network/80-wifi-adhoc.network':
        '[Match]\nWLANInterfaceType=ad-hoc\n[Network]\nLinkLocalAddressing=ipv6\n',
    },
    expect: 'free',
  },
];

export const networkdCases: readonly ClaimCase[] = [
  ...byMac,
  ...byName,
  ...byDevice,
  ...byMachine,
  ...bySyntax,
  ...byContent,
  ...byOrder,
  ...byDropIn,
  ...others,
];
