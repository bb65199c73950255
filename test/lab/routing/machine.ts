// A made-up machine in plain words: its ENIs, what else is on it, and the `ip` lines that make it without the agent.
import type { Family } from '../../../agent/model/address.ts';
import { cidrText, ipText, isIn, longest, type Net, widthOf } from './net.ts';

export interface Side {
  readonly subnets: readonly Net[];
  readonly gateway: Net | undefined;
  readonly addresses: readonly Net[];
  readonly prefixes: readonly Net[];
  /** Addresses that no metadata tells: an administrator has added them. */
  readonly vips: readonly Net[];
}

/** A network behind a gateway in the ENI's subnet. */
export interface Behind extends Net {
  readonly gateway: Net;
}

export interface Nic {
  /** 0: the primary. */
  readonly number: number;
  readonly sides: Readonly<Record<Family, Side>>;
  /** [eni] connected-route = yes. */
  readonly connected: boolean;
  /** [eni] forward = yes. */
  readonly forwards?: boolean;
  /** [eni] routes. */
  readonly behind?: readonly Behind[];
  /** Somebody else configures it, with its subnet's length. */
  readonly claimed: boolean;
}

/** A container bridge or a VPN: no ENI. */
export interface OtherLink {
  readonly link: string;
  /** With their length, so that main has their network. */
  readonly addresses: readonly Net[];
  readonly routes: readonly Net[];
}

export interface Machine {
  readonly nics: readonly Nic[];
  readonly others: readonly OtherLink[];
  /** What an administrator has routed by the primary's gateway. */
  readonly statics: readonly Net[];
  /** The primary is in the link group of the rules. */
  readonly group: boolean;
  /** Strict rp_filter on all links. */
  readonly strict: boolean;
  /** The primary's IPv6 comes by advertisements: /128, and a route to the subnet. */
  readonly advertised: boolean;
}

export const emptySide: Side = { subnets: [], gateway: undefined, addresses: [], prefixes: [], vips: [] };
export const linkOf = (nic: Pick<Nic, 'number'>): string => `eth${nic.number}`;
export const managed = ({ nics }: Machine): readonly Nic[] => nics.filter(n => n.number > 0 && !n.claimed);
export const networkOf = (address: Net): Net => {
  const shift = BigInt(widthOf(address) - address.length);
  return { ...address, value: (address.value >> shift) << shift };
};

/** What main has by managed ENIs, because the configuration says so. */
export function behindOf(
  machine: Machine,
  except?: Pick<Nic, 'number'>,
): readonly (Behind & { readonly nic: Nic })[] {
  return managed(machine)
    .filter(n => n.number !== except?.number)
    .flatMap(nic => (nic.behind ?? []).map(b => ({ ...b, nic })));
}

/** A destination in main of somebody who is no ENI. */
export interface Specific extends Net {
  readonly link: string;
}

export function specificsOf({ others }: Machine): readonly Specific[] {
  return others.flatMap(({ link, addresses, routes }) =>
    [...addresses.map(networkOf), ...routes].map(n => ({ ...n, link })),
  );
}

/** Its own addresses, whoever has them. */
export function localAddresses({ nics, others }: Machine): readonly Net[] {
  const ofNics = nics.flatMap(n => [n.sides[4], n.sides[6]].flatMap(s => [...s.addresses, ...s.vips]));
  const whole = (a: Net): Net => ({ ...a, length: widthOf(a) });
  return [...ofNics, ...others.flatMap(o => o.addresses)].map(whole);
}

/**
 * The links in pairs, as the two ends of a veth each: both have a carrier then, and no third thing is needed.
 *
 * @param peer the other end of the primary's link, where that is to go elsewhere
 */
export function linkLines({ nics, others, group }: Machine, peer: readonly string[] = []): readonly string[] {
  const [first, ...more] = nics.map(linkOf);
  const names = [first!, ...peer, ...more, ...others.map(o => o.link)];
  if (names.length % 2 === 1) names.push('spare');
  const pairs = names.flatMap((name, i) => (i % 2 === 0 ? [[name, names[i + 1]!] as const] : []));
  return [
    'link set lo up',
    ...pairs.map(([a, b]) => `link add ${a} type veth peer name ${b}`),
    ...names.map(name => `link set ${name} up`),
    ...(group ? ['link set eth0 group 28000'] : []),
  ];
}

/** Everything that is there before the agent comes. */
export function foundLines(machine: Machine, family: Family): readonly string[] {
  const nodad = family === 6 ? ' nodad' : '';
  const inFamily = (n: Net) => n.family === family;
  const own = machine.nics.flatMap(nic => {
    const { subnets, gateway, addresses, vips } = nic.sides[family];
    const link = linkOf(nic);
    const line = (a: Net) =>
      `addr add ${ipText(a)}/${lengthOn(machine, nic, a, subnets)} dev ${link}${nodad}`;
    if (nic.number > 0 && !nic.claimed) return vips.map(line);
    const onLink = family === 6 && nic.number === 0 && machine.advertised ? subnets : [];
    const routed = nic.number > 0 || gateway === undefined ? [] : machine.statics.filter(inFamily);
    const all = [...addresses, ...vips].map(line);
    return [
      ...all,
      ...onLink.map(s => `route add ${cidrText(s)} dev ${link} proto ra metric 1024`),
      ...(nic.number > 0 || gateway === undefined
        ? []
        : [`route add default via ${ipText(gateway)} dev ${link} metric 100`]),
      ...routed.map(s => `route add ${cidrText(s)} via ${ipText(gateway!)} dev ${link}`),
    ];
  });
  return [...own, ...machine.others.flatMap(o => otherLines(o, family))];
}

export function otherLines({ link, addresses, routes }: OtherLink, family: Family): readonly string[] {
  const nodad = family === 6 ? ' nodad' : '';
  return [
    ...addresses.filter(a => a.family === family).map(a => `addr add ${cidrText(a)} dev ${link}${nodad}`),
    ...routes.filter(r => r.family === family).map(r => `route add ${cidrText(r)} dev ${link}`),
  ];
}

function lengthOn(machine: Machine, nic: Nic, address: Net, subnets: readonly Net[]): number {
  const isHost =
    (nic.number > 0 && !nic.claimed) ||
    (nic.number === 0 && address.family === 6 && machine.advertised) ||
    nic.sides[address.family].vips.some(v => isIn(v, address));
  return isHost ? widthOf(address) : (longest(subnets, address)?.length ?? widthOf(address));
}
