// Versions of the tools that decide which form a renderer writes, reduced to digits and dots. A tool is only asked where
// its trace exists. Knows no backend.
import { anyExists, existsQuietly, readQuietly, runQuietly } from './host-probes.ts';
import type { Services } from './host-services.ts';
import type { System } from './system.ts';

export type Versions = Readonly<Record<string, string>>;

/** Reads what can be read; a tool that is missing, fails, hangs or prints something else has no entry. */
export async function readVersions(system: System, services: Services): Promise<Versions> {
  const entries = await Promise.all([
    named('kernel', leading(await readQuietly(system, '/proc/sys/kernel/osrelease'))),
    named('iproute2', readIprouteVersion(system)),
    named('systemd', readSystemdVersion(system)),
    named('netplan', readNetplanVersion(system)),
    named('ifupdown', readIfupdownVersion(system)),
    named('networkmanager', readNetworkmanagerVersion(system, services)),
    named('wicked', readWickedVersion(system)),
  ]);
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

async function readIprouteVersion(system: System): Promise<string | undefined> {
  // Up to 5.4 `ip -V` prints the date of a snapshot (`iproute2-ss170501`): no version can be read from that.
  return versionAfter('iproute2-', await runQuietly(system, ['ip', '-V']));
}

async function readSystemdVersion(system: System): Promise<string | undefined> {
  if (!(await existsQuietly(system, '/run/systemd/system'))) return undefined;
  return versionAfter('systemd ', await runQuietly(system, ['systemctl', '--version']));
}

/**
 * From the package database: netplan itself has no option that prints a version. Debian and Ubuntu name the package
 * netplan.io; Fedora and EPEL have it as netplan.
 */
async function readNetplanVersion(system: System): Promise<string | undefined> {
  if (
    !(await anyExists(system, [
      '/usr/sbin/netplan',
      '/usr/libexec/netplan/generate',
      '/lib/netplan/generate',
    ]))
  )
    return undefined;
  // A tilde would sort before the release it names (1.2~rc1); it ends the number, which is close enough here.
  if (await existsQuietly(system, '/usr/bin/dpkg-query'))
    return versionAfter('\t', await runQuietly(system, ['dpkg-query', '-W', 'netplan.io']));
  if (await anyExists(system, ['/usr/bin/rpm', '/bin/rpm']))
    return leading(await runQuietly(system, ['rpm', '-q', '--qf', '%{VERSION}', 'netplan']));
  return undefined;
}

/**
 * Only where ifquery exists: it comes with Debian's ifupdown alone. The ifup of the initscripts and of wicked would take
 * `--version` for the name of a link to bring up.
 */
async function readIfupdownVersion(system: System): Promise<string | undefined> {
  if (!(await anyExists(system, ['/sbin/ifquery', '/usr/sbin/ifquery']))) return undefined;
  return versionAfter(' version ', await runQuietly(system, ['ifquery', '--version']));
}

async function readNetworkmanagerVersion(system: System, services: Services): Promise<string | undefined> {
  if (services.NetworkManager === 'absent' || !(await existsQuietly(system, '/usr/bin/nmcli')))
    return undefined;
  return versionAfter('version ', await runQuietly(system, ['nmcli', '--version']));
}

async function readWickedVersion(system: System): Promise<string | undefined> {
  if (!(await anyExists(system, ['/usr/sbin/wicked', '/sbin/wicked']))) return undefined;
  return versionAfter('wicked ', await runQuietly(system, ['wicked', '--version']));
}
