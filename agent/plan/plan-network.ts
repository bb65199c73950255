// From the instance to the plan: which ENIs are ours, which numbers they get, who else is in their subnets. Pure: the same
// input gives the same plan, and the order of the metadata does not matter.
import { type Cidr, type Family, familyOf, type Ip, type Mac } from '../model/address.ts';
import type { EniPlan, NetworkPlan, SkippedEni } from '../model/network-plan.ts';
import { markFor } from '../model/rule-words.ts';
import { serviceAddresses } from '../model/service-addresses.ts';
import { type Candidate, claimOf, consider, linkOfPrimary } from './consider.ts';
import { eniNetwork } from './eni-network.ts';
import { planEni } from './eni-plan.ts';
import { forwardingOf } from './forwarding.ts';
import { inheritedMtu } from './inherited-mtu.ts';
import { mainDefaultOf, whyNotInMain } from './main-default.ts';
import { assignSlots } from './numbering.ts';
import { specificRoutes } from './own-networks.ts';
import type { PlanInput } from './plan-input.ts';
import { gatewaysOfPrimary, linkName, protectedAddresses } from './protected-addresses.ts';
import { behindOthers, routesBehind } from './routes-behind.ts';
import { onLinkElsewhere, sharesSubnets } from './share-subnets.ts';
import { sourcesOf, withSources } from './sources.ts';

export interface PlanResult {
  readonly plan: NetworkPlan;
  /** All slots to remember. */
  readonly slots: ReadonlyMap<Mac, number>;
  readonly learnedSubnets: ReadonlyMap<Mac, Cidr>;
  /** What the configuration wants of an ENI that is planned, and what it does not get: one line for each, with the ENI in front. */
  readonly refusals: readonly string[];
}

