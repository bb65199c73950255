// The sections of a .network file for one ENI, shared by networkd.ts (whole file) and netplan.ts (drop-in for what netplan's
// YAML cannot say). Source: systemd.network(5) of 237 to 257. An unknown key is only a warning there, so a key may be written
// for a version that is not known.

import { broadcastOf, networkOf } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import {
  type EniPlan,
  isDefaultRoute,
  type PlannedAddress,
  type PlannedRoute,
  type PlannedRule,
} from '../../agent/model/network-plan.ts';
import type { RuleLimits } from '../../agent/model/rule-words.ts';
import { fwmarkText } from '../../agent/model/rule-words.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import type { SystemdSection } from './systemd-ini.ts';

/** True if systemd is `wanted` or newer; a version that is not known counts as new. */
export function systemdAtLeast(facts: HostFacts, wanted: number): boolean {
  return versionAtLeast(facts.versions.systemd, String(wanted)) ?? true;
}

/**
 * What keeps a match by MAC to the NIC itself: bridges, VLANs and bonds on top of a NIC have the same MAC. A VLAN has the
 * type `vlan`, a NIC and a veth have `ether`. Before 245 a plain NIC has no type at all, and `Type=ether` never matches; the
 * name has to do there. Not `Kind=!*`: it would exclude a veth.
 */
export function nicOnly(eni: EniPlan, facts: HostFacts): SystemdSection['entries'] {
  return systemdAtLeast(facts, 245) ? [['Type', 'ether']] : [['Name', linkWord(eni.link)]];
}

/**
 * One section per address that we bring, in the order of the plan: the order in the file is the order in the kernel only if all
 * addresses have this form, `Address=` lines in [Network] come first (252, 257).
 */
export function addressSections(eni: EniPlan, facts: HostFacts): readonly SystemdSection[] {
  return eni.addresses
    .filter(address => !address.dynamic)
    .map(address => ({
      name: 'Address',
      entries: [
        ['Address', `${address.ip}/${address.prefixLength}`],
        ['Broadcast', broadcastFor(address)],
        // Without it 247 takes IPv6 away for 1-2 s at each reload. Addresses of a cloud are unique. A word since 243;
        // a boolean of another meaning before.
        [
          'DuplicateAddressDetection',
          address.family === 6 && systemdAtLeast(facts, 243) ? 'none' : undefined,
        ],
      ],
    }));
}

/**
 * networkd 252 compares the broadcast address that it did not write with the one that the kernel chose, and deletes and adds the
 * address again at each reload. The real one is right on all versions: `no` fails on 247, `0.0.0.0` on 252. A /32 has none in the kernel
 * either, and 252 keeps it as it is; so this is for an address that brings a connected route.
 */
export function broadcastFor({ family, ip, prefixLength }: PlannedAddress): string | undefined {
  return family === 4 && prefixLength < 31 ? broadcastOf(networkOf(ip, prefixLength)) : undefined;
}

/** Before 245 the key is `GatewayOnlink`, and the other spelling an unknown one (237, executed); all that came later know both. */
export function routeSections(
  eni: EniPlan,
  routes: readonly PlannedRoute[],
  facts: HostFacts,
): readonly SystemdSection[] {
  const onLinkKey = systemdAtLeast(facts, 245) ? 'GatewayOnLink' : 'GatewayOnlink';
  return routes.map(route => ({
    name: 'Route',
    entries: [
      // A default route is one without a destination, in every version.
      ['Destination', isDefaultRoute(route) ? undefined : route.destination],
      ['Gateway', route.gateway],
      [onLinkKey, route.gateway !== undefined && isOnLink(eni, route) ? 'yes' : undefined],
      // Without a gateway IPv4 needs the scope; for IPv6 it is ignored with a warning.
      ['Scope', route.gateway === undefined && route.family === 4 ? 'link' : undefined],
      ['Table', route.table],
      ['Metric', route.metric],
    ],
  }));
}

/**
 * With DHCP the gateway is in no connected route until there is a lease: 247 then fails the whole link ("Nexthop has invalid
 * gateway"), newer ones hold the route back. `GatewayOnLink` says what is true anyhow.
 */
export function isOnLink(eni: EniPlan, route: PlannedRoute): boolean {
  return route.onLink || (route.gateway !== undefined && route.family === 4 && eni.addressing === 'dhcp');
}

