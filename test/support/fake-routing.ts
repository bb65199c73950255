// Which way a packet takes through the rules and tables of a FakeKernel: the kernel's own walk, for asking at any moment of an
// apply whether an address still leaves by its own ENI.
import { contains, type Ip, parseIp, prefixLengthOf } from '../../agent/model/address.ts';
import type { FakeKernel } from './fake-kernel.ts';
import type { FakeRoute } from './fake-kernel-objects.ts';

/** The route of a packet that this host sends from one address to another; undefined if there is none. */
export function routeOfPacket(kernel: FakeKernel, from: string, to: string): FakeRoute | undefined {
  const [source, target] = [address(from), address(to)];
  const family = source.includes(':') ? 6 : 4;
  for (const rule of kernel.rules) {
    // Selectors that nothing here interprets (a mark) match no plain packet.
    if (rule.family !== family || rule.selectors !== undefined) continue;
    if (rule.from !== undefined && !contains(rule.from, source)) continue;
    if (rule.to !== undefined && !contains(rule.to, target)) continue;
    if (rule.iif !== undefined && rule.iif !== 'lo') continue;
    const route = longestMatch(kernel, rule.table, target);
    if (rule.oif !== undefined || route === undefined) continue;
    if (
      rule.suppressPrefixLength !== undefined &&
      prefixLengthOf(route.destination) <= rule.suppressPrefixLength
    )
      continue;
    if (rule.suppressGroup !== undefined && kernel.link(route.link).group === rule.suppressGroup) continue;
    return route;
  }
  return undefined;
}

function longestMatch(kernel: FakeKernel, table: number, target: Ip): FakeRoute | undefined {
  const usable = kernel.routes.filter(r => r.table === table && contains(r.destination, target));
  const length = (r: FakeRoute) => prefixLengthOf(r.destination);
  return usable.toSorted((a, b) => length(b) - length(a) || (a.metric ?? 0) - (b.metric ?? 0))[0];
}

function address(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`${text} is no address`);
  return ip;
}
