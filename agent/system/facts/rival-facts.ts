// What tells whether another program that is installed does anything to ENIs: its switches, its hooks, its version. Read for `doctor`
// alone, so that a pass does not pay for it. Understands none of the formats.

import type { System } from '../system.ts';
import { maskSecrets } from './files.ts';
import { existsQuietly, listQuietly, readQuietly, runQuietly } from './probes.ts';
import { leading, versionAfter } from './versions.ts';

export interface RivalFacts {
  /** Path to content, secrets masked. */
  readonly files: Readonly<Record<string, string>>;
  /** Digits and dots; undefined if no package database knows it. */
  readonly cloudInitVersion: string | undefined;
}

const singleFiles = [
  '/etc/rc.local',
  '/etc/rc.d/rc.local',
  '/etc/init.d/boot.local',
  '/etc/init.d/after.local',
  '/etc/cloud/cloud.cfg',
  '/etc/cloud/cloud-init.disabled',
  '/proc/cmdline',
  '/etc/udev/rules.d/90-cloud-init-hook-hotplug.rules',
  '/usr/lib/systemd/system/nm-cloud-setup.service',
  '/etc/NetworkManager/NetworkManager.conf',
  '/etc/udev/rules.d/51-cloud-netconfig-hotplug.rules',
  '/etc/udev/rules.d/53-ec2-network-interfaces.rules',
  '/usr/lib/udev/rules.d/53-ec2-network-interfaces.rules',
  '/etc/udev/rules.d/99-vpc-policy-routes.rules',
  '/lib/udev/rules.d/61-eni.rules',
  '/run/systemd/network/85-imds-early.network',
  '/usr/lib/systemd/system/systemd-imdsd@.service',
] as const;

/** In the order in which the programs read them: what comes later wins. */
const folders = [
  { folder: '/etc/cloud/cloud.cfg.d', name: /\.cfg$/ },
  { folder: '/usr/lib/NetworkManager/conf.d', name: /\.conf$/ },
  { folder: '/run/NetworkManager/conf.d', name: /\.conf$/ },
  { folder: '/etc/NetworkManager/conf.d', name: /\.conf$/ },
  { folder: '/usr/lib/systemd/system/nm-cloud-setup.service.d', name: /\.conf$/ },
  { folder: '/etc/systemd/system/nm-cloud-setup.service.d', name: /\.conf$/ },
  { folder: '/etc/systemd/system/policy-routes@.service.d', name: /\.conf$/ },
  // `systemctl enable` leaves a link here, whose target may be read like a file.
  { folder: '/etc/systemd/system/NetworkManager.service.wants', name: /^nm-cloud-setup\.service$/ },
  { folder: '/etc/systemd/system/timers.target.wants', name: /^nm-cloud-setup\.timer$/ },
] as const;

const maxFiles = 100;

export async function readRivalFacts(system: System): Promise<RivalFacts> {
  const paths: string[] = [...singleFiles];
  for (const { folder, name } of folders) {
    const names = (await listQuietly(system, folder)).filter(entry => name.test(entry));
    paths.push(...names.slice(0, maxFiles).map(entry => `${folder}/${entry}`));
  }
  const files: Record<string, string> = {};
  for (const path of paths) {
    const text = await readQuietly(system, path);
    if (text !== undefined) files[path] = maskSecrets(text);
  }
  return { files, cloudInitVersion: await readCloudInitVersion(system) };
}

/** From the package database: `cloud-init --version` starts Python, which takes half a second. */
async function readCloudInitVersion(system: System): Promise<string | undefined> {
  if (!(await existsQuietly(system, '/usr/bin/cloud-init'))) return undefined;
  if (await existsQuietly(system, '/usr/bin/dpkg-query'))
    return versionAfter('\t', await runQuietly(system, ['dpkg-query', '-W', 'cloud-init']));
  if (await existsQuietly(system, '/usr/bin/rpm'))
    return leading(await runQuietly(system, ['rpm', '-q', '--qf', '%{VERSION}', 'cloud-init']));
  return undefined;
}
