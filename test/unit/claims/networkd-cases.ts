// Files of systemd-networkd, and what it makes of them. Source: systemd.network(5), and the parser of 245 to 257. The primary of the host is ens5,
// systemd is 252.
import type { ClaimCase } from '../../support/claim-cases.ts';
import { at, dhcp, etc, mac, match, matchCases, online, type Rest } from './networkd-match-cases.ts';

/** One file as it stands. */
function file(name: string, text: string, expect: ClaimCase['expect'], rest: Rest = {}): ClaimCase {
  return { name, files: { [`${etc}/20-a.network`]: text }, expect, ...rest };
}

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
  {
    name: 'drop-ins in that order, whatever the folder',
    files: {
      [`${etc}/20-a.network`]: base,
      [`${etc}/20-a.network.d/b.conf`]: '[Match]\nName=ens6\n',
      '/usr/lib/systemd/network/20-a.network.d/a.conf': '[Match]\nName=\nName=ens8\n',
    },
    expect: 'claimed',
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
  ...matchCases,
  ...bySyntax,
  ...byContent,
  ...byOrder,
  ...byDropIn,
  ...others,
];
