// The rules of the first edition (up to 0.2), for a plan of today: three tiers, and the networks of others in the words of a rule, not in the
// ENI's table. docs/how-it-works.md has those of today.
import type { Cidr } from '../../../agent/model/address.ts';
import { type EniPlan, isDefaultRoute, type PlannedRule } from '../../../agent/model/network-plan.ts';
import { priorityOf } from '../../../agent/plan/numbering.ts';

/** A rule as the state file had it: without `oif` and group, and with one word for a table without its default route. */
type EarlierRule = Omit<PlannedRule, 'oif' | 'suppressPrefixLength' | 'suppressGroup'> & {
  readonly suppressDefault: boolean;
};

export type EarlierPlan = Omit<EniPlan, 'rules'> & { readonly rules: readonly EarlierRule[] };

const base = 28000;

/** @param ofPrimary subnets of the primary */
export function firstEdition(plan: EniPlan, ofPrimary: readonly Cidr[]): EarlierPlan {
  const { table, routes, rules, slot } = plan;
  const isBehindGateway = (r: EniPlan['routes'][number]) =>
    r.table === table && r.gateway !== undefined && !isDefaultRoute(r);
  const behindGateway = routes.filter(isBehindGateway);
  // In the primary's own subnet it had a rule for that subnet too, which main has on-link by the primary.
  const shared = routes.filter(r => r.gateway === undefined && ofPrimary.includes(r.destination));
  const at = (tier: 'ownNetworks' | 'specificMain' | 'ownTable') =>
    rules.filter(r => r.priority === priorityOf(base, tier, slot));
  return {
    ...plan,
    routes: routes.filter(r => !isBehindGateway(r)),
    rules: [
      ...at('ownNetworks').flatMap(rule =>
        [...behindGateway, ...shared]
          .filter(r => r.family === rule.family)
          .map(({ destination }) => earlier({ ...rule, to: destination })),
      ),
      ...at('specificMain').map(rule => earlier(rule, true)),
      ...at('ownTable').map(rule => earlier(rule)),
    ],
  };
}

function earlier(rule: PlannedRule, suppressDefault = false): EarlierRule {
  const { family, priority, from, to, localOnly, table } = rule;
  return { family, priority, from, to, localOnly, table, suppressDefault };
}
