// Foreign definitions of a link in the ifcfg files of Red Hat, for the initscripts and for NetworkManager, which may read both one folder.
// Source: as in ifcfg-file.ts, and ifup-aliases, ifup-ovs. Reads facts.files only.
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { type Claim, isMarked } from '../renderer.ts';
import {
  foreignIfcfgFiles,
  hardwareAddress,
  type IfcfgFile,
  type IfcfgReaders,
  isOnlyDhcp,
  isVirtual,
  isYes,
  redHatFolder,
} from './ifcfg-file.ts';
import { lastAssignments } from './shell-assignments.ts';
import { findUnreadClaims } from './unread-claims.ts';

/**
 * Claims on the link by ifcfg files.
 *
 * @param occupied the name of a file is a claim as well: where a file of ours for this link has the same one
 */
export function findIfcfgClaims(
  link: LinkIdentity,
  facts: HostFacts,
  readers: IfcfgReaders,
  occupied: boolean,
): readonly Claim[] {
  const found = foreignIfcfgFiles(facts, readers).flatMap((file): readonly Claim[] => {
    const reason = reasonOf(file, link, readers, occupied);
    if (reason === undefined) return [];
    const { key, text, of } = reason;
    const line = key === undefined ? undefined : file.variables.get(key)?.line;
    // cloud-init writes one for every link that it finds at boot; ec2-net-utils 1.x one for each that is plugged in.
    const author = /created by cloud-init/i.test(facts.files[file.path]!) ? ' (written by cloud-init)' : '';
    return [
      {
        path: file.path,
        ...(line === undefined ? {} : { line }),
        text: `${text}${author}`,
        ...(of === undefined ? {} : { of }),
      },
    ];
  });
  return [...found, ...findUnreadClaims(facts, path => path.startsWith(`${redHatFolder}/ifcfg-`))];
}

interface Reason {
  readonly key?: string;
  readonly text: string;
  readonly of?: 'image';
}

function reasonOf(
  file: IfcfgFile,
  link: LinkIdentity,
  readers: IfcfgReaders,
  occupied: boolean,
): Reason | undefined {
  const { suffix, variables } = file;
  const { name } = link;
  const device = variables.get('DEVICE');
  const isDevice = (text: string): boolean => text === name || text.startsWith(`${name}:`);
  const said = (key: string): Reason => ({
    key,
    text: `${key}=${variables.get(key)?.value ?? '...'} fits ${name}`,
  });

  // An alias (`ifcfg-eth1:0`) and a range (`ifcfg-eth1-range0`, ifup-aliases) put addresses on the same link.
  if (isDevice(suffix) && suffix !== name) return { text: `puts addresses on ${name}` };
  if (readers.initscripts && suffix.startsWith(`${name}-range`)) return { text: `puts addresses on ${name}` };
  const port = ['ETH', 'BOND_IFACES'].find(
    key => variables.get(key)?.value?.split(/\s+/).includes(name) === true && isTaker(file, key),
  );
  if (port !== undefined) return { key: port, text: `${port}= takes ${name}` };
  if (isVirtual(file)) {
    if (device?.value !== undefined && isDevice(device.value)) return said('DEVICE');
  } else {
    const mac = hardwareAddress(file);
    const own = link.permanentMac ?? link.mac;
    // Even under another DEVICE=: that is then the name that rename_device gives this NIC at the next boot.
    if (mac !== undefined && own !== undefined && [link.mac, own].includes(mac as typeof own))
      return said('HWADDR');
    const fitsMac = mac === undefined || mac === 'unclear' || own === undefined;
    if (fitsMac && device !== undefined && (device.value === undefined || isDevice(device.value)))
      return said('DEVICE');
    if (fitsMac && mac !== undefined && device === undefined) return said('HWADDR');
    const isForAll = mac === undefined && device === undefined && variables.has('TYPE');
    if (isForAll && readers.networkmanager && !isUncontrolled(file)) return forAll(file, name);
  }
  return occupied && suffix === name ? { text: `configures ${name} by its name` } : undefined;
}

/** ETH= is the NIC below a PPPoE link only, BOND_IFACES= the ports of a bond of Open vSwitch. */
function isTaker({ variables }: IfcfgFile, key: string): boolean {
  const type = variables.get('TYPE')?.value?.toLowerCase();
  return type === (key === 'ETH' ? 'xdsl' : 'ovsbond');
}

/** NM_CONTROLLED=no without DEVICE and HWADDR is of no effect (create_unhandled_connection). */
function isUncontrolled({ variables }: IfcfgFile): boolean {
  const value = variables.get('NM_CONTROLLED')?.value;
  return value !== undefined && !isYes(value);
}

/** For NetworkManager a profile without DEVICE and HWADDR fits every NIC, unless it says more by MATCH_... or HWADDR_BLACKLIST. */
function forAll(file: IfcfgFile, name: string): Reason {
  const isCatchAll = isOnlyDhcp(file) && ![...file.variables.keys()].some(key => key.startsWith('MATCH_'));
  return {
    text: `has neither DEVICE= nor HWADDR= and so fits ${name}`,
    ...(isCatchAll && priorityOf(file) < 200 ? { of: 'image' } : {}),
  };
}

function priorityOf({ variables }: IfcfgFile): number {
  return Number(variables.get('AUTOCONNECT_PRIORITY')?.value ?? 0);
}

/** All of a machine whose links have files in Red Hat's folder: beside ifcfg the files with the link's name, and /etc/sysconfig/network. */
export function findRedHatClaims(
  link: LinkIdentity,
  facts: HostFacts,
  readers: IfcfgReaders,
): readonly Claim[] {
  const { name } = link;
  const companions = [
    ...['route', 'route6', 'rule', 'rule6'].map(kind => `${redHatFolder}/${kind}-${name}`),
    `/etc/dhcp/dhclient-${name}.conf`,
  ].filter(path => facts.files[path] !== undefined && !isMarked(facts.files[path]));
  return [
    ...findIfcfgClaims(link, facts, readers, true),
    ...companions.map(path => ({ path, text: `belongs to ${name}` })),
    ...globalGatewayClaims(name, facts),
  ];
}

/**
 * GATEWAYDEV= and the IPv6 keys decide which link carries the default route, whatever DEFROUTE= says: with our link in them the
 * default of a secondary ENI would go to main (initscripts and ifcfg-rh alike).
 */
function globalGatewayClaims(link: string, facts: HostFacts): readonly Claim[] {
  const path = '/etc/sysconfig/network';
  const variables = lastAssignments(facts.files[path] ?? '', 'shell');
  const hits = ['GATEWAYDEV', 'IPV6_DEFAULTDEV', 'IPV6_DEFAULTGW'].flatMap(key => variables.get(key) ?? []);
  return hits
    .filter(({ key, value }) => (key === 'IPV6_DEFAULTGW' ? value?.endsWith(`%${link}`) : value === link))
    .map(({ key, line }) => ({ path, line, text: `${key}= makes ${link} the link of the default route` }));
}
