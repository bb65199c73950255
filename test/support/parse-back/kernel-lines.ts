// What a parse-back parser returns: the kernel objects that the real consumer would make of the rendered files, as canonical
// lines, so that "rendered == planned" is an equality of text. Shared by the parsers of all backends.
import type { HostFacts } from '../../../agent/model/host.ts';
import { addressKey, routeKey, ruleKey } from '../../../agent/model/kernel-state.ts';
import { type EniPlan, mainTable } from '../../../agent/model/network-plan.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';

/** Each list is sorted and without repeats. Leased addresses do not appear; nor do the kernel's own connected routes. */
export interface KernelLines {
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly rules: readonly string[];
}

/**
 * Reads all files as the service of the backend would, and returns what ends up on `link`. `files` may hold other links too.
 * What the service would do by itself and the plan does not want (a default route of DHCP or of a router's advertisement in
 * main) appears as a route with a gateway in words, so that no plan can equal it.
 */
export type ParseBack = (files: readonly RenderedFile[], link: string, facts: HostFacts) => KernelLines;

export function expectedLines(plan: EniPlan): KernelLines {
  return kernelLines({
    addresses: plan.addresses
      .filter(address => !address.dynamic)
      .map(address => addressKey({ link: plan.link, ...address })),
    routes: plan.routes.map(route =>
      routeKey({ ...route, metric: kernelMetric(route.family, route.metric), link: plan.link }),
    ),
    rules: plan.rules.map(rule => ruleKey({ ...rule, iif: rule.localOnly ? 'lo' : undefined })),
  });
}

/** Sorts and removes repeats: the kernel keeps one of equal objects. */
export function kernelLines(lines: KernelLines): KernelLines {
  const tidy = (list: readonly string[]) => [...new Set(list)].sort();
  return { addresses: tidy(lines.addresses), routes: tidy(lines.routes), rules: tidy(lines.rules) };
}

/** The metric that the kernel shows for what was asked: 0 is none for IPv4, 1024 is the default of IPv6. */
export function kernelMetric(family: 4 | 6, metric: number | undefined): number | undefined {
  return metric === (family === 4 ? 0 : 1024) || metric === 0 ? undefined : metric;
}

/** A default route in main that comes from outside the files: `source` is `dhcp` or `ra`. */
export function leakedDefault(source: 'dhcp' | 'ra', link: string, table: number = mainTable): string {
  return `route ${table} ${source === 'ra' ? '::/0' : '0.0.0.0/0'} via ${source} dev ${link}`;
}
