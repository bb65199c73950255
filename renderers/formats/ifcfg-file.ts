// One ifcfg file of Red Hat's folder as far as it tells which link it is for. Source: network-functions, ifup and rename_device.c of
// initscripts 9.03 to 10.00, nms-ifcfg-rh-reader.c and nms-ifcfg-rh-utils.c of NetworkManager 1.10 to 1.58. Reads facts.files only.
import { type Mac, parseMac } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { isMarked } from '../renderer.ts';
import { type Assignment, lastAssignments, type Reading } from './shell-assignments.ts';

export const redHatFolder = '/etc/sysconfig/network-scripts';

export interface IfcfgFile {
  readonly path: string;
  /** Behind `ifcfg-`. */
  readonly suffix: string;
  readonly variables: ReadonlyMap<string, Assignment>;
}

/** Who reads the folder. On EL7 both may. */
export interface IfcfgReaders {
  readonly initscripts: boolean;
  readonly networkmanager: boolean;
}

/** Those of others that one of the readers takes, in the order of their names. */
export function foreignIfcfgFiles(facts: HostFacts, readers: IfcfgReaders): readonly IfcfgFile[] {
  const reading: Reading = readers.initscripts ? 'shell' : 'lines';
  return Object.entries(facts.files).flatMap(([path, text]): readonly IfcfgFile[] => {
    const name = path.slice(redHatFolder.length + 1);
    if (!path.startsWith(`${redHatFolder}/ifcfg-`) || name === 'ifcfg-') return [];
    const isRead =
      (readers.initscripts && !isIgnoredByInitscripts(name, facts)) ||
      (readers.networkmanager && !isIgnoredByNetworkmanager(name));
    if (!isRead || isMarked(text)) return [];
    return [{ path, suffix: name.slice('ifcfg-'.length), variables: lastAssignments(text, reading) }];
  });
}

/** `__sed_discard_ignored_files` of /etc/init.d/functions; EL6 does not know `.old`. */
function isIgnoredByInitscripts(name: string, { os }: HostFacts): boolean {
  if (name.endsWith('.old')) return !/^6(\.|$)/.test(os.versionId);
  return /(~|\.bak|\.orig|\.rpmnew|\.rpmorig|\.rpmsave)$/.test(name);
}

/** utils_should_ignore_file: `.rpmsave` and `.old` are profiles. The last is what rpm calls a file that it is about to install. */
function isIgnoredByNetworkmanager(name: string): boolean {
  return /(~|\.bak|\.orig|\.rej|\.rpmnew|\.augnew|\.augtmp|;[0-9a-f]{8})$/i.test(name);
}

/** HWADDR= as a MAC; `unclear` for one that cannot be read, or that only a shell could tell. */
export function hardwareAddress({ variables }: IfcfgFile): Mac | 'unclear' | undefined {
  const found = variables.get('HWADDR');
  if (found === undefined || found.value?.trim() === '') return undefined;
  return parseMac(found.value?.trim() ?? '') ?? 'unclear';
}

/** True for a kind of link that is made by its name: HWADDR= is then a MAC that it has in common with a NIC, or is to have. */
export function isVirtual({ variables }: IfcfgFile): boolean {
  const value = (key: string): string => variables.get(key)?.value?.toLowerCase() ?? '';
  const type = value('TYPE');
  return (
    isYes(value('VLAN')) ||
    /^(.+\.\d{1,4}|vlan\d+)$/.test(value('DEVICE')) ||
    /^(vlan|bond|bridge|team|ovs.*|tap|tun|ipip6?|gre6?|sit|ipsec|dummy|macvlan|ipvlan|modem|wireless|infiniband)$/.test(
      type,
    ) ||
    value('DEVICETYPE') === 'team' ||
    ['BONDING_OPTS', 'TEAM_CONFIG'].some(key => value(key) !== '') ||
    isYes(value('BONDING_MASTER'))
  );
}

export function isYes(value: string): boolean {
  return /^(yes|true|t|y|1|on)$/i.test(value);
}

/** Nothing but an address by DHCP or a router advertisement, for nobody's bond or bridge. */
export function isOnlyDhcp({ variables }: IfcfgFile): boolean {
  const more =
    /^(IPADDR|IPV6ADDR|GATEWAY|IPV6_DEFAULTGW|MASTER|BRIDGE|TEAM_MASTER|VRF|OVS_PORT|ROUTING_RULE|IPV[46]_ROUTE_TABLE)/;
  const isMore = [...variables].some(([key, { value }]) => more.test(key) && value !== '');
  return !isMore && /^(dhcp|bootp|)$/i.test(variables.get('BOOTPROTO')?.value ?? '');
}
