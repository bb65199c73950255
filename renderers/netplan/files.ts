// What the two files of an ENI say: netplan's YAML, and the drop-in of networkd for the generated file. Source: netplan-yaml(5) of
// 0.36 to 1.1.2, systemd.network(5) of 237 to 257; executed on 0.106 with 252. Knows no command.
//
// The YAML keeps to keys that every netplan since 0.36 knows: an unknown key fails the whole configuration, and the primary is
// lost at the next boot. In the drop-in an unknown key is a warning.
import type { HostFacts } from '../../agent/model/host.ts';
import { type EniPlan, mainTable, type PlannedRoute } from '../../agent/model/network-plan.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import {
  broadcastFor,
  dhcpSection,
  isOnLink,
  keepLease,
  nicOnly,
  routeSections,
  ruleSections,
  systemdAtLeast,
} from '../networkd/sections.ts';
import { encodeSystemdIni } from '../networkd/systemd-ini.ts';
import { marker } from '../renderer.ts';
import { encodeYaml, type YamlValue } from './yaml.ts';

export const yamlFolder = '/etc/netplan';
export const networkFolder = '/etc/systemd/network';
const dropInName = '50-eni-agent.conf';

/**
 * The id of the ENI in the YAML. networkd takes the first generated file that matches, in the order of the ids: `00-` comes before
 * the catch-alls of cloud images (Debian 12 and 13: `all-en`, `all-eth`), which would bring DHCP and a default route in main.
 */
function idOf(link: string): string {
  return `00-eni-${linkWord(link)}`;
}

export function generatedName(link: string): string {
  return `10-netplan-${idOf(link)}.network`;
}

export function yamlPath(link: string): string {
  return `${yamlFolder}/60-eni-${linkWord(link)}.yaml`;
}

/** A drop-in with the name of the generated file applies to it (executed on 247, 252 and 257). */
export function dropInPath(link: string): string {
  return `${networkFolder}/${generatedName(link)}.d/${dropInName}`;
}

export function renderYaml(eni: EniPlan, facts: HostFacts): string {
  const addresses = eni.addresses.filter(a => !a.dynamic).map(a => `${a.ip}/${a.prefixLength}`);
  const routes = eni.routes.filter(r => netplanSpeaks(r, facts)).map(route => yamlRoute(eni, route));
  const definition: { readonly [key: string]: YamlValue } = {
    // By MAC and without `set-name`: the ENI keeps its configuration under any name that the kernel or udev gives it.
    match: { macaddress: eni.mac },
    // An ENI may be detached while the VM is off: systemd-networkd-wait-online must not wait for it.
    optional: true,
    dhcp4: eni.addressing === 'dhcp',
    dhcp6: false,
    // Without IPv6 in the plan too: a router's advertisement would put a default route into main.
    'accept-ra': false,
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(routes.length > 0 ? { routes } : {}),
  };
  return encodeYaml([marker, `The rest is in ${dropInPath(eni.link)}.`], {
    network: { version: 2, ethernets: { [idOf(eni.link)]: definition } },
  });
}

/**
 * Before 0.40 a route needs `via`, which a route to the ENI's own subnet does not have. `via: 0.0.0.0` is accepted, but networkd 257
 * deletes and adds such a route at each reload. A version that is not known gets the drop-in, which is right everywhere. For IPv6 netplan
 * (0.106 to 1.2.2) writes `Scope=link`, with or without `scope`, and networkd warns at each load that it ignores it.
 */
function netplanSpeaks(route: PlannedRoute, facts: HostFacts): boolean {
  if (route.gateway !== undefined) return true;
  return route.family === 4 && versionAtLeast(facts.versions.netplan, '0.40') === true;
}

function yamlRoute(eni: EniPlan, route: PlannedRoute): YamlValue {
  return {
    // In full: 0.99 fails on `default`.
    to: route.destination,
    ...(route.gateway === undefined ? { scope: 'link' } : { via: route.gateway }),
    ...(isOnLink(eni, route) ? { 'on-link': true } : {}),
    ...(route.table === mainTable ? {} : { table: route.table }),
    ...(route.metric === undefined ? {} : { metric: route.metric }),
  };
}

export function renderDropIn(eni: EniPlan, facts: HostFacts): string {
  return encodeSystemdIni(
    [marker, `Belongs to ${yamlPath(eni.link)}: what netplan cannot say.`],
    [
      {
        name: 'Match',
        comment: 'The MAC that the NIC has now: not each driver tells a permanent one.',
        entries: [...matchEntries(eni, facts), ...nicOnly(eni, facts)],
      },
      // netplan's own `mtu` reaches only a .link file up to 0.96, and a .link file without a name turns the usual naming of
      // the link off at the next boot.
      { name: 'Link', entries: [['MTUBytes', eni.mtu]] },
      {
        name: 'Network',
        // netplan has no key for an address without duplicate address detection.
        entries: [
          ['IPv6DuplicateAddressDetection', eni.addresses.some(a => a.family === 6) ? 0 : undefined],
          ...keepLease(eni, facts),
        ],
      },
      // netplan's `dhcp4-overrides` fail on 0.36 and 0.40, and some of its keys on 0.96.
      ...dhcpSection(eni, facts),
      ...broadcastSection(eni, facts),
      ...routeSections(
        eni,
        eni.routes.filter(route => !netplanSpeaks(route, facts)),
        facts,
      ),
      // netplan's routing-policy has neither suppress_prefixlength nor iif.
      ...ruleSections(eni, facts),
    ],
  );
}

/**
 * netplan 0.106 and later match `PermanentMACAddress=`. A veth has none, and nor do the NICs of drivers that learn their MAC late
 * (Xen), so the link would stay unmanaged. The empty line takes netplan's list back; the current MAC does for every NIC.
 * Before systemd 245 that key does not exist, and netplan writes `MACAddress=`.
 */
function matchEntries(eni: EniPlan, facts: HostFacts): readonly (readonly [string, string])[] {
  if (!systemdAtLeast(facts, 245)) return [];
  return [
    ['PermanentMACAddress', ''],
    ['MACAddress', eni.mac],
  ];
}

/**
 * networkd 252 deletes and adds an address with a connected route again at each reload unless its broadcast address is written, and
 * netplan has no key for that. This address replaces netplan's own (one warning in the log at load), and so comes after the
 * secondary ones, which changes nothing as they are /32. 257 keeps the address without it, 247 does not with it; 249 and 255 were
 * not run.
 */
function broadcastSection(eni: EniPlan, facts: HostFacts): ReturnType<typeof dhcpSection> {
  if (!systemdAtLeast(facts, 248) || systemdAtLeast(facts, 257)) return [];
  return eni.addresses
    .filter(address => !address.dynamic && broadcastFor(address) !== undefined)
    .map(address => ({
      name: 'Address',
      entries: [
        ['Address', `${address.ip}/${address.prefixLength}`],
        ['Broadcast', broadcastFor(address)],
      ],
    }));
}
