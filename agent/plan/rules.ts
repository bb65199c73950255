// The rules of one ENI in one family: by subnet where the ENI has it for itself, by address where it does not. docs/how-it-works.md has the
// tiers, and what each is for.
import { type Cidr, contains, type Family, hostCidr, type Ip } from '../model/address.ts';
import { mainTable, type PlannedRule } from '../model/network-plan.ts';
import type { Fwmark, RuleWords } from '../model/rule-words.ts';
import { keyOf } from '../model/value.ts';
import { priorityOf, type Tier } from './numbering.ts';
import type { Inside, PlanSubnet } from './own-networks.ts';

export interface RuleInput {
  readonly family: Family;
  readonly link: string;
  readonly base: number;
  readonly slot: number;
  readonly table: number;
  readonly subnets: readonly PlanSubnet[];
  readonly addresses: readonly Ip[];
  readonly prefixes: readonly Cidr[];
  /** Networks with a route of their own in the ENI's table that main has something inside of (own-networks.ts). */
  readonly inside: readonly Inside[];
  readonly words: RuleWords;
  /** Subnets that the machine forwards to, each of them the ENI's alone (forwarding.ts). */
  readonly forward?: readonly Cidr[];
  /** Delegated prefixes that main decides about. */
  readonly prefixesOfOthers?: readonly Cidr[];
  /** What was asked of this ENI and is answered by somebody else, a container (published-ports = yes). */
  readonly fwmark?: Fwmark | undefined;
}

/**
 * By subnet: the kernel walks all rules for every route look-up, the primary's traffic included. One rule per subnet keeps that walk short,
 * carries addresses that an administrator adds himself, and lets secondary addresses come and go without a rule changing.
 */
export function planRules(input: RuleInput): readonly PlannedRule[] {
  const { subnets, addresses, prefixes, words } = input;
  const subnetOf = (inner: Ip | Cidr) => subnets.find(s => contains(s.cidr, inner));
  const foreignAddresses = addresses.filter(a => subnetOf(a) === undefined).map(hostCidr);
  const foreignPrefixes = prefixes.filter(p => subnetOf(p) === undefined);
  const exclusive = subnets.filter(s => !s.shared).map(s => s.cidr);
  const single = addresses.filter(a => subnetOf(a)?.shared !== false).map(hostCidr);
  // Main may be asked for the whole of a shared subnet: what it answers is right for everybody there.
  const askMain = [...subnets.map(s => s.cidr), ...foreignAddresses, ...foreignPrefixes];
  // But not where somebody there is in another network, which has its own answer: tier 0 of one comes before tier 1 of all others.
  const isNested = (inner: Ip | Cidr) => subnetOf(inner)?.nested === true;
  const askInside = [
    ...askMain.filter(cidr => !isNested(cidr)),
    ...[...addresses.map(hostCidr), ...prefixes].filter(isNested),
  ];
  // `iif lo` means made by this host: what the VM forwards for a neighbour in that subnet (a NAT or security appliance) keeps using main.
  // A delegated prefix is forwarded for containers, so no `iif lo`.
  const askOwn = [
    ...exclusive.map(from => ({ from, localOnly: words.links })),
    ...[...single, ...prefixes].map(from => ({ from })),
  ];
  // The source of such a packet is the container's, so its mark tells. Without the word main would have its default route, and what is on
  // its way to the container would leave by the ENI.
  const fwmark = words.suppressPrefixLength && askOwn.length > 0 ? input.fwmark : undefined;
  const marked = fwmark === undefined ? [] : [{ fwmark }];
  const rules: PlannedRule[] = [];

  if (words.suppressPrefixLength) {
    // By length, and not by what main has inside of it: what comes and goes there (containers) changes no rule.
    for (const { network: to, suppressPrefixLength } of input.inside)
      for (const of of [...askInside.map(from => ({ from })), ...marked])
        rules.push(rule(input, 'inside', { ...mainSpecifics(input), ...of, to, suppressPrefixLength }));

    // The table without its default route: what leads to the ENI's gateway and neighbours, and to the subnets that main has on-link by
    // another ENI. Nothing in main can take these away: a wide route (a VPN's 0.0.0.0/1, 10.0.0.0/8) would have the ENI's own gateway, and
    // the connected route of the primary would send the packet out there, with a source that is foreign there.
    for (const of of [...askOwn, ...marked])
      rules.push(rule(input, 'ownNetworks', { ...of, suppressPrefixLength: 0 }));

    // Specific routes in main (container bridges, VPN, peering) win over the ENI's default route. An address or a prefix outside the subnets
    // needs it as much as one inside.
    for (const of of [...askMain.map(from => ({ from })), ...marked])
      rules.push(rule(input, 'specificMain', { ...mainSpecifics(input), ...of }));
  }

  // Everything else leaves by the ENI.
  for (const of of [...askOwn, ...marked]) rules.push(rule(input, 'ownTable', of));
  if (words.links) for (const subnet of input.forward ?? []) rules.push(...forwardRules(input, subnet));
  // A socket that is bound to the link has no source yet when it asks for its route. Main comes first: what it has by this link (a route of
  // somebody, the neighbours by link-local address) is for this socket too, and it sees no other route of main.
  if (words.boundSockets && addresses.length > 0)
    rules.push(rule(input, 'boundSockets', { oif: input.link }));

  return distinct(rules).sort(byPriority);
}

