// The fixed list of paths that detection and renderers may ask for in facts.paths. A renderer that needs one more adds
// it here, with its reason. Knows nothing of what a path means.

import type { System } from '../system.ts';
import { existsQuietly, listQuietly } from './probes.ts';

export const probedPaths = [
  // ifupdown: ifquery comes with Debian's implementation only (initscripts and wicked have an ifup as well).
  '/etc/network/interfaces',
  '/sbin/ifquery',
  '/usr/sbin/ifquery',
  // Debian 9-11 cloud images: udev starts DHCP on a hot-plugged link before anybody else can configure it.
  '/etc/network/cloud-ifupdown-helper',
  '/etc/network/cloud-interfaces-template',
  '/etc/udev/rules.d/75-cloud-ifupdown.rules',
  // DHCP clients of ifupdown and the initscripts, and where a hook for one can live.
  '/etc/dhcp/dhclient-enter-hooks.d',
  '/sbin/dhclient',
  '/usr/sbin/dhclient',
  '/sbin/dhcpcd',
  '/usr/sbin/dhcpcd',
  '/etc/dhcpcd.conf',
  // initscripts: network-functions is the library of ifup; the lock exists from the end of `network start` to its stop.
  '/etc/sysconfig/network-scripts/network-functions',
  '/etc/init.d/network',
  '/var/lock/subsys/network',
  // SUSE before wicked: the route script of sysconfig's ifup is what SLES 12 no longer has; its state is below /dev.
  '/etc/sysconfig/network/scripts/ifup-route',
  '/dev/.sysconfig/network/started',
  // wicked
  '/usr/sbin/wicked',
  // netplan: the generator moved from /lib (0.101 and before) to /usr/libexec (0.106 and later).
  '/usr/sbin/netplan',
  '/usr/libexec/netplan/configure',
  '/usr/libexec/netplan/generate',
  '/usr/lib/netplan/generate',
  '/lib/netplan/generate',
  // systemd writes down in which container it runs: a file may be for containers only.
  '/run/systemd/container',
  // networkd
  '/usr/lib/systemd/systemd-networkd',
  '/lib/systemd/systemd-networkd',
  '/usr/bin/networkctl',
  '/bin/networkctl',
  // Runs scripts when networkd has brought a link up (Ubuntu): rules that systemd before 245 cannot say go there.
  '/usr/bin/networkd-dispatcher',
  // NetworkManager. The readme is laid where the build writes new profiles as keyfiles (RHEL 9, Fedora 36-40).
  '/usr/sbin/NetworkManager',
  '/usr/bin/nmcli',
  '/etc/sysconfig/network-scripts/readme-ifcfg-rh.txt',
  // NetworkManager-dispatcher-routing-rules: only with it does NetworkManager honour rule- files.
  '/usr/lib/NetworkManager/dispatcher.d/10-ifcfg-rh-routes.sh',
  '/etc/NetworkManager/dispatcher.d/10-ifcfg-rh-routes.sh',
  // ec2-net-utils 1.x (ifcfg) and 2.x (networkd): they configure a new ENI too, unless told otherwise.
  '/etc/udev/rules.d/53-ec2-network-interfaces.rules',
  '/etc/sysconfig/network-scripts/ec2net-functions',
  '/usr/lib/udev/rules.d/99-vpc-policy-routes.rules',
  '/usr/bin/setup-policy-routes',
  // multi-nic-util, which this program replaces.
  '/etc/eni_utils',
  '/sbin/eni-ifscan',
  '/etc/systemd/system/eni.service',
  '/usr/lib/systemd/system/eni.service',
  '/lib/systemd/system/eni.service',
  // SUSE's cloud-netconfig adds its own tables and rules.
  '/usr/lib/cloud-netconfig',
  '/usr/libexec/cloud-netconfig',
  // cloud-init renders every NIC that it sees at boot.
  '/usr/bin/cloud-init',
  '/etc/cloud/cloud.cfg',
  '/run/cloud-init',
  // Scripts of NetworkManager that add rules and tables of their own in a cloud.
  '/usr/lib/systemd/system/nm-cloud-setup.service',
  // Container networks that take ENIs for pods.
  '/etc/cni/net.d/10-aws.conflist',
  '/run/aws-node',
  '/var/lib/ecs',
  '/etc/cni/net.d/10-terway.conflist',
  '/etc/cni/net.d/10-terway.conf',
  '/run/eni',
  '/var/lib/cni/terway',
  '/etc/cni/net.d/05-cilium.conflist',
  '/run/cilium',
  // SELinux labels of written files.
  '/sbin/restorecon',
  '/usr/sbin/restorecon',
] as const;

/** Parents of the plugin folder: 64-bit RPM systems, 32-bit ones, Debian multiarch. */
const networkmanagerFolders = [
  '/usr/lib64/NetworkManager',
  '/usr/lib/NetworkManager',
  '/usr/lib/x86_64-linux-gnu/NetworkManager',
  '/usr/lib/aarch64-linux-gnu/NetworkManager',
] as const;

const ifcfgPlugin = 'libnm-settings-plugin-ifcfg-rh.so';

/** Paths of `probedPaths` that exist, in that order, then the ifcfg plugin of NetworkManager under the folder where it is. */
export async function readPaths(system: System): Promise<readonly string[]> {
  const exist = await Promise.all(probedPaths.map(path => existsQuietly(system, path)));
  const found: string[] = probedPaths.filter((_, index) => exist[index]);
  const plugin = await findIfcfgPlugin(system);
  return plugin === undefined ? found : [...found, plugin];
}

/** The plugin lies in a folder named by the full package version (`1.40.16-1.el8`); before 1.10 or so it lay above it. */
async function findIfcfgPlugin(system: System): Promise<string | undefined> {
  for (const folder of networkmanagerFolders) {
    if (await existsQuietly(system, `${folder}/${ifcfgPlugin}`)) return `${folder}/${ifcfgPlugin}`;
    for (const version of (await listQuietly(system, folder)).slice(0, 50)) {
      const path = `${folder}/${version}/${ifcfgPlugin}`;
      if (/^\d/.test(version) && (await existsQuietly(system, path))) return path;
    }
  }
  return undefined;
}
