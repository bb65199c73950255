// The shapes of the nouns that our files have in common.
import type { EniChange } from '../../renderers/renderer.ts';
import type { Eni, EniFamily, Reading } from '../model/instance.ts';
import type { EniPlan, PlannedAddress, PlannedRoute, PlannedRule } from '../model/network-plan.ts';
import * as s from './shapes.ts';

const plannedAddress = s.shapeOf<PlannedAddress>({
  ip: s.ip,
  prefixLength: s.count,
  family: s.family,
  dynamic: s.flag,
});

const plannedRoute = s.shapeOf<PlannedRoute>({
  family: s.family,
  destination: s.cidr,
  gateway: s.optional(s.ip),
  onLink: s.flag,
  table: s.count,
  metric: s.optional(s.count),
});

/** Before 0.2 a rule said `suppressDefault`, and had neither `oif` nor a group. */
export interface EarlierRule extends PlannedRule {
  readonly suppressDefault?: boolean | undefined;
}

const plannedRule = s.shapeOf<EarlierRule>({
  family: s.family,
  priority: s.count,
  from: s.optional(s.cidr),
  to: s.optional(s.cidr),
  localOnly: s.flag,
  oif: s.optional(s.linkName),
  fwmark: s.optional(s.shapeOf({ value: s.count, mask: s.count })),
  table: s.count,
  suppressPrefixLength: s.optional(s.count),
  suppressGroup: s.optional(s.count),
  suppressDefault: s.optional(s.flag),
});

/** As some version wrote it: `planOfToday` makes of it what is meant. */
export const eniPlan = s.shapeOf<EniPlan>({
  mac: s.mac,
  link: s.linkName,
  eniId: s.optional(s.text),
  slot: s.count,
  table: s.count,
  addressing: s.oneOf(['static', 'dhcp']),
  mtu: s.optional(s.count),
  inheritsMtu: onlyTrue(),
  connectedRoute: s.withDefault(s.flag, false),
  ipv6Off: onlyTrue(),
  addresses: s.listOf(plannedAddress),
  routes: s.listOf(plannedRoute),
  rules: s.listOf(plannedRule),
  notes: s.listOf(s.text),
  awaiting: s.optional(s.literal('dhcp-lease')),
});

export const eniChange = s.variantOf<EniChange>('kind', [
  s.shapeOf({ kind: s.literal('added'), after: eniPlan }),
  s.shapeOf({ kind: s.literal('changed'), before: eniPlan, after: eniPlan }),
  s.shapeOf({ kind: s.literal('removed'), before: eniPlan, linkPresent: s.flag }),
]);

const eniFamily = s.shapeOf<EniFamily>({
  addresses: reading(s.listOf(s.ip)),
  subnets: reading(s.listOf(s.cidr)),
  gateway: reading(s.ip),
  prefixes: reading(s.listOf(s.cidr)),
});

export const eni = s.shapeOf<Eni>({
  mac: s.mac,
  id: s.optional(s.text),
  subnetId: s.optional(s.text),
  primary: s.flag,
  carriesIp: s.flag,
  networkCard: s.count,
  deviceIndex: s.optional(s.count),
  mtu: s.optional(s.count),
  needsDhcp: s.flag,
  ipv4: eniFamily,
  ipv6: eniFamily,
});

function reading<T>(value: s.Shape<T>): s.Shape<Reading<T>> {
  return s.variantOf<Reading<T>>('state', [
    s.shapeOf({ state: s.literal('value'), value }) as s.Shape<Reading<T>>,
    s.shapeOf({ state: s.literal('absent') }),
    s.shapeOf({ state: s.literal('unknown'), why: s.text }),
  ]);
}

/** Absent where it is not so. Typed as it is, since an optional field of its own kind is never undefined. */
function onlyTrue(): s.Shape<true> {
  return s.optional(s.literal(true)) as s.Shape<true>;
}
