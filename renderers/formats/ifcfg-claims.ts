// Foreign definitions of a link in the ifcfg style of Red Hat, for the initscripts and for NetworkManager's ifcfg-rh plugin. Source:
// network-functions, ifup and the `network` script of initscripts 9.03 to 10.00, the ifcfg-rh reader of NetworkManager 1.10 to 1.52.
import type { HostFacts } from '../../agent/model/host.ts';
import { type LinkIdentity, namesOf } from '../../agent/model/link-identity.ts';
import { type Claim, isMarked } from '../renderer.ts';
import { type Assignment, assignmentsIn } from './shell-variables.ts';

const folder = '/etc/sysconfig/network-scripts';

/**
 * Names of backups that nobody reads. `__sed_discard_ignored_files` of the initscripts; NetworkManager's list is another one: it loads `.old`
 * and `.rpmsave` as profiles (1.40), and ignores the temporary files of rpm and augeas.
 */
const backups = {
  initscripts: /(?:~|\.bak|\.old|\.orig|\.rpmnew|\.rpmorig|\.rpmsave)$/,
  networkmanager: /(?:~|\.bak|\.orig|\.rej|\.rpmnew|\.augnew|\.augtmp|;[0-9a-fA-F]{8})$/,
} as const;

/** ifcfg files by name, alias, DEVICE= or HWADDR=, files beside them by name, and the lines of /etc/sysconfig/network that overrule ours. */
export function findRedHatClaims(
  link: LinkIdentity,
  facts: HostFacts,
  reader: keyof typeof backups,
): readonly Claim[] {
  return [
    ...Object.entries(facts.files).flatMap(([path, text]) => {
      if (!path.startsWith(`${folder}/`) || isMarked(text) || backups[reader].test(path)) return [];
      const name = path.slice(folder.length + 1);
      if (name.startsWith('ifcfg-')) return claimOf(path, text, link, reader);
      const isBeside = namesOf(link).some(n => /^(?:route6?|rule6?)-/.test(name) && name.endsWith(`-${n}`));
      return isBeside ? [{ path, text: `belongs to ${link.name}` }] : [];
    }),
    ...dhclientClaims(link, facts),
    ...globalGatewayClaims(link, facts),
  ];
}

/** `eth1:0` is an alias: it puts addresses on the same link. */
function isNameOf(link: LinkIdentity, name: string): boolean {
  return namesOf(link).some(n => name === n || name.startsWith(`${n}:`));
}

function claimOf(
  path: string,
  text: string,
  link: LinkIdentity,
  reader: keyof typeof backups,
): readonly Claim[] {
  const suffix = path.slice(`${folder}/ifcfg-`.length);
  const assigned = assignmentsIn(text);
  const last = (key: string) => assigned.findLast(a => a.key === key && a.value !== '');
  const device = last('DEVICE');
  const hardware = last('HWADDR');
  const port = portOf(last);
  // cloud-init writes one for every link that it finds at boot; ec2-net-utils 1.x one for each that is plugged in.
  const more = `${port === undefined ? '' : `, as a port of ${port}`}${/created by cloud-init/i.test(text) ? ' (written by cloud-init)' : ''}`;
  const at = (line: number | undefined, what: string): readonly Claim[] => [
    { path, ...(line === undefined ? {} : { line }), text: `${what}${more}` },
  ];
  // A name that differs from the device (`ifcfg-eth1` with DEVICE=eth9) is still the one by which `ifup eth1` finds its file.
  if (isNameOf(link, suffix)) return at(undefined, `configures ${link.name}`);
  if (device !== undefined)
    return isNameOf(link, device.value) ? at(device.line, `DEVICE=${device.value} is ${link.name}`) : [];
  // Without a device need_config() of the initscripts and NetworkManager go by the MAC, in either case.
  if (hardware !== undefined)
    return macsOf(link).includes(hardware.value.toLowerCase())
      ? at(hardware.line, `HWADDR=${hardware.value} is the MAC of ${link.name}`)
      : [];
  return reader === 'networkmanager' ? forEveryNic(path, last) : [];
}

/** NetworkManager takes a profile without a device and a MAC for every NIC. With an address in it, it is meant for one. */
function forEveryNic(path: string, last: (key: string) => Assignment | undefined): readonly Claim[] {
  const type = last('TYPE');
  if (type !== undefined && type.value !== 'Ethernet') return [];
  const address = last('IPADDR') ?? last('IPADDR0') ?? last('IPV6ADDR') ?? last('IPADDR1');
  const text = 'names neither a device nor a MAC, so it fits every NIC';
  return address === undefined ? [{ path, text, of: 'image' }] : [{ path, line: address.line, text }];
}

function portOf(last: (key: string) => Assignment | undefined): string | undefined {
  const keys = [
    'MASTER',
    'MASTER_UUID',
    'BRIDGE',
    'BRIDGE_UUID',
    'TEAM_MASTER',
    'TEAM_MASTER_UUID',
    'OVS_BRIDGE',
    'VRF',
  ];
  return keys.map(key => last(key)?.value).find(value => value !== undefined);
}

function macsOf(link: LinkIdentity): readonly (string | undefined)[] {
  return [link.mac, link.permanentMac];
}

/** ec2-net-utils 1.x writes one for each link, and the initscripts use it if it is not empty. */
function dhclientClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  return namesOf(link).flatMap(name => {
    const path = `/etc/dhcp/dhclient-${name}.conf`;
    const text = facts.files[path];
    return text === undefined || isMarked(text) ? [] : [{ path, text: `belongs to ${link.name}` }];
  });
}

/**
 * GATEWAYDEV= and the IPv6 keys decide which link carries the default route, whatever DEFROUTE= says: with our link in them the
 * default of a secondary ENI would go to main (initscripts and ifcfg-rh alike).
 */
function globalGatewayClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  const path = '/etc/sysconfig/network';
  const names = namesOf(link);
  const isGateway = ({ key, value }: Assignment) =>
    ((key === 'GATEWAYDEV' || key === 'IPV6_DEFAULTDEV') && names.includes(value)) ||
    (key === 'IPV6_DEFAULTGW' && names.some(name => value.endsWith(`%${name}`)));
  const assigned = assignmentsIn(facts.files[path] ?? '');
  return assigned
    .filter(a => isGateway(a) && assigned.findLast(other => other.key === a.key) === a)
    .map(({ key, line }) => ({
      path,
      line,
      text: `${key}= makes ${link.name} the link of the default route`,
    }));
}
