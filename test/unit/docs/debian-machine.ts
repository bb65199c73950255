// A Debian 11 VM on EC2 with two ENIs, of which the distribution has configured the first: what its files and tools say, before
// and after the agent has configured the second one. The machine of the examples in docs/how-it-works.md and ARCHITECTURE.md.
import { type SmallHost, smallHost } from '../hosts/small-host.ts';

const files = {
  '/etc/os-release': 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n',
  '/proc/sys/kernel/osrelease': '5.10.0-32-cloud-amd64\n',
  '/proc/sys/kernel/random/boot_id': '5b7e\n',
  '/run/systemd/system/': '',
  '/sbin/ifquery': '',
  '/sbin/dhclient': '',
  '/etc/network/interfaces': 'auto lo\niface lo inet loopback\nsource /etc/network/interfaces.d/*\n',
  '/etc/network/interfaces.d/50-cloud-init': 'auto eth0\niface eth0 inet dhcp\n',
  '/run/network/ifstate': 'lo=lo\neth0=eth0\n',
  '/sys/class/net/eth0/device/': '',
  '/sys/class/net/eth1/device/': '',
} as const;

const ether = (mac: string) => `link/ether ${mac} brd ff:ff:ff:ff:ff:ff promiscuity 0`;
const link = (index: number, name: string, flags: string, mac: string, group = 'default') =>
  `${index}: ${name}: <${flags}> mtu 9001 qdisc mq state UP mode DEFAULT group ${group} qlen 1000\\    ${ether(mac)}\n`;

export const before = {
  links:
    link(2, 'eth0', 'BROADCAST,MULTICAST,UP,LOWER_UP', '0a:75:69:92:e2:10') +
    link(3, 'eth1', 'BROADCAST,MULTICAST', '0a:07:84:3d:6e:01'),
  addresses: '2: eth0    inet 172.31.16.20/20 brd 172.31.31.255 scope global dynamic eth0\\\n',
  routes:
    'default via 172.31.16.1 dev eth0 \n' +
    '172.31.16.0/20 dev eth0 proto kernel scope link src 172.31.16.20 \n',
  rules: '0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
} as const;

export const after = {
  links:
    link(2, 'eth0', 'BROADCAST,MULTICAST,UP,LOWER_UP', '0a:75:69:92:e2:10', '28000') +
    link(3, 'eth1', 'BROADCAST,MULTICAST,UP,LOWER_UP', '0a:07:84:3d:6e:01'),
  addresses: `${before.addresses}3: eth1    inet 172.31.40.10/32 scope global eth1\\\n`,
  routes: `${before.routes}default via 172.31.32.1 dev eth1 table 28000 onlink 
172.31.32.0/20 dev eth1 table 28000 scope link 
172.31.16.0/20 via 172.31.32.1 dev eth1 table 28000 onlink 
`,
  rules:
    '0:\tfrom all lookup local\n' +
    '28000:\tfrom 172.31.32.0/20 iif lo lookup 28000 suppress_prefixlength 0\n' +
    '28300:\tfrom 172.31.32.0/20 lookup main suppress_prefixlength 0 suppress_ifgroup 28000\n' +
    '28600:\tfrom 172.31.32.0/20 iif lo lookup 28000\n' +
    '32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n' +
    '33000:\tfrom all oif eth1 lookup 28000\n',
} as const;

export type KernelText = { readonly [part in keyof typeof before]: string };

const units =
  'NetworkManager.service systemd-networkd.service network.service networking.service wicked.service ' +
  'wickedd.service connman.service dhcpcd.service eni.service';

/** @param kernel what `ip` prints there */
export function debianMachine(kernel: KernelText): SmallHost {
  return smallHost(files, {
    [`systemctl show -p Id -p ActiveState -p LoadState ${units}`]:
      'Id=networking.service\nLoadState=loaded\nActiveState=active\n',
    'ifquery --version': 'ifup version 0.8.36\n',
    'ip -4 route show default': 'default via 172.31.16.1 dev eth0\n',
    'ip -4 -o -d -batch -': kernel.addresses + kernel.rules + kernel.routes + kernel.links,
    'ip -6 -o -batch -': '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n',
    'unshare -n ip -force -batch -':
      '28300:\tfrom 192.0.2.0/24 lookup main suppress_prefixlength 0\n28301:\tfrom 192.0.2.0/24 lookup main proto 233\n28302:\tfrom 192.0.2.0/24 lookup main suppress_ifgroup 28000\n',
  });
}
