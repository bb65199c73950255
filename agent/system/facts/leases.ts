// What the DHCP server said about a link, from the lease file of whichever client runs there. Only asked for an ENI whose
// cloud tells neither subnet nor gateway. Formats: dhclient.leases(5); the lease files of systemd-networkd are KEY=value.
import { bits, type Cidr, type Ip, networkOf, parseIp } from '../../model/address.ts';
import type { System } from '../system.ts';

export interface LinkLease {
  readonly subnet: Cidr | undefined;
  readonly gateway: Ip | undefined;
}

/** Debian; RHEL 6-7 and SLES 11; the latter with a connection UUID in the name under NetworkManager. */
const dhclientFolders = [
  { dir: '/var/lib/dhcp', name: (link: string) => new RegExp(`^dhclient\\.${escaped(link)}\\.leases$`) },
  {
    dir: '/var/lib/dhclient',
    name: (link: string) => new RegExp(`^dhclient-(.*-)?${escaped(link)}\\.leases?$`),
  },
  {
    dir: '/var/lib/NetworkManager',
    name: (link: string) => new RegExp(`^dhclient-.*-${escaped(link)}\\.lease$`),
  },
] as const;

export async function readLease(
  system: System,
  link: { name: string; index: number },
): Promise<LinkLease | undefined> {
  const networkd = await system.readFile(`/run/systemd/netif/leases/${link.index}`);
  if (networkd !== undefined) return parseNetworkdLease(networkd);
  for (const { dir, name } of dhclientFolders) {
    const file = (await system.listFolder(dir)).find(entry => name(link.name).test(entry));
    const text = file === undefined ? undefined : await system.readFile(`${dir}/${file}`);
    if (text !== undefined) return parseDhclientLeases(text);
  }
  return undefined;
}

/** The last lease of the file is the current one. */
export function parseDhclientLeases(text: string): LinkLease | undefined {
  const blocks = text.split(/^[ \t]*lease[ \t]*\{/m).slice(1);
  const last = blocks.findLast(block => block.includes('}'))?.split('}')[0];
  if (last === undefined) return undefined;
  // Within its line: the file grows with each renewal, and `\s` would try every line end with every other.
  const statement = (name: string) =>
    new RegExp(`^[ \\t]*${name}[ \\t]+([^;\\n]+);`, 'm').exec(last)?.[1]?.trim() ?? '';
  return lease(statement('fixed-address'), statement('option subnet-mask'), statement('option routers'));
}

export function parseNetworkdLease(text: string): LinkLease | undefined {
  const entry = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return lease(entry('ADDRESS'), entry('NETMASK'), entry('ROUTER'));
}

/** Of several routers the first counts, as for every client. */
function lease(address: string, mask: string, routers: string): LinkLease | undefined {
  const ip = parseIp(address);
  const length = prefixLengthOfMask(mask);
  if (ip === undefined) return undefined;
  return {
    // A mask of 255.255.255.255 (some clouds hand it out with a router to be reached by a host route) tells no subnet.
    subnet: length === undefined || length === bits(ip) ? undefined : networkOf(ip, length),
    gateway: parseIp(routers.split(/[\s,]+/)[0] ?? ''),
  };
}

/** A mask with a hole in it is no mask. */
function prefixLengthOfMask(mask: string): number | undefined {
  const ip = parseIp(mask);
  if (ip === undefined || !ip.includes('.')) return undefined;
  const binary = ip
    .split('.')
    .map(byte => Number(byte).toString(2).padStart(8, '0'))
    .join('');
  return /^1+0*$/.test(binary) ? binary.lastIndexOf('1') + 1 : undefined;
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\*]/g, '\\$&');
}
