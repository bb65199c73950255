// What a [Match] of systemd-networkd asks for, by the link and by the machine. Source: systemd.network(5), net-condition.c and condition.c of 245 to
// 257. The primary of the host is ens5, systemd is 252.
import { parseMac } from '../../../agent/model/address.ts';
import type { ClaimCase } from '../../support/claim-cases.ts';

export const etc = '/etc/systemd/network';
export const mac = '00:16:3e:00:00:02';
export const dhcp = '[Network]\nDHCP=yes\n';

export type Rest = Partial<Omit<ClaimCase, 'name' | 'files' | 'expect'>>;

/** One file of this [Match], which sorts after ours, with DHCP and nothing else. */
export function match(name: string, lines: string, expect: ClaimCase['expect'], rest: Rest = {}): ClaimCase {
  return { name, files: { [`${etc}/20-a.network`]: `[Match]\n${lines}\n${dhcp}` }, expect, ...rest };
}

export const at = (line: number): Rest => ({ at: `${etc}/20-a.network:${line}` });
/** What is told by the running machine: its primary, its versions. */
export const online: Rest = { facts: {} };
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
  match('a path with a class of letters', 'Path=pci-[[:xdigit:]]*:00:0[[:digit:]].0', 'claimed', {
    link: { properties: { ID_PATH: 'pci-c0de:00:06.0' } },
  }),
  match('a class that there is not', 'Driver=[[:letter:]]na', 'free', { link: { driver: 'ena' } }),
  match('a path with escapes', 'Path=pci-0000\\:00\\:06.0', 'claimed', {
    link: { properties: { ID_PATH: 'pci-0000:00:06.0' } },
  }),
  match('an escaped star is a star', 'Driver=en\\*', 'free', { link: { driver: 'ena' } }),
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
  match("a property of the kernel's", 'Property=INTERFACE=ens6', 'claimed', {
    link: { properties: { ID_BUS: 'pci' } },
  }),
  match('properties of which one does not hold', 'Property=ID_BUS=pci ID_VENDOR_ID=0x1d0f', 'free', {
    link: { properties: { ID_BUS: 'pci', ID_VENDOR_ID: '0x1af4' } },
  }),
  match('a property that it shall not have', 'Property=!ID_BUS=usb\nName=ens6', 'claimed', {
    link: { properties: { ID_BUS: 'pci' } },
  }),
  match('a property that is a word of JavaScript', 'Property=constructor=*', 'free', {
    link: { properties: { ID_BUS: 'pci' } },
  }),
  match('a property that is another one', 'Property=!__proto__=*\nName=ens6', 'claimed', {
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
  match('a machine id where none is known', 'Host=0123456789abcdef0123456789abcdef\nName=ens6', 'claimed'),
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
  match('the very kernel, of which some digits are known', 'KernelVersion=<=6.1.0\nName=ens6', 'claimed'),
  match('a kernel by what is behind its digits', 'KernelVersion=*-cloud-amd64\nName=ens6', 'claimed'),
  match('a processor, which nobody has told', 'Architecture=arm64\nName=ens6', 'claimed'),
  match('a machine and nothing of the link', 'Host=localhost', 'image'),
];

export const matchCases: readonly ClaimCase[] = [...byMac, ...byName, ...byDevice, ...byMachine];
