// State of the services that can own a link: one call on a systemd host, files on the others (CentOS 6 and Ubuntu 14.04
// have upstart, SLES 11 has SysV init). Format: systemctl(1) show. Does not know which backend belongs to which service.
import type { ServiceState } from '../../model/host.ts';
import type { System } from '../system.ts';
import { anyExists, existsQuietly, readQuietly, runQuietly } from './probes.ts';

/**
 * Units that can own a link, and the ones whose presence a person wants to see: connman and dhcpcd are owners that no
 * renderer serves, eni is the unit of multi-nic-util.
 */
export const probedUnits = [
  'NetworkManager',
  'systemd-networkd',
  'network',
  'networking',
  'wicked',
  'wickedd',
  'connman',
  'dhcpcd',
  'eni',
] as const;

/**
 * Milliseconds. systemd answers nobody while it reloads its units, which takes longer than 5 s on a slow machine that boots, and without
 * its answer no service owns any link. `systemctl` itself gives up after 25 s.
 */
const systemdTimeoutMs = 30_000;

export type Services = Readonly<Record<string, ServiceState>>;

/** True if systemd is the running init, not merely installed (the test of sd_booted(3)). */
export function runsSystemd(system: System): Promise<boolean> {
  return existsQuietly(system, '/run/systemd/system');
}

/** States by bare unit name. A host whose systemd does not answer gives none. */
export async function readServices(system: System): Promise<Services> {
  if (!(await runsSystemd(system))) return readServicesWithoutSystemd(system);
  const units = probedUnits.map(unit => `${unit}.service`);
  const argv = ['systemctl', 'show', '-p', 'Id', '-p', 'ActiveState', '-p', 'LoadState', ...units] as const;
  const out = await runQuietly(system, argv, systemdTimeoutMs);
  return out === undefined ? {} : parseSystemctlShow(out);
}

/**
 * Parses blocks of `Id=`, `ActiveState=`, `LoadState=`, keyed by Id. On SUSE `network.service` is an alias, and systemctl
 * answers with the unit behind it (`Id=wicked.service` or `Id=NetworkManager.service`): `network` is then left out, for
 * it is not the service of the initscripts.
 */
export function parseSystemctlShow(text: string): Services {
  const states: Record<string, ServiceState> = {};
  for (const block of text.split(/\n\s*\n/)) {
    const value = (key: string): string | undefined =>
      new RegExp(`^${key}=(.*)$`, 'm').exec(block)?.[1]?.trim();
    const name = /^([\w@-]+)\.service$/.exec(value('Id') ?? '')?.[1];
    const active = value('ActiveState');
    const load = value('LoadState');
    if (name === undefined || active === undefined || load === undefined) continue;
    if (!(probedUnits as readonly string[]).includes(name)) continue;
    // `activating`: networking.service and network.service are oneshots that stay so while one link still waits for DHCP.
    if (/^(active|activating|reloading|refreshing)$/.test(active)) states[name] = 'active';
    else states[name] = load === 'not-found' ? 'absent' : 'inactive';
  }
  return states;
}

async function readServicesWithoutSystemd(system: System): Promise<Services> {
  const [network, networking, networkmanager] = await Promise.all([
    networkScriptState(system),
    networkingState(system),
    networkmanagerState(system),
  ]);
  return { network, networking, NetworkManager: networkmanager };
}

/**
 * The init script `network`. CentOS 6 touches /var/lock/subsys/network at the end of start and removes it at stop; SLES 11
 * keeps its state below /dev/.sysconfig/network.
 */
async function networkScriptState(system: System): Promise<ServiceState> {
  if (await anyExists(system, ['/var/lock/subsys/network', '/dev/.sysconfig/network/started']))
    return 'active';
  return (await anyExists(system, ['/etc/init.d/network', '/etc/rc.d/init.d/network']))
    ? 'inactive'
    : 'absent';
}

/** Debian's and Ubuntu's `networking`: it has run if ifupdown has noted a link. */
async function networkingState(system: System): Promise<ServiceState> {
  const ifstate = await readQuietly(system, '/run/network/ifstate');
  if (ifstate !== undefined && ifstate.trim() !== '') return 'active';
  return (await anyExists(system, ['/etc/init/networking.conf', '/etc/init.d/networking']))
    ? 'inactive'
    : 'absent';
}

async function networkmanagerState(system: System): Promise<ServiceState> {
  // EL6 has the first, Ubuntu 14.04 the second; a stale file of a daemon that died is told by /proc.
  for (const path of ['/var/run/NetworkManager/NetworkManager.pid', '/run/NetworkManager.pid']) {
    const pid = (await readQuietly(system, path))?.trim() ?? '';
    if (!/^\d{1,10}$/.test(pid)) continue;
    if ((await readQuietly(system, `/proc/${pid}/comm`))?.trim() === 'NetworkManager') return 'active';
  }
  return (await existsQuietly(system, '/usr/sbin/NetworkManager')) ? 'inactive' : 'absent';
}
