// The metrics of the primary's default routes in main: what the default route of an ENI has to stay behind. Pure.
import type { Family } from './address.ts';
import type { KernelRoute } from './kernel-state.ts';
import { isDefaultRoute, mainTable } from './network-plan.ts';

export interface Whose {
  readonly primaryLink: string | undefined;
  /** Links of all secondary ENIs. */
  readonly eniLinks: ReadonlySet<string>;
}

/** Of default routes in main by the primary's link; by any link that is no ENI's where it has none of its own (it is a port of a bridge). */
export function metricsOfPrimary(
  { primaryLink, eniLinks }: Whose,
  family: Family,
  routes: readonly KernelRoute[],
): number[] {
  const defaults = routes.filter(r => r.family === family && r.table === mainTable && isDefaultRoute(r));
  const links = (route: KernelRoute) => linksOf(route).filter(link => link !== 'lo');
  const own = defaults.filter(r => primaryLink !== undefined && links(r).includes(primaryLink));
  const others = defaults.filter(r => links(r).some(link => !eniLinks.has(link)));
  return (own.length > 0 ? own : others).map(r => r.metric ?? 0);
}

/** Also those of the next hops of an IPv4 route with several. */
export function linksOf({ link, opaque }: KernelRoute): readonly string[] {
  const words = opaque?.split(' ') ?? [];
  return [...(link === undefined ? [] : [link]), ...words.filter((_, i) => words[i - 1] === 'dev')];
}
