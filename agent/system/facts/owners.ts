// Who owns the primary link now, in each tool's own words, and which link that is. Formats: ip-route(8), nmcli(1),
// networkctl(1) and the files behind it, wicked(8), and ifupdown's state file. Draws no conclusion: renderers/detect/select.ts does.
import type { HostFacts } from '../../model/host.ts';
import type { System } from '../system.ts';
import { anyExists, existsQuietly, isLinkName, readQuietly, runQuietly } from './probes.ts';
import type { Services } from './services.ts';

type Owners = HostFacts['owners'];

/** The link of the default route with the lowest metric, IPv4 first; undefined on a host without one. */
export async function readPrimaryLink(system: System): Promise<string | undefined> {
  const plain = parseRouteTable((await readQuietly(system, '/proc/net/route')) ?? '');
  if (plain !== undefined && (await readQuietly(system, `/sys/class/net/${plain}/carrier`))?.trim() === '1')
    return plain;
  for (const family of ['-4', '-6']) {
    const out = await runQuietly(system, ['ip', family, 'route', 'show', 'default']);
    const link = parseDefaultLink(out ?? '');
    if (link !== undefined) return link;
  }
  return undefined;
}

/**
 * Parses /proc/net/route, IPv4's table main: the link of the only default route. It shows neither the state of a hop nor a second one, so
 * where there are several routes `ip` is asked.
 */
export function parseRouteTable(text: string): string | undefined {
  const defaults = text
    .split('\n')
    .map(line => line.split(/\s+/))
    .filter(words => words[1] === '00000000' && words[7] === '00000000');
  const [link, , , flags = ''] = defaults[0] ?? [];
  // RTF_UP without RTF_REJECT, which is `unreachable default`.
  const usable = (Number.parseInt(flags, 16) & 0x201) === 1;
  return defaults.length === 1 && usable && link !== 'lo' && isLinkName(link) ? link : undefined;
}

/**
 * Parses `ip route show default`. No metric means 0 (IPv4). Routes without a link of use are skipped: `unreachable
 * default dev lo` (IPv6 has one after every lost RA on old kernels), dead or linkdown ones. A multipath route has
 * its hops on indented lines below, and counts with the first of them.
 */
export function parseDefaultLink(text: string): string | undefined {
  let best: { link: string; metric: number } | undefined;
  for (const line of text.replace(/\n[ \t]+/g, ' ').split('\n')) {
    const words = line.split(/\s+/);
    if (words[0] !== 'default' || words.includes('dead') || words.includes('linkdown')) continue;
    const link = words[words.indexOf('dev') + 1];
    if (!words.includes('dev') || !isLinkName(link) || link === 'lo') continue;
    const metric = words.includes('metric') ? Number(words[words.indexOf('metric') + 1]) : 0;
    if (Number.isInteger(metric) && (best === undefined || metric < best.metric)) best = { link, metric };
  }
  return best?.link;
}

/** Asks only the tools whose service runs. `link` is a checked link name. */
export async function readOwners(system: System, link: string, services: Services): Promise<Owners> {
  const active = (unit: string): boolean => services[unit] === 'active';
  const [networkmanager, networkd, wicked, ifstate] = await Promise.all([
    active('NetworkManager') ? askNetworkmanager(system, link) : {},
    active('systemd-networkd') ? askNetworkd(system, link) : {},
    active('wickedd') || active('wicked') ? askWicked(system, link) : {},
    readIfstate(system, link),
  ]);
  return { ...networkmanager, ...networkd, ...wicked, ...ifstate };
}

async function askNetworkmanager(system: System, link: string): Promise<Owners> {
  if (!(await existsQuietly(system, '/usr/bin/nmcli'))) return {};
  // `-g` needs nmcli 1.6 or so: the one of EL6 (0.8) fails here, and the fact is missing.
  const state = parseWord(await runQuietly(system, ['nmcli', '-g', 'GENERAL.STATE', 'device', 'show', link]));
  if (state === undefined) return {};
  // FILENAME came with NetworkManager 1.12: before it nmcli refuses the field.
  const profiles = await runQuietly(system, [
    'nmcli',
    '-g',
    'DEVICE,FILENAME',
    'connection',
    'show',
    '--active',
  ]);
  const files = parseProfileFiles(profiles ?? '');
  const profile = files[link];
  return {
    networkmanager: state,
    ...(profile === undefined ? {} : { networkmanagerProfile: profile }),
    ...(profiles === undefined ? {} : { networkmanagerProfiles: files }),
  };
}

