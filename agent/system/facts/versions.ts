// Versions of the tools that decide which form a renderer writes, reduced to digits and dots. A tool is only asked where
// its trace exists, and only once as long as its program is the same file. Knows no backend.

import type { System } from '../system.ts';
import { anyExists, existsQuietly, readQuietly } from './probes.ts';
import type { Services } from './services.ts';
import { openToolMemory, type ToolMemory } from './tool-memory.ts';

/** Where the programs stand. All of a list count: which one is run is for PATH to say. */
const programs = {
  ip: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'],
  systemctl: ['/usr/bin/systemctl', '/bin/systemctl'],
  netplan: ['/usr/sbin/netplan', '/usr/libexec/netplan/generate', '/lib/netplan/generate'],
  ifquery: ['/sbin/ifquery', '/usr/sbin/ifquery'],
  nmcli: ['/usr/bin/nmcli'],
  wicked: ['/usr/sbin/wicked', '/sbin/wicked'],
} as const;

/** Written anew by every change of a package: in the middle of an upgrade the program is new and the version still the old one. */
const packageLists = [
  '/var/lib/dpkg/status',
  '/var/lib/rpm/Packages',
  '/var/lib/rpm/rpmdb.sqlite',
  '/usr/lib/sysimage/rpm/rpmdb.sqlite',
] as const;

export type Versions = Readonly<Record<string, string>>;

/** Reads what can be read; a tool that is missing, fails, hangs or prints something else has no entry. */
export async function readVersions(system: System, services: Services): Promise<Versions> {
  const memory = await openToolMemory(system);
  const entries = await Promise.all([
    named('kernel', leading(await readQuietly(system, '/proc/sys/kernel/osrelease'))),
    named('iproute2', readIprouteVersion(memory)),
    named('systemd', readSystemdVersion(system, memory)),
    named('netplan', readNetplanVersion(system, memory)),
    named('ifupdown', readIfupdownVersion(system, memory)),
    named('networkmanager', readNetworkmanagerVersion(system, memory, services)),
    named('wicked', readWickedVersion(system, memory)),
  ]);
  await memory.save();
  return Object.fromEntries(entries.filter(entry => entry !== undefined));
}

async function named(
  name: string,
  version: string | undefined | Promise<string | undefined>,
): Promise<readonly [string, string] | undefined> {
  const found = await version;
  return found === undefined ? undefined : [name, found];
}

/** Digits and dots at the start of the text: `6.1.0-18-amd64` is 6.1.0, `1.40.16-1.el8` is 1.40.16. */
export function leading(text: string | undefined): string | undefined {
  return /^\s*v?(\d+(?:\.\d+)*)/.exec(text ?? '')?.[1];
}

/** The version behind a word of the tool: `wicked 0.6.79`, `nmcli tool, version 1.40.16-1.el8`. */
export function versionAfter(word: string, text: string | undefined): string | undefined {
  const at = (text ?? '').indexOf(word);
  return at < 0 ? undefined : leading(text?.slice(at + word.length));
}

async function readIprouteVersion(memory: ToolMemory): Promise<string | undefined> {
  // Up to 5.4 `ip -V` prints the date of a snapshot (`iproute2-ss170501`): no version can be read from that.
  return versionAfter('iproute2-', await memory.ask(['ip', '-V'], programs.ip));
}

async function readSystemdVersion(system: System, memory: ToolMemory): Promise<string | undefined> {
  if (!(await existsQuietly(system, '/run/systemd/system'))) return undefined;
  return versionAfter('systemd ', await memory.ask(['systemctl', '--version'], programs.systemctl));
}

/**
 * From the package database: netplan itself has no option that prints a version. Debian and Ubuntu name the package
 * netplan.io; Fedora and EPEL have it as netplan.
 */
async function readNetplanVersion(system: System, memory: ToolMemory): Promise<string | undefined> {
  if (!(await anyExists(system, programs.netplan))) return undefined;
  // A tilde would sort before the release it names (1.2~rc1); it ends the number, which is close enough here.
  if (await existsQuietly(system, '/usr/bin/dpkg-query'))
    return versionAfter(
      '\t',
      await memory.ask(['dpkg-query', '-W', 'netplan.io'], [...programs.netplan, ...packageLists]),
    );
  if (await anyExists(system, ['/usr/bin/rpm', '/bin/rpm']))
    return leading(
      await memory.ask(
        ['rpm', '-q', '--qf', '%{VERSION}', 'netplan'],
        [...programs.netplan, ...packageLists],
      ),
    );
  return undefined;
}

/**
 * Only where ifquery exists: it comes with Debian's ifupdown alone. The ifup of the initscripts and of wicked would take
 * `--version` for the name of a link to bring up.
 */
async function readIfupdownVersion(system: System, memory: ToolMemory): Promise<string | undefined> {
  if (!(await anyExists(system, programs.ifquery))) return undefined;
  return versionAfter(' version ', await memory.ask(['ifquery', '--version'], programs.ifquery));
}

async function readNetworkmanagerVersion(
  system: System,
  memory: ToolMemory,
  services: Services,
): Promise<string | undefined> {
  if (services.NetworkManager === 'absent' || !(await anyExists(system, programs.nmcli))) return undefined;
  return versionAfter('version ', await memory.ask(['nmcli', '--version'], programs.nmcli));
}

async function readWickedVersion(system: System, memory: ToolMemory): Promise<string | undefined> {
  if (!(await anyExists(system, programs.wicked))) return undefined;
  return versionAfter('wicked ', await memory.ask(['wicked', '--version'], programs.wicked));
}
