// From the instance to the plan: which ENIs are ours, which numbers they get, who else is in their subnets. Pure: the same
// input gives the same plan, and the order of the metadata does not matter.

import type { Cidr, Ip, Mac } from '../model/address.ts';
import type { Eni, Instance } from '../model/instance.ts';
import type { KernelAddress, KernelLink } from '../model/kernel-state.ts';
import type { EniPlan, NetworkPlan, SkippedEni } from '../model/network-plan.ts';
import type { Settings } from '../model/settings.ts';
import { hasTrait, type SkipReason } from '../model/skip-reason.ts';
import { type EniNetwork, eniNetwork, type Lease } from './eni-network.ts';
import { planEni } from './eni-plan.ts';
import { matchLink } from './match-links.ts';
import { assignSlots } from './numbering.ts';
import { objectionTo, type Taken } from './sanity.ts';
import { onLinkElsewhere, sharesSubnets } from './share-subnets.ts';

export interface PlanInput {
  readonly instance: Instance;
  readonly links: readonly KernelLink[];
  readonly addresses: readonly KernelAddress[];
  readonly settings: Pick<Settings, 'agent' | 'routing' | 'enis'>;
  /** Slots of earlier passes, of ENIs that have gone too. */
  readonly keptSlots: ReadonlyMap<Mac, number>;
  /** Slots whose table or priorities are in use by others. */
  readonly occupiedSlots: ReadonlySet<number>;
  /** What DHCP said, by link name. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** IPv4 subnets that DHCP told in earlier passes. */
  readonly learnedSubnets: ReadonlyMap<Mac, Cidr>;
  readonly suppressPrefixLength: boolean;
  /** Links on which IPv6 is switched off. */
  readonly withoutIpv6?: ReadonlySet<string>;
  /** Links that foreign files configure, with where. */
  readonly claims: ReadonlyMap<string, string>;
  /** Why ENIs that the configuration does not name are left to a container network. */
  readonly containerNetwork?: string | undefined;
}

/** What is known about the past and the rest of a machine that was never configured: nothing. */
export const freshMachine = {
  addresses: [],
  keptSlots: new Map(),
  occupiedSlots: new Set(),
  leases: new Map(),
  learnedSubnets: new Map(),
  claims: new Map(),
} as const satisfies Partial<PlanInput>;

export interface PlanResult {
  readonly plan: NetworkPlan;
  /** All slots to remember. */
  readonly slots: ReadonlyMap<Mac, number>;
  readonly learnedSubnets: ReadonlyMap<Mac, Cidr>;
}

interface Candidate {
  readonly eni: Eni;
  readonly link: KernelLink;
  readonly network: EniNetwork;
}

export function planNetwork(input: PlanInput): PlanResult {
  const { instance, settings } = input;
  const primary = instance.enis.find(e => e.primary);
  const primaryLink = primary && linkOfPrimary(primary.mac, input)?.name;
  // The primary last, so that metadata which has its MAC twice cannot put another network in its place.
  const networks = new Map(
    instance.enis
      .toSorted((a, b) => Number(a.primary) - Number(b.primary))
      .map(eni => [eni.mac, eniNetwork(eni, { ...input, linkOf: mac => linkName(mac, input) })]),
  );

  const skipped: SkippedEni[] = [];
  const candidates: Candidate[] = [];
  const primaryNetwork = primary && networks.get(primary.mac);
  const ofPrimary = protectedAddresses(primaryLink, primaryNetwork, input.addresses);
  const taken = {
    addresses: new Set<Ip>(ofPrimary),
    prefixes: new Set<Cidr>([
      ...(primaryNetwork?.ipv4.prefixes ?? []),
      ...(primaryNetwork?.ipv6.prefixes ?? []),
    ]),
  };
  for (const eni of instance.enis) {
    const network = networks.get(eni.mac)!;
    const verdict = consider(eni, network, input, primaryLink, taken);
    if ('reason' in verdict) skipped.push({ mac: eni.mac, eniId: eni.id, ...verdict });
    else {
      candidates.push({ eni, network, link: verdict.link });
      for (const ip of [...network.ipv4.addresses, ...network.ipv6.addresses]) taken.addresses.add(ip);
      for (const cidr of [...network.ipv4.prefixes, ...network.ipv6.prefixes]) taken.prefixes.add(cidr);
    }
  }

  const assigned = assignSlots(
    candidates.map(c => c.eni.mac),
    input.keptSlots,
    input.occupiedSlots,
  );
  const planned: EniPlan[] = [];
  for (const { eni, link, network } of candidates) {
    const slot = assigned.get(eni.mac);
    if (slot === undefined) {
      const text =
        'all 256 slots are in use; "eni-agent doctor" lists foreign routes and rules that occupy some: remove those';
      skipped.push({ mac: eni.mac, eniId: eni.id, reason: 'no-free-slot', text, degraded: true });
      continue;
    }
    const options = settings.enis.get(eni.mac);
    const others = instance.enis
      .filter(other => other.mac !== eni.mac)
      .map(other => ({
        subnets: networks.get(other.mac)!,
        slot: assigned.get(other.mac) ?? claimOf(other.mac, skipped, input.keptSlots),
        wanted: settings.enis.get(other.mac)?.connectedRoute === true,
      }));
    const wanted = options?.connectedRoute === true;
    const share = sharesSubnets({ network, slot, others, protectedAddresses: ofPrimary, wanted });
    const elsewhere = onLinkElsewhere(others);
    planned.push(
      planEni({
        mac: eni.mac,
        link: link.name,
        eniId: eni.id,
        slot,
        base: settings.routing.base,
        table: options?.table,
        addressing: network.addressing,
        mtu: options?.mtu ?? eni.mtu,
        suppressPrefixLength: input.suppressPrefixLength,
        mainDefaultMetric:
          options?.defaultRoute === true ? (options.metric ?? defaultMetric + slot) : undefined,
        wantsConnectedRoute: wanted,
        notes: network.notes,
        ipv4: { ...network.ipv4, subnets: network.ipv4.subnets.map(share), elsewhere: elsewhere(4) },
        ipv6: { ...network.ipv6, subnets: network.ipv6.subnets.map(share), elsewhere: elsewhere(6) },
      }),
    );
  }

  const slots = new Map([...input.keptSlots].filter(([, slot]) => ![...assigned.values()].includes(slot)));
  for (const [mac, slot] of assigned) slots.set(mac, slot);
  const learnedSubnets = new Map(input.learnedSubnets);
  for (const { eni, network } of candidates)
    if (network.learned !== undefined) learnedSubnets.set(eni.mac, network.learned);
  return {
    plan: { primaryLink, enis: planned.sort((a, b) => a.slot - b.slot), skipped },
    slots,
    learnedSubnets,
  };
}

