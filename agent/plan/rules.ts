// The rules of one ENI in one family: three tiers, by subnet where the ENI has it for itself, by address where it does not.
import { type Cidr, contains, type Family, hostCidr, type Ip } from '../model/address.ts';
import { mainTable, type PlannedRule } from '../model/network-plan.ts';
import { keyOf } from '../model/value.ts';
import { priorityOf, type Tier } from './numbering.ts';

//
// Why by subnet: the kernel walks all rules for every route look-up, the primary's traffic included. One rule per subnet
// keeps that walk short, carries addresses that an administrator adds himself, and lets secondary addresses come and go
// without a rule changing.

export interface PlanSubnet {
  readonly cidr: Cidr;
  /** Another ENI of the instance has a subnet that overlaps: only addresses tell whose packet it is. */
  readonly shared: boolean;
  /** Main gets this subnet's connected route from this ENI: only if the administrator asked for it and nobody has an older claim. */
  readonly connected: boolean;
}

export interface RuleInput {
  readonly family: Family;
  readonly base: number;
  readonly slot: number;
  readonly table: number;
  readonly subnets: readonly PlanSubnet[];
  readonly addresses: readonly Ip[];
  readonly prefixes: readonly Cidr[];
  /** Subnets that main has on-link by another ENI: the primary's, and those of ENIs with a connected route. */
  readonly elsewhere: readonly Cidr[];
  /** False where the kernel ignores `suppress_prefixlength` (before 3.12): tier 2 would then send everything to main. */
  readonly suppressPrefixLength: boolean;
}

export function planRules(input: RuleInput): readonly PlannedRule[] {
  const { subnets, addresses, prefixes } = input;
  const inside = (inner: Ip | Cidr) => subnets.find(s => contains(s.cidr, inner));
  const foreignAddresses = addresses.filter(a => inside(a) === undefined).map(hostCidr);
  const foreignPrefixes = prefixes.filter(p => inside(p) === undefined);
  const rules: PlannedRule[] = [];

  // Tier 1: to the subnets that main has on-link by another ENI. Without it tier 2 would find that connected route, and the packet
  // would leave by the other ENI with a source that is foreign there: the VPC drops it. The ENI's own gateway leads there too.
  const exclusive = subnets.filter(s => !s.shared).map(s => s.cidr);
  const single = addresses.filter(a => inside(a)?.shared !== false).map(hostCidr);
  for (const to of input.elsewhere) {
    for (const from of exclusive) rules.push(rule(input, 'neighbour', from, { to, localOnly: true }));
    for (const from of [...single, ...prefixes]) rules.push(rule(input, 'neighbour', from, { to }));
  }

  // Tier 2: specific routes in main (container bridges, VPN, peering) win over the ENI's default route. An address or a prefix
  // outside the subnets needs it as much as one inside.
  if (input.suppressPrefixLength) {
    for (const from of [...subnets.map(s => s.cidr), ...foreignAddresses, ...foreignPrefixes])
      rules.push(rule(input, 'specificMain', from, { table: mainTable, suppressDefault: true }));
  }

  // Tier 3: everything else leaves by the ENI. `iif lo` means made by this host: what the VM forwards for a neighbour in that
  // subnet (a NAT or security appliance) keeps using main. A delegated prefix is forwarded for containers, so no `iif lo`.
  for (const { cidr, shared } of subnets) {
    if (!shared) rules.push(rule(input, 'ownTable', cidr, { localOnly: true }));
    else
      for (const ip of addresses.filter(a => contains(cidr, a)))
        rules.push(rule(input, 'ownTable', hostCidr(ip)));
  }
  for (const from of [...foreignAddresses, ...prefixes]) rules.push(rule(input, 'ownTable', from));

  return distinct(rules).sort(byPriority);
}

function rule(input: RuleInput, tier: Tier, from: Cidr, more: Partial<PlannedRule> = {}): PlannedRule {
  return {
    family: input.family,
    priority: priorityOf(input.base, tier, input.slot),
    from,
    to: undefined,
    localOnly: false,
    table: input.table,
    suppressDefault: false,
    ...more,
  };
}

function distinct(rules: readonly PlannedRule[]): PlannedRule[] {
  return [...new Map(rules.map(r => [keyOf(r), r])).values()];
}

export function byPriority(a: PlannedRule, b: PlannedRule): number {
  const text = (r: PlannedRule) => `${r.family} ${r.from} ${r.to ?? ''} ${r.localOnly}`;
  return a.priority - b.priority || (text(a) < text(b) ? -1 : 1);
}
