// What a router or NAT appliance is promised (`forward = yes`), and what the kernel is asked about it. Written from the promises.
import type { Family } from '../../../agent/model/address.ts';
import { behindOf, linkOf, type Machine, managed, type Nic, networkOf, specificsOf } from './machine.ts';
import { hostOf, ipText, isIn, longest, type Net, net, overlap, same } from './net.ts';
import { isExclusive, type Way } from './promises.ts';
import type { Question } from './questions.ts';

/** The subnets that the machine forwards to: those of an ENI with the option in which nobody else has anything. */
export function forwardedSubnets(machine: Machine, nic: Nic, family: Family): readonly Net[] {
  if (nic.forwards !== true || nic.number === 0 || nic.claimed) return [];
  return nic.sides[family].subnets.filter(s => isExclusive(machine, nic, s, overlap));
}

/** Who has this address for a neighbour that the machine forwards to. */
export function forwarderOf(machine: Machine, address: Net): { nic: Nic; subnet: Net } | undefined {
  return managed(machine)
    .flatMap(nic => forwardedSubnets(machine, nic, address.family).map(subnet => ({ nic, subnet })))
    .find(({ subnet }) => isIn(address, subnet));
}

interface InMain extends Net {
  readonly way: Way;
}

/** What main says: bridges and VPNs, subnets that are on-link there, what an administrator has added, and the primary's default route. */
export function wayOfMain(machine: Machine, to: Net): InMain | undefined {
  const { nics, statics } = machine;
  const { gateway } = nics[0]!.sides[to.family];
  if (gateway === undefined) return undefined;
  // connected-route has no effect where somebody before the ENI has an overlapping subnet: who that is, is not told here.
  const isUnclear = (n: Nic) =>
    n.connected && n.sides[to.family].subnets.some(s => isIn(to, s) && !isExclusive(machine, n, s, overlap));
  if (nics.some(isUnclear)) return undefined;
  const byPrimary: Way = { dev: linkOf(nics[0]!), via: ipText(gateway) };
  const isOnLink = (n: Nic) => n.number === 0 || n.claimed || n.connected;
  // A subnet is there with an address in it, or because a router has advertised it.
  const onLinkOf = (n: Nic): readonly InMain[] => {
    const { subnets, addresses, vips } = n.sides[to.family];
    const isAdvertised = n.number === 0 && to.family === 6 && machine.advertised;
    return subnets
      .filter(s => isAdvertised || [...addresses, ...vips].some(a => longest(subnets, a) === s))
      .map(s => ({ ...s, way: { dev: linkOf(n), via: undefined } }));
  };
  const all: readonly InMain[] = [
    ...specificsOf(machine).map(s => ({ ...s, way: { dev: s.link, via: undefined } })),
    ...nics.filter(isOnLink).flatMap(onLinkOf),
    ...behindOf(machine).map(b => ({ ...b, way: { dev: linkOf(b.nic), via: ipText(b.gateway) } })),
    ...statics.map(s => ({ ...s, way: byPrimary })),
    { ...net(to.family === 4 ? '0.0.0.0/0' : '::/0'), way: byPrimary },
  ];
  const found = longest(all, to);
  // Of two equal ones it is not said which comes first.
  const equal = all.filter(n => found !== undefined && same(n, found));
  return new Set(equal.map(n => n.way.dev)).size === 1 ? found : undefined;
}

/**
 * The way of a forwarded packet. From a neighbour of an ENI: what main has specifically by somebody who is not the primary. To a subnet with the
 * option: what main has inside of it, or else the neighbour, by the ENI. Everything else is main's.
 */
function wayForwarded(machine: Machine, from: Net, to: Net): Way | undefined {
  const main = wayOfMain(machine, to);
  if (main === undefined) return undefined;
  const isSpecific = main.length > 0 && main.way.dev !== 'eth0';
  const isNeighbour = managed(machine).some(n => n.sides[from.family].subnets.some(s => isIn(from, s)));
  if (isNeighbour && isSpecific) return main.way;
  const there = forwarderOf(machine, to);
  if (there === undefined || (isSpecific && main.length > there.subnet.length)) return main.way;
  return { dev: linkOf(there.nic), via: undefined };
}

/** Packets between neighbours of such ENIs, those of the primary, far hosts and containers, there and back. */
export function ofForwarded(machine: Machine, family: Family, to: readonly Net[]): readonly Question[] {
  // What containers with an address of an ENI send is that ENI's, and so is the way back to them.
  const prefixes = machine.nics.flatMap(n => n.sides[family].prefixes);
  const reached = to.filter(d => forwarderOf(machine, d) !== undefined && !prefixes.some(p => isIn(d, p)));
  const far = net(family === 4 ? '203.0.113.77' : '2001:db8:ffff::77');
  const ofPrimary = to.filter(
    d => machine.nics[0]!.sides[family].subnets.some(s => isIn(d, s)) && !prefixes.some(p => isIn(d, p)),
  );
  const docker = machine.others.find(o => o.link === 'docker0')?.addresses.find(a => a.family === family);
  const sources = [
    ...[far, ...ofPrimary.slice(0, 2)].map(from => ({ from, link: 'eth0' })),
    ...reached.map(from => ({ from, link: linkOf(forwarderOf(machine, from)!.nic) })),
    ...(docker === undefined ? [] : [{ from: hostOf(networkOf(docker), 7n), link: 'docker0' }]),
  ];
  // What a container inside of a subnet sends comes in by its bridge.
  const isThere = ({ from, link }: (typeof sources)[number]) =>
    link === 'eth0' || link === 'docker0' || isPlain(machine, from);
  const pairs = sources
    .filter(isThere)
    .flatMap(source => [
      ...reached.map(d => ({ ...source, d })),
      ...(source.link === 'eth0' ? [] : [{ ...source, d: far }, ...ofPrimary.map(d => ({ ...source, d }))]),
    ]);
  return pairs.flatMap(({ from, link, d }): Question[] => {
    const right = wayForwarded(machine, from, d);
    const back = wayForwarded(machine, d, from);
    // Where the way back is another one, strict rp_filter drops the packet; and one that goes back where it came from is no forwarding.
    if (right === undefined || back?.dev !== link || same(from, d)) return [];
    return [{ family, line: `route get ${ipText(d)} from ${ipText(from)} iif ${link}`, right: [right] }];
  });
}

/** Main has nothing inside of the subnet for this address. */
function isPlain(machine: Machine, address: Net): boolean {
  const found = longest(specificsOf(machine), address);
  return found === undefined || found.length <= forwarderOf(machine, address)!.subnet.length;
}