/** NetworkManager built for /var/run (1.32 and before, by its localstatedir) names the profiles that it keeps in memory by that path. */
function inRun(path: string): string {
  return path.replace(/^\/var\/run\//, '/run/');
}

/**
 * Parses `DEVICE:FILENAME` lines; nmcli writes a colon or a backslash inside a value with a backslash before it. The first of a link counts
 * (a VPN above it is named by the same device).
 */
export function parseProfileFiles(text: string): Readonly<Record<string, string>> {
  const files = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [device = '', ...rest] = line.split(/(?<!\\):/);
    const file = inRun(rest.join(':').replace(/\\(.)/g, '$1').trim());
    if (isLinkName(device) && !files.has(device) && /^\/[\x20-\x7e]+$/.test(file)) files.set(device, file);
  }
  return Object.fromEntries(files);
}

async function askNetworkd(system: System, link: string): Promise<Owners> {
  const index = (await readQuietly(system, `/sys/class/net/${link}/ifindex`))?.trim() ?? '';
  const state = /^\d+$/.test(index)
    ? await readQuietly(system, `/run/systemd/netif/links/${index}`)
    : undefined;
  const owners = parseNetworkdState(state ?? '');
  if (owners.networkd !== undefined) return owners;
  // /bin on a system without merged /usr (Debian 9, Ubuntu 18.04).
  if (!(await anyExists(system, ['/usr/bin/networkctl', '/bin/networkctl']))) return {};
  // The text form: --json came with 249, and Ubuntu 18.04 and 20.04 have 237 and 245.
  return parseNetworkctl((await runQuietly(system, ['networkctl', '--no-pager', 'status', link])) ?? '');
}

/**
 * Parses the file in which networkd tells sd-network(3), and so networkctl, about a link (systemd 209 to 257): `ADMIN_STATE=configured`,
 * `NETWORK_FILE=PATH` (absent if none). The manual calls it private, so networkctl is asked where it looks different.
 */
export function parseNetworkdState(text: string): Owners {
  const state = /^ADMIN_STATE=([a-z-]+)$/m.exec(text)?.[1];
  const file = /^NETWORK_FILE=(\/[\x21-\x7e]+)$/m.exec(text)?.[1];
  return {
    ...(state === undefined ? {} : { networkd: state }),
    ...(file === undefined ? {} : { networkdFile: file }),
  };
}

/**
 * Parses `networkctl status LINK`: `State: routable (configured)` and `Network File: PATH` (`n/a` if none). Only the first
 * of each counts: the journal's last lines follow below since 246.
 */
export function parseNetworkctl(text: string): Owners {
  const state = /^[ \t]*State: \S+ \(([a-z-]+)\)/m.exec(text)?.[1];
  const file = /^[ \t]*Network File: (\/[\x21-\x7e]+)[ \t]*$/m.exec(text)?.[1];
  return {
    ...(state === undefined ? {} : { networkd: state }),
    ...(file === undefined ? {} : { networkdFile: file }),
  };
}

async function askWicked(system: System, link: string): Promise<Owners> {
  if (!(await anyExists(system, ['/usr/sbin/wicked', '/sbin/wicked']))) return {};
  // The exit code tells the state as well (not zero while a lease is awaited), so only the text counts.
  let text = '';
  try {
    text = (await system.run(['wicked', 'ifstatus', '--brief', link], { timeoutMs: 5000 })).stdout;
  } catch {
    return {};
  }
  const line = text.split('\n').find(candidate => candidate.split(/\s+/)[0] === link);
  const state = parseWord(line?.slice(link.length));
  return state === undefined ? {} : { wicked: state };
}

async function readIfstate(system: System, link: string): Promise<Owners> {
  const text = (await readQuietly(system, '/run/network/ifstate')) ?? '';
  const line = text.split('\n').find(candidate => candidate.startsWith(`${link}=`));
  return line === undefined ? {} : { ifstate: line.trim().slice(0, 64) };
}

/** The first line, if it is a short printable text. */
function parseWord(text: string | undefined): string | undefined {
  const line = text?.trim().split('\n')[0]?.trim();
  return line !== undefined && /^[\x20-\x7e]{1,64}$/.test(line) ? line : undefined;
}