export function ruleSections(eni: EniPlan, facts: HostFacts): readonly SystemdSection[] {
  return eni.rules
    .filter(rule => speaksRule(rule, facts))
    .map(rule => ({
      name: 'RoutingPolicyRule',
      entries: [
        // Without an address the rule would be one of IPv4; one with no bits tells the family and selects nothing, in every version.
        ['From', rule.from ?? (rule.family === 4 ? '0.0.0.0/0' : '::/0')],
        ['To', rule.to],
        ['IncomingInterface', rule.localOnly ? 'lo' : undefined],
        ['OutgoingInterface', rule.oif],
        // With its mask since it came (235): parse_fwmark_fwmask.
        ['FirewallMark', rule.fwmark && fwmarkText(rule.fwmark)],
        // The number: 247 ignores the name `main` with no more than a log line, and tier 2 is missing after a reboot.
        ['Table', rule.table],
        ['SuppressPrefixLength', rule.suppressPrefixLength],
        ['SuppressInterfaceGroup', rule.suppressGroup],
        ['Priority', rule.priority],
      ],
    }));
}

/**
 * networkd 252 deletes a leased address at a reload of a changed file, and asks for it anew: it was away for 42 to 54 ms with a server that
 * answers at once. With this key it keeps the address (executed: no deletion), also beyond the end of the lease, which is right
 * for an address that the cloud has assigned. 257 keeps it without; the versions between were not run.
 */
export function keepLease(eni: EniPlan, facts: HostFacts): SystemdSection['entries'] {
  const needed = eni.addressing === 'dhcp' && systemdAtLeast(facts, 252) && !systemdAtLeast(facts, 257);
  return needed ? [['KeepConfiguration', 'dhcp']] : [];
}

/**
 * The lease brings an address and nothing else. `UseRoutes=no` covers option 121 and, where `UseGateway=` is unknown (before
 * 246), the router option too. The MTU of the lease counts unless the plan has one: an overlay network may need it, NetworkManager
 * and dhclient take it, and so does netplan, which writes `UseMTU=true` by itself.
 */
export function dhcpSection(eni: EniPlan, facts: HostFacts): readonly SystemdSection[] {
  if (eni.addressing !== 'dhcp') return [];
  return [
    {
      // [DHCPv4] since 243, [DHCP] before.
      name: systemdAtLeast(facts, 243) ? 'DHCPv4' : 'DHCP',
      entries: [
        ['UseGateway', systemdAtLeast(facts, 246) ? 'no' : undefined],
        ['UseRoutes', 'no'],
        ['UseDNS', 'no'],
        ['UseDomains', 'no'],
        ['UseNTP', 'no'],
        ['UseHostname', 'no'],
        ['UseMTU', eni.mtu === undefined ? 'yes' : 'no'],
        // Where the leased address's connected route goes: in main it would take the primary's answers to that subnet. No other
        // key keeps it out of main: UseRoutes=no does not cover it. From 246 on networkd adds the address with noprefixroute and
        // the route by itself, to this table, again at each renewal (executed on 247, 252 and 257); before, the key is for the
        // routes of the lease alone: see dispatcher.ts.
        ['RouteTable', eni.connectedRoute ? undefined : eni.table],
      ],
    },
  ];
}

/**
 * SuppressPrefixLength= came with 245; before, the rule would be installed without it and send everything to main. SuppressInterfaceGroup= came
 * with 250 (systemd.network(5)); see ruleLimits.
 */
export function speaksRule(rule: PlannedRule, facts: HostFacts): boolean {
  return rule.suppressPrefixLength === undefined || systemdAtLeast(facts, 245);
}

/**
 * `links`: before 240 networkd frees a part of the kernel's message with each rule that has `iif` or `oif`, in a file or by `ip`, and dies
 * ("free(): invalid pointer", mended in eeab051b28; systemd issue 16116).
 *
 * `primaryGroup`: 245 to 249 have no word for it. A script beside the file would do up to 247; 248 and 249 delete each rule that is in no
 * file whenever they configure a link (link_drop_foreign_config), so all four go without.
 */
export function networkdRuleLimits(facts: HostFacts): RuleLimits {
  return {
    ...(systemdAtLeast(facts, 240) ? {} : { links: false }),
    ...(systemdAtLeast(facts, 245) && !systemdAtLeast(facts, 250) ? { primaryGroup: false } : {}),
  };
}
