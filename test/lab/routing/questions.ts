// What the kernel is asked about a machine, and what is right.
import type { Family } from '../../../agent/model/address.ts';
import type { Dice } from './dice.ts';
import { forwarderOf, wayOfMain } from './forwarded.ts';
import { behindOf, linkOf, type Machine, managed, type Nic, networkOf } from './machine.ts';
import { hostOf, ipText, isIn, type Net, overlap, same } from './net.ts';
import { isExclusive, type Way, wayBound, waysFrom } from './promises.ts';

export interface Question {
  readonly family: Family;
  /** The line of `ip -batch`. */
  readonly line: string;
  readonly right:
    | readonly Way[]
    /** For this machine, so that a strict reverse path check has let it in. */
    | 'local'
    /** As it was before the agent came; `as before, link`: another source may be chosen. */
    | 'as before'
    | 'as before, link';
}

const groups = { 4: ['239.1.1.1', '224.0.0.251'], 6: ['ff02::fb', 'ff05::2'] } as const;

const get = (to: Net, words = '') => `route get ${ipText(to)}${words}`;

/** Of one managed ENI: what it sends, what its containers send, what is bound to it, and what comes to it. */
export function ofEni(
  machine: Machine,
  nic: Nic,
  family: Family,
  to: readonly Net[],
  dice: Dice,
): readonly Question[] {
  const side = nic.sides[family];
  if (side.addresses.length === 0) return [];
  const link = linkOf(nic);
  const vips = side.vips.filter(v =>
    side.subnets.some(s => isIn(v, s) && isExclusive(machine, nic, s, overlap)),
  );
  const [first, ...more] = side.addresses;
  const sources = [first!, ...dice.some(more, 2), ...vips];
  const list: Question[] = [];
  for (const d of to) {
    const right = waysFrom(machine, nic, d);
    for (const from of sources) list.push({ family, line: get(d, ` from ${ipText(from)}`), right });
    const source = dice.pick(sources);
    // What comes from there is let in where the answer goes back by the same link.
    if (right.every(w => w.dev === link))
      list.push({
        family,
        line: `route get ${ipText(source)} from ${ipText(d)} iif ${link}`,
        right: 'local',
      });
    const bound = { family, right: [wayBound(nic, d)] };
    list.push({ ...bound, line: get(d, ` oif ${link}`) });
    // Of a socket with an address the kernel knows the binding; `ip route get` cannot say it for IPv6, where `oif` is a wish then.
    if (family === 4) list.push({ ...bound, line: get(d, ` from ${ipText(source)} oif ${link}`) });
    for (const { container, bridge } of containersOf(machine, side.prefixes)) {
      if (same(container, d)) continue;
      list.push({ family, line: get(d, ` from ${ipText(container)} iif ${bridge}`), right });
      if (right.every(w => w.dev === link))
        list.push({
          family,
          line: get(container, ` from ${ipText(d)} iif ${link}`),
          right: [{ dev: bridge, via: undefined }],
        });
    }
  }
  if (family === 6)
    for (const words of [` oif ${link}`, ` from ${ipText(first!)} oif ${link}`])
      list.push({ family, line: `route get fe80::99${words}`, right: [{ dev: link, via: undefined }] });
  for (const group of groups[family])
    list.push({
      family,
      line: `route get ${group} oif ${link}`,
      right: family === 4 ? [{ dev: link, via: undefined }] : 'as before, link',
    });
  if (family === 4)
    list.push({
      family,
      line: `route get 239.1.1.1 from ${ipText(first!)}`,
      right: [{ dev: link, via: undefined }],
    });
  return list;
}

/** A container of each prefix that a bridge holds. */
export function containersOf({ others }: Machine, prefixes: readonly Net[]) {
  return prefixes.flatMap(prefix =>
    others
      .filter(o => o.addresses.some(a => same(networkOf(a), prefix)))
      .map(o => ({ container: hostOf(prefix, 2n), bridge: o.link })),
  );
}

/** What the agent may not change: the primary's, what has no source, what is forwarded for others, what others configure. */
export function ofOthers(machine: Machine, family: Family, to: readonly Net[]): readonly Question[] {
  const list: Question[] = [];
  const ask = (line: string, right: Question['right'] = 'as before') => list.push({ family, line, right });
  // The price of connected-route: who sends without a source, or as the primary, to those hosts uses the ENI.
  const connected = machine.nics.filter(n => n.connected).flatMap(n => n.sides[family].subnets);
  // What `forward` is for; but the containers of the primary go on as before.
  const isForwarded = (from: Net, d: Net) =>
    forwarderOf(machine, d) !== undefined && !prefixes.some(p => isIn(from, p));
  // What `routes` is for: who sends without a source, or as the primary, to those networks uses the ENI.
  const behind = behindOf(machine).filter(b => b.family === family);
  const free = to.filter(d => ![...connected, ...behind].some(c => isIn(d, c)));
  for (const d of to.filter(one => behind.some(b => isIn(one, b)))) {
    const way = wayOfMain(machine, d)?.way;
    if (way !== undefined && !connected.some(c => isIn(d, c)))
      list.push({ family, line: get(d), right: [way] });
  }
  const prefixes = machine.nics.flatMap(n => n.sides[family].prefixes);
  const containers = [
    ...containersOf(machine, machine.nics[0]!.sides[family].prefixes),
    ...machine.others
      .filter(o => o.link === 'docker0')
      .map(o => ({
        container: hostOf(networkOf(o.addresses.find(a => a.family === family)!), 7n),
        bridge: o.link,
      })),
  ];
  const primary = machine.nics[0]!.sides[family];
  const claimed = machine.nics.filter(n => n.claimed).flatMap(n => n.sides[family].addresses.slice(0, 1));
  for (const d of free) {
    ask(get(d));
    ask(get(d, ' oif eth0'));
    for (const from of [...primary.addresses.slice(0, 2), ...primary.vips, ...claimed])
      ask(get(d, ` from ${ipText(from)}`));
    for (const from of primary.addresses.slice(0, 1))
      ask(`route get ${ipText(from)} from ${ipText(d)} iif eth0`);
    for (const { container, bridge } of containers)
      if (!same(container, d) && !isForwarded(container, d))
        ask(get(d, ` from ${ipText(container)} iif ${bridge}`));
  }
  // An appliance: what its neighbours send through it.
  for (const nic of managed(machine).filter(n => !n.connected && connected.length === 0)) {
    const neighbours = to.filter(
      d =>
        nic.sides[family].subnets.some(s => isIn(d, s)) &&
        !prefixes.some(p => isIn(d, p)) &&
        forwarderOf(machine, d) === undefined,
    );
    // But to containers with a delegated prefix of the ENI: those are the ENI's now.
    for (const from of neighbours.slice(0, 2))
      for (const d of free.filter(d => !prefixes.some(p => isIn(d, p))).slice(0, 12))
        if (!same(from, d) && !isForwarded(from, d)) ask(get(d, ` from ${ipText(from)} iif ${linkOf(nic)}`));
  }
  for (const group of groups[family]) ask(`route get ${group} oif eth0`);
  return list;
}
