// NetworkManager and the metric of a default route. Such a route is the planned one, and the primary has lost nothing.
import type { KernelRoute, KernelState } from './kernel-state.ts';
import { type EniPlan, isDefaultRoute, mainTable } from './network-plan.ts';

/**
 * What NetworkManager adds to the metric of every default route of a device whose connectivity check is on and does not succeed, in any table,
 * and also where a profile has the route with its metric (1.10 to 1.58: default_route_metric_penalty, nm_utils_ip_route_metric_penalize).
 */
export const connectivityPenalty = 20_000;

/** The kernel as it would be without that: the planned default routes of main by the ENI's link with their own metric. */
export function withoutPenalty(state: KernelState, plan: EniPlan | undefined): KernelState {
  const planned = plan?.routes.filter(r => r.table === mainTable && isDefaultRoute(r)) ?? [];
  if (planned.length === 0) return state;
  const metricOf = (route: KernelRoute) =>
    planned.find(p => p.family === route.family && isPenalised(p.metric, route.metric))?.metric;
  const routes = state.routes.map(route => {
    const isOurs = route.table === mainTable && route.link === plan?.link && isDefaultRoute(route);
    const metric = isOurs ? metricOf(route) : undefined;
    return metric === undefined ? route : { ...route, metric };
  });
  return { ...state, routes };
}

function isPenalised(planned: number | undefined, found: number | undefined): boolean {
  return planned !== undefined && planned + connectivityPenalty === found;
}
