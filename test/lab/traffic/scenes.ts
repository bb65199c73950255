// What is sent where the machine has nothing beside its ENIs, with addresses added by hand, and with a path MTU that the primary was told.
import type { Vpc } from '../vpc.ts';
import {
  byDevice,
  type Flow,
  hairpins,
  inbound,
  metadataFrom,
  type Own,
  outbound,
  ownOf,
  toGateways,
} from './flows.ts';
import { fewIn, fewOut, inKinds, outKinds } from './kinds.ts';
import type { Place } from './places.ts';

/** The guest and the hosts around: `c` and `n0` to `n2`. */
export interface Field {
  readonly vpc: Vpc;
  readonly guest: Place;
  readonly peers: readonly Place[];
}

/** Nothing beside the ENIs. */
export function plain({ vpc, guest, peers }: Field): readonly Flow[] {
  const own = ownOf(vpc);
  return [
    ...inbound(own, peers, inKinds),
    ...outbound(guest, own, peers, outKinds),
    ...byDevice(guest, own, peers),
    ...toGateways(vpc, guest, own),
    ...metadataFrom(vpc, guest, own),
    ...hairpins(guest, own),
  ];
}

/** Addresses that an administrator has added to a link. */
export function vips({ guest, peers }: Field, own: Own): readonly Flow[] {
  return [...inbound([own], peers, fewIn, 'VIP'), ...outbound(guest, [own], peers, fewOut, 'VIP')];
}

/** To and from the host that has told the primary a smaller path MTU. */
export function afterTooBig({ vpc, guest, peers }: Field): readonly Flow[] {
  const client = peers.filter(p => p.name === 'c');
  const own = ownOf(vpc);
  const note = 'after Packet Too Big';
  return [
    ...inbound(own, client, inKinds, note),
    ...outbound(guest, own, client, outKinds, note),
    ...byDevice(guest, own, client, note),
  ];
}
