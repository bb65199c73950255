// The scenes of the traffic test: what the machine has beside its ENIs, and what is promised then.

import { eniOf, type Vpc } from '../vpc.ts';
import { addressesOf } from '../vpc-spec.ts';
import { addBehind, addRoutes, answerFor, hostsOf, letForward } from './behind.ts';
import {
  byDevice,
  type Flow,
  fewIn,
  fewOut,
  fromEach,
  hairpins,
  inbound,
  inKinds,
  metadataFrom,
  type Own,
  outbound,
  outKinds,
  ownOf,
} from './flows.ts';
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
    ...fromEach(vpc, guest, own),
    ...metadataFrom(vpc, guest, own),
    ...hairpins(guest, own),
  ];
}

/** Addresses that an administrator has added to a link. */
export function vips({ guest, peers }: Field, own: Own): readonly Flow[] {
  return [...inbound([own], peers, fewIn, 'VIP'), ...outbound(guest, [own], peers, fewOut, 'VIP')];
}

/** Containers: a network like Docker's, one inside of the primary's subnet, and one out of each delegated prefix. */
export async function addContainers({ vpc }: Field): Promise<{
  readonly places: readonly Place[];
  readonly flows: (field: Field) => readonly Flow[];
}> {
  await letForward(vpc);
  const docker = await addBehind(vpc, {
    link: 'docker0',
    nets: [
      { gateway: '172.17.0.1/16', address: '172.17.0.2' },
      { gateway: 'fd00:17::1/64', address: 'fd00:17::2' },
    ],
  });
  const nested = await addBehind(vpc, {
    link: 'br-nested',
    nets: [
      { gateway: '10.0.0.193/26', address: '10.0.0.194' },
      { gateway: '2001:db8:0:0:c0::1/80', address: '2001:db8:0:0:c0::2' },
    ],
  });
  const delegated: { readonly link: string; readonly place: Place }[] = [];
  for (const eni of vpc.enis.values()) {
    const nets = eni.subnets.flatMap(s => s.prefixes).map(hostsOf);
    if (nets.length === 0) continue;
    const place = await addBehind(vpc, { link: `br-${eni.link}`, nets });
    for (const address of place.addresses) await answerFor(vpc, eni.link, address);
    delegated.push({ link: eni.link, place });
  }
  const flows = ({ guest, peers }: Field): readonly Flow[] => {
    const own = ownOf(vpc);
    return [
      ...outbound(guest, own, [docker], fewOut, 'container'),
      ...outbound(guest, own, [nested], fewOut, 'container inside the subnet of eth0'),
      ...delegated.flatMap(({ link, place }) => {
        const container = [{ link, addresses: place.addresses }];
        return [
          ...outbound(guest, own, [place], fewOut, `container of the prefix of ${link}`),
          ...inbound(container, peers, fewIn, 'to a container of the prefix'),
          ...outbound(place, container, peers, fewOut, 'from a container of the prefix'),
        ];
      }),
    ];
  };
  return { places: [docker, nested, ...delegated.map(d => d.place)], flows };
}

const vpn = {
  link: 'vpn0',
  nets: [
    { gateway: '10.99.0.1/24', address: '10.99.0.5' },
    { gateway: '2001:db8:99::1/64', address: '2001:db8:99::5' },
  ],
  far: ['10.98.0.5', '2001:db8:98::5', '198.51.100.5', '2001:db8:cccc::5'],
};

/** A VPN to all private networks: the ENIs' own networks, that of the primary, and the world stay where they are. */
export async function addVpn({ vpc }: Field): Promise<Place> {
  return addBehind(vpc, { ...vpn, routes: ['10.0.0.0/8', '2001:db8::/36'] });
}

export function besideVpn(field: Field, behind: Place): readonly Flow[] {
  const far = { ...behind, addresses: vpn.far.slice(0, 2) };
  return withOwnNetworks(field, 'beside a VPN to 10.0.0.0/8', [
    ...field.peers.filter(p => p.name === 'c'),
    far,
  ]);
}

/** It takes everything. */
export async function takeEverything({ vpc }: Field): Promise<void> {
  await addRoutes(vpc, vpn, ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1']);
}

export function besideEverything(field: Field, behind: Place): readonly Flow[] {
  return withOwnNetworks(field, 'beside a VPN to everything', [{ ...behind, addresses: vpn.far.slice(2) }]);
}

/** From and to the ENI's own subnet and that of the primary; the primary itself is not promised anything there. */
function withOwnNetworks(
  { vpc, guest, peers }: Field,
  note: string,
  more: readonly Place[],
): readonly Flow[] {
  return ownOf(vpc)
    .slice(1)
    .flatMap(own => {
      const subnets = new Set(
        [own.link, 'eth0'].flatMap(link => eniOf(vpc, link).subnets.map(s => s.subnet)),
      );
      const near = peers.filter(peer => {
        const eni = vpc.neighbours.get(peer.namespace);
        return eni?.subnets.some(s => subnets.has(s.subnet)) === true;
      });
      const outside = [...near, ...more.filter(place => place.name !== 'own')];
      return [
        ...inbound([own], outside, fewIn, note),
        ...outbound(guest, [own], [...near, ...more], fewOut, note),
        ...fromEach(vpc, guest, [own], note),
      ];
    });
}

/** To and from the host that has told the primary a smaller path MTU. */
export function afterTooBig({ vpc, guest, peers }: Field): readonly Flow[] {
  const client = peers.filter(p => p.name === 'c');
  const own = ownOf(vpc);
  const note = 'after Packet Too Big';
  return [
    ...inbound(own, client, inKinds, note),
    ...outbound(guest, own, client, outKinds, note),
    ...byDevice(guest, own, client).map(flow => ({ ...flow, row: `${note}, ${flow.row}` })),
  ];
}

export const firstAddress = (vpc: Vpc, link: string, family: 4 | 6): string =>
  addressesOf(eniOf(vpc, link)).find(a => a.includes(':') === (family === 6)) ?? '';
