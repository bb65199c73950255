// What docs/how-it-works.md and docs/safety.md promise of a packet, in words of networks and ENIs. Written from the promises: it knows neither
// rules nor tables, and nothing of the planner.
import { behindOf, linkOf, type Machine, type Nic, specificsOf } from './machine.ts';
import { ipText, longest, type Net } from './net.ts';

/** By which link, and via which gateway (undefined: on-link). */
export interface Way {
  readonly dev: string;
  readonly via: string | undefined;
}

export const wayText = ({ dev, via }: Way): string =>
  via === undefined ? `dev ${dev}` : `via ${via} dev ${dev}`;

/**
 * The right ways of what has one of this ENI's addresses as its source, to an address that is nobody's of this machine:
 * - what main has specifically by somebody who is no ENI goes there, unless the ENI's own subnet, or one that main has on-link by another
 *   ENI, says more;
 * - a neighbour in the ENI's own subnet is reached on-link, by the ENI;
 * - everything else goes by the ENI's gateway; nothing ever goes by the primary or another ENI.
 *
 * @returns more than one where the promises leave it open
 */
export function waysFrom(machine: Machine, nic: Nic, to: Net): readonly Way[] {
  const { subnets, gateway } = nic.sides[to.family];
  const link = linkOf(nic);
  const onLink: Way = { dev: link, via: undefined };
  const byGateway: Way = gateway === undefined ? onLink : { dev: link, via: ipText(gateway) };
  const specific = longest(specificsOf(machine), to);
  const there: Way[] = specific === undefined ? [] : [{ dev: specific.link, via: undefined }];
  const own = longest(subnets, to);
  const named = longest(nic.behind ?? [], to);
  const byOthers = longest(ofOtherEnis(machine, nic, to, true), to);
  // Main itself would take the primary, which this packet may not.
  const connected = machine.nics.filter(n => n.number !== nic.number && n.connected);
  const byConnected = longest(
    connected.flatMap(n => n.sides[to.family].subnets),
    to,
  );
  const hidden = [
    byOthers,
    byConnected,
    longest(behindOf(machine, nic), to),
    longest(machine.statics, to),
  ].some(n => n !== undefined && n.length > (specific?.length ?? -1));
  const isSpecific = (network: Net | undefined) =>
    specific !== undefined && specific.length > (network?.length ?? -1);
  if (own !== undefined) {
    if (!isSpecific(own)) return [onLink];
    return hidden ? [...there, onLink] : there;
  }
  // A network that is configured to be behind the ENI is the ENI's own, and one behind another ENI is no way for this one.
  if (named !== undefined && !isSpecific(named)) return [{ dev: link, via: ipText(named.gateway) }];
  const ofOthers = longest(behindOf(machine, nic), to);
  if (named === undefined && ofOthers !== undefined && !isSpecific(ofOthers)) return [byGateway];
  if (byOthers !== undefined && !isSpecific(byOthers)) return [byGateway];
  if (specific === undefined) return [byGateway];
  // A subnet that main knows nothing of: whether a wide route of a VPN means its hosts is not said.
  const known = byOthers === undefined ? longest(ofOtherEnis(machine, nic, to, false), to) : undefined;
  return hidden || known !== undefined ? [...there, byGateway] : there;
}

/** Subnets of the primary and of other ENIs; `inMain`: only those that main has on-link without or with the agent. */
function ofOtherEnis(machine: Machine, nic: Nic, { family }: Net, inMain: boolean): readonly Net[] {
  return machine.nics
    .filter(n => n.number !== nic.number && (!inMain || n.number === 0 || n.claimed))
    .flatMap(n => n.sides[family].subnets);
}

/** The right way of what a socket sends that is bound to the ENI's link: on-link to its neighbours, by its gateway to all others. */
export function wayBound(nic: Nic, to: Net): Way {
  const { subnets, gateway } = nic.sides[to.family];
  const named = longest(nic.behind ?? [], to);
  if (named !== undefined) return { dev: linkOf(nic), via: ipText(named.gateway) };
  const via = gateway === undefined || longest(subnets, to) !== undefined ? undefined : ipText(gateway);
  return { dev: linkOf(nic), via };
}

/** True if another ENI has nothing in this subnet, so that all of it is this one's, what an administrator adds too. */
export function isExclusive(
  machine: Machine,
  nic: Nic,
  subnet: Net,
  overlap: (a: Net, b: Net) => boolean,
): boolean {
  return machine.nics
    .filter(n => n.number !== nic.number)
    .every(n => {
      const { subnets, addresses, prefixes, vips } = n.sides[subnet.family];
      return ![...subnets, ...addresses, ...prefixes, ...(n.number === 0 ? vips : [])].some(o =>
        overlap(o, subnet),
      );
    });
}