/** Above every metric that a distribution gives a default route, so that such a route is only ever a fallback. */
const defaultMetric = 20000;

type Verdict = { readonly link: KernelLink } | Omit<SkippedEni, 'mac' | 'eniId'>;

function consider(
  eni: Eni,
  network: EniNetwork,
  input: PlanInput,
  primaryLink: string | undefined,
  taken: Taken,
): Verdict {
  const skip = (reason: SkipReason, text: string, degraded = hasTrait(reason, 'degraded')): Verdict => ({
    reason,
    text,
    degraded,
  });
  if (eni.primary) return skip('primary', 'eni-agent does not configure the primary ENI');
  // Whose addresses must not be touched is not known then.
  if (!input.instance.enis.some(e => e.primary))
    return skip('incomplete-metadata', 'the metadata does not say which ENI is the primary');
  if (input.settings.enis.get(eni.mac)?.ignore) return skip('ignored', 'the configuration says ignore = yes');
  // Before everything about the link: a CNI may have moved it into a pod's network namespace.
  if (input.containerNetwork !== undefined && !input.settings.enis.has(eni.mac))
    return skip('configured-elsewhere', input.containerNetwork, false);
  if (!eni.carriesIp) return skip('no-ip', 'EFA-only: it has no addresses and no link');
  if (network.incomplete !== undefined) return skip('incomplete-metadata', network.incomplete);
  const match = matchLink(eni.mac, input.links, input.settings.agent);
  if (match.link === undefined) return skip(match.reason, match.text);
  // Two ENIs cannot be one link; metadata that says so is lying about one of them, and the primary always wins.
  if (match.link.name === primaryLink) return skip('invalid-metadata', 'has the MAC of the primary ENI');
  const objection = objectionTo(network, taken);
  if (objection !== undefined) return skip('invalid-metadata', objection);
  if (network.ipv4.addresses.length + network.ipv6.addresses.length === 0)
    return skip('no-ip', 'has no address');
  const claim = input.claims.get(match.link.name);
  if (claim !== undefined) return skip('configured-elsewhere', claim);
  return { link: match.link };
}

/** A NIC if one can be told, else whatever stands in front of it (a bridge or a bond with its MAC). */
function linkOfPrimary(mac: Mac, input: PlanInput): KernelLink | undefined {
  return (
    matchLink(mac, input.links, input.settings.agent).link ??
    input.links.find(l => l.mac === mac && l.master === undefined)
  );
}

/**
 * What an ENI without a slot may claim. One that had a slot keeps its rank while its link or its metadata is away, and a new one
 * takes nothing before it is there: else a subnet's connected route would move to and fro.
 */
function claimOf(
  mac: Mac,
  skipped: readonly SkippedEni[],
  keptSlots: ReadonlyMap<Mac, number>,
): number | 'older' | 'younger' {
  const reason = skipped.find(s => s.mac === mac)?.reason;
  if (reason === undefined || !hasTrait(reason, 'keeps-rank')) return 'older';
  return keptSlots.get(mac) ?? 'younger';
}

function linkName(mac: Mac, input: PlanInput): string | undefined {
  return matchLink(mac, input.links, input.settings.agent).link?.name;
}

function* usedBy(link: string | undefined, addresses: readonly KernelAddress[]): Generator<Ip> {
  for (const a of addresses) if (a.link === link && a.scope !== 'link') yield a.ip;
}

/** Addresses that no secondary ENI may have, whatever the metadata says: those of the primary, in metadata or in the kernel. */
function protectedAddresses(
  primaryLink: string | undefined,
  primary: EniNetwork | undefined,
  addresses: readonly KernelAddress[],
): readonly Ip[] {
  return [
    ...usedBy(primaryLink, addresses),
    ...(primary?.ipv4.addresses ?? []),
    ...(primary?.ipv6.addresses ?? []),
  ];
}