/**
 * Main without its default route, and without any route by the primary, for there no packet of an ENI may leave. The length alone would do for
 * IPv4. For IPv6 the kernel keeps a copy of the default route, with 128 bits, for each host that a Packet Too Big has come from
 * (`fib6_rule_suppress` sees that length), and for ten minutes the packets of all ENIs to that host left by the primary.
 */
function mainSpecifics({ words }: RuleInput): Partial<PlannedRule> {
  return { table: mainTable, suppressPrefixLength: 0, suppressGroup: words.primaryGroup };
}

/**
 * What the machine forwards to the ENI's subnet leaves by the ENI; what it sends there itself goes on as main says, and so do the containers of
 * the primary. The tiers before have taken what is the ENI's own.
 *
 * The reverse path check is why it is not enough to have the subnet in main (n1 would no longer reach the primary), and why `iif lo` can tell the
 * two apart: `fib_validate_source` looks up the way back with the link by which the packet is going to leave as its `iif`, and with `lo` where it is
 * for this host. So the way back of what a neighbour forwards through here is the ENI, and that of what the neighbour sends to the primary is main's.
 */
function forwardRules(input: RuleInput, subnet: Cidr): readonly PlannedRule[] {
  // A bridge with addresses of the subnet (a delegated prefix, containers) is more than the subnet, for a forwarded packet too.
  const inside = input.inside.filter(({ network }) => contains(subnet, network));
  // forwarding.ts refuses such a subnet with a reason.
  if (inside.length > 0 && !input.words.suppressPrefixLength) return [];
  return [
    ...inside.map(({ network: to, suppressPrefixLength }) =>
      rule(input, 'forwardOwn', { ...mainSpecifics(input), to, suppressPrefixLength }),
    ),
    ...(input.prefixesOfOthers ?? []).map(from =>
      rule(input, 'forwardOwn', { from, to: subnet, table: mainTable }),
    ),
    rule(input, 'forwardOwn', { to: subnet, localOnly: true, table: mainTable }),
    rule(input, 'forwardTable', { to: subnet }),
  ];
}

function rule(input: RuleInput, tier: Tier, more: Partial<PlannedRule>): PlannedRule {
  return {
    family: input.family,
    priority: priorityOf(input.base, tier, input.slot),
    from: undefined,
    to: undefined,
    localOnly: false,
    oif: undefined,
    table: input.table,
    suppressPrefixLength: undefined,
    suppressGroup: undefined,
    ...more,
  };
}

function distinct(rules: readonly PlannedRule[]): PlannedRule[] {
  return [...new Map(rules.map(r => [keyOf(r), r])).values()];
}

export function byPriority(a: PlannedRule, b: PlannedRule): number {
  const text = (r: PlannedRule) => `${r.family} ${r.from ?? '~'} ${r.to ?? ''} ${r.localOnly}`;
  return a.priority - b.priority || (text(a) < text(b) ? -1 : 1);
}