export function planNetwork(input: PlanInput): PlanResult {
  const { instance, settings } = input;
  const primary = instance.enis.find(e => e.primary);
  const linkBelow = primary && linkOfPrimary(primary.mac, input);
  const primaryLink = linkBelow?.name;
  // The primary last, so that metadata which has its MAC twice cannot put another network in its place.
  const networks = new Map(
    instance.enis
      .toSorted((a, b) => Number(a.primary) - Number(b.primary))
      .map(eni => [eni.mac, eniNetwork(eni, { ...input, linkOf: mac => linkName(mac, input) })]),
  );

  const skipped: SkippedEni[] = [];
  const refusals: string[] = [];
  const candidates: Candidate[] = [];
  const primaryNetwork = primary && networks.get(primary.mac);
  const ofPrimary = protectedAddresses(primaryLink, primaryNetwork, input.addresses);
  const eniLinks = new Set(instance.enis.filter(e => !e.primary).flatMap(e => linkName(e.mac, input) ?? []));
  const taken = {
    addresses: new Set<Ip>(ofPrimary),
    prefixes: new Set<Cidr>([
      ...(primaryNetwork?.ipv4.prefixes ?? []),
      ...(primaryNetwork?.ipv6.prefixes ?? []),
    ]),
    services: serviceAddresses[instance.provider],
    gateways: gatewaysOfPrimary(primaryNetwork, input, eniLinks),
  };
  for (const eni of instance.enis) {
    const network = networks.get(eni.mac)!;
    const verdict = consider(eni, network, input, primaryLink, taken);
    if ('reason' in verdict) skipped.push({ mac: eni.mac, eniId: eni.id, ...verdict });
    else {
      const { given, refusals: left } = sourcesOf({
        mac: eni.mac,
        wanted: settings.enis.get(eni.mac)?.sources ?? [],
        networks,
        ofPrimary,
        services: taken.services,
      });
      refusals.push(...left.map(text => `${eni.id ?? eni.mac}: ${text}`));
      const whole = withSources({ ...network, notes: [...network.notes, ...left] }, given);
      networks.set(eni.mac, whole);
      candidates.push({ eni, network: whole, link: verdict.link });
      for (const ip of [...network.ipv4.addresses, ...network.ipv6.addresses]) taken.addresses.add(ip);
      for (const cidr of [...network.ipv4.prefixes, ...network.ipv6.prefixes]) taken.prefixes.add(cidr);
    }
  }

  // A prefix is on a bridge of this machine, whosever it is.
  const prefixes = [...networks.values()].flatMap(({ ipv4, ipv6 }) => [...ipv4.prefixes, ...ipv6.prefixes]);
  const assigned = assignSlots(
    candidates.map(c => c.eni.mac),
    input.keptSlots,
    input.occupiedSlots,
  );
  const claimants = instance.enis.map(({ mac }) => ({
    mac,
    subnets: networks.get(mac)!,
    slot: assigned.get(mac) ?? claimOf(mac, skipped, input.keptSlots),
    wanted: settings.enis.get(mac)?.connectedRoute === true,
  }));
  const sharing = claimants.map(({ mac, ...claimant }) => {
    const others = claimants.filter(other => other.mac !== mac);
    return { mac, ...claimant, share: sharesSubnets({ ...claimant, others, protectedAddresses: ofPrimary }) };
  });
  const around = new Map(
    candidates.map(({ eni, link, network }) => {
      const others = sharing.filter(other => other.mac !== eni.mac);
      const { share } = sharing.find(e => e.mac === eni.mac)!;
      const elsewhere = onLinkElsewhere(others);
      const isElsewhere = (ip: Ip) =>
        ofPrimary.includes(ip) || others.some(({ subnets: o }) => o.ipv4.addresses.includes(ip));
      const subnets = { 4: network.ipv4.subnets.map(share), 6: network.ipv6.subnets.map(share) };
      const inMain = {
        ...{ link: link.name, subnets, isElsewhere, elsewhere: elsewhere(6) },
        machine: input.mainDefaults,
      };
      return [eni.mac, { elsewhere, inMain }] as const;
    }),
  );
  const behind = new Map(
    candidates.map(({ eni: { mac }, link }) => [
      mac,
      routesBehind({
        ...{ mac, link: link.name, networks, ofPrimary, services: taken.services },
        slot: assigned.get(mac) ?? 0,
        wanted: settings.enis.get(mac)?.routes ?? [],
        mainRoutes: input.mainRoutes ?? [],
        whyNotInMain: (gateway, family) => whyNotInMain(around.get(mac)!.inMain, gateway, family),
      }),
    ]),
  );
  const planned: EniPlan[] = [];
  const isCandidate = (mac: Mac) => candidates.some(c => c.eni.mac === mac);
  const ofOthers = [...networks].filter(([mac]) => !isCandidate(mac)).map(([, network]) => network);
  for (const { eni, link, network } of candidates) {
    const slot = assigned.get(eni.mac);
    if (slot === undefined) {
      const text =
        'all 256 slots are in use; "eni-agent doctor" lists foreign routes and rules that occupy some: remove those';
      skipped.push({ mac: eni.mac, eniId: eni.id, reason: 'no-free-slot', text, degraded: true });
      continue;
    }
    const options = settings.enis.get(eni.mac);
    // A lease has its own, or none on purpose.
    const told = options?.mtu ?? eni.mtu;
    const inherits = told === undefined && network.addressing === 'static';
    const inherited = inherits ? inheritedMtu(link, linkBelow, input.earlierMtus?.get(eni.mac)) : undefined;
    const wanted = options?.connectedRoute === true;
    const { elsewhere, inMain: question } = around.get(eni.mac)!;
    const { subnets, isElsewhere } = question;
    const ofRoutes = behind.get(eni.mac)!;
    const inMain = mainDefaultOf({
      ...question,
      mac: eni.mac,
      slot,
      options,
      gateways: { 4: network.ipv4.gateway, 6: network.ipv6.gateway },
      primaryLink,
      eniLinks,
    });
    if (inMain.refusal !== undefined) refusals.push(`${eni.id ?? eni.mac}: ${inMain.refusal}`);
    const published = settings.routing.publishedPorts ? markFor(slot, input.words) : { notes: [] };
    const specifics = [...prefixes, ...specificRoutes(link.name, primaryLink, input)];
    const forward = forwardingOf({
      mac: eni.mac,
      wanted: options?.forward === true,
      subnets: [...subnets[4], ...subnets[6]],
      specifics,
      words: input.words,
    });
    const left = [...ofRoutes.refusals, ...forward.refusals];
    refusals.push(...left.map(text => `${eni.id ?? eni.mac}: ${text}`));
    const ofFamily = (family: Family) => ({
      elsewhere: [...new Set([...elsewhere(family), ...behindOthers(behind, eni.mac, family)])],
      behind: ofRoutes.routes.filter(r => familyOf(r.destination) === family),
      forward: forward.subnets.filter(cidr => familyOf(cidr) === family),
      prefixesOfOthers: ofOthers.flatMap(o => (family === 4 ? o.ipv4 : o.ipv6).prefixes),
    });
    planned.push(
      planEni({
        mac: eni.mac,
        link: link.name,
        eniId: eni.id,
        slot,
        base: settings.routing.base,
        table: options?.table,
        addressing: network.addressing,
        mtu: told ?? inherited?.mtu,
        inheritsMtu: inherited?.mtu !== undefined,
        words: input.words,
        fwmark: published.fwmark,
        mainDefaultMetric: inMain.metric,
        mainDefaultWithout: inMain.without,
        wantsConnectedRoute: wanted,
        ipv6Off: network.ipv6Off,
        notes: [
          ...network.notes,
          ...(inherited?.note === undefined ? [] : [inherited.note]),
          ...inMain.notes,
          ...ofRoutes.notes,
          ...left,
          ...published.notes,
        ],
        isElsewhere,
        ipv4: { ...network.ipv4, subnets: subnets[4], specifics, ...ofFamily(4) },
        ipv6: { ...network.ipv6, subnets: subnets[6], specifics, ...ofFamily(6) },
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
    refusals,
  };
}
