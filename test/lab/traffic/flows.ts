// What is sent: kinds of packets, from the hosts around to each address of the guest, and from each address of the guest to them.
import { type Ip, isLinkLocal } from '../../../agent/model/address.ts';
import { eniOf, type Vpc } from '../vpc.ts';
import { addressesOf, metadataAddresses, subnetOf } from '../vpc-spec.ts';
import { anyPort, boundPort, type Place, type Probe, send } from './places.ts';
import type { Result } from './table.ts';

/** A probe, where it is sent, and where it stands in the table. */
export interface Flow extends Omit<Result, 'wrong' | 'flow' | 'family'> {
  readonly at: Place;
  readonly probe: Probe;
}

type Kind = Omit<Probe, 'to'>;
export type Kinds = Readonly<Record<string, Kind>>;

const large = 300_000;
/** More than any packet of the path, so that it goes in fragments. */
const fragmented = 4000;

export const inKinds: Kinds = {
  'in: TCP, server bound to the address': { kind: 'tcp', port: boundPort, bytes: 100 },
  'in: TCP, server bound to no address': { kind: 'tcp', port: anyPort, bytes: 100 },
  'in: TCP, 300 kB there and back': { kind: 'tcp', port: boundPort, bytes: large },
  'in: UDP, server bound to the address': { kind: 'udp', port: boundPort, bytes: 100 },
  'in: UDP, server with PKTINFO': { kind: 'udp', port: anyPort, bytes: 100 },
  'in: UDP, fragments': { kind: 'udp', port: boundPort, bytes: fragmented },
  'in: ping': { kind: 'ping' },
};

export const outKinds: Kinds = {
  'out: TCP from the address': { kind: 'tcp', port: anyPort, bytes: 100 },
  'out: TCP, 300 kB there and back': { kind: 'tcp', port: anyPort, bytes: large },
  'out: UDP from the address': { kind: 'udp', port: anyPort, bytes: 100 },
  'out: UDP, fragments': { kind: 'udp', port: anyPort, bytes: fragmented },
  'out: ping from the address': { kind: 'ping' },
};

/** Few, for what a scene has beside the kinds. */
export const fewIn: Kinds = {
  'in: TCP': inKinds['in: TCP, server bound to the address']!,
  'in: UDP with PKTINFO': inKinds['in: UDP, server with PKTINFO']!,
};
export const fewOut: Kinds = {
  'out: TCP': outKinds['out: TCP from the address']!,
  'out: ping': { kind: 'ping' },
};

const deviceKinds: Kinds = {
  'out: TCP, bound to the device': { kind: 'tcp', port: anyPort, bytes: 100 },
  'out: UDP, bound to the device': { kind: 'udp', port: anyPort, bytes: 100 },
  'out: ping, bound to the device': { kind: 'ping' },
};

export const familyOfText = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

/** What the guest has: addresses of one link. */
export interface Own {
  readonly link: string;
  readonly addresses: readonly string[];
}

/** Each pair of addresses of one family. */
function pairs(own: readonly Own[], peers: readonly Place[]) {
  return own.flatMap(({ link, addresses }) =>
    addresses.flatMap(address =>
      peers.flatMap(place =>
        place.addresses
          .filter(other => familyOfText(other) === familyOfText(address))
          .map(other => ({ link, address, place, other })),
      ),
    ),
  );
}

const rowOf = (row: string, note: string) => (note === '' ? row : `${note}, ${row}`);

export function inbound(
  own: readonly Own[],
  peers: readonly Place[],
  kinds: Kinds,
  note = '',
): readonly Flow[] {
  return Object.entries(kinds).flatMap(([row, kind]) =>
    pairs(own, peers).map(({ link, address, place, other }) => ({
      row: rowOf(row, note),
      link,
      peer: place.name,
      at: place,
      probe: { ...kind, source: other, to: address },
    })),
  );
}

export function outbound(
  guest: Place,
  own: readonly Own[],
  peers: readonly Place[],
  kinds: Kinds,
  note = '',
): readonly Flow[] {
  return Object.entries(kinds).flatMap(([row, kind]) =>
    pairs(own, peers).map(({ link, address, place, other }) => ({
      row: rowOf(row, note),
      link,
      peer: place.name,
      at: guest,
      probe: { ...kind, source: address, to: other },
    })),
  );
}

/** Sockets that are bound to the device and to no address. */
export function byDevice(guest: Place, own: readonly Own[], peers: readonly Place[]): readonly Flow[] {
  const one = own.map(({ link, addresses }) => ({
    link,
    addresses: [...new Map(addresses.map(a => [familyOfText(a), a])).values()],
  }));
  return outbound(guest, one, peers, deviceKinds).map(flow => {
    const { source: _source, ...probe } = flow.probe;
    return { ...flow, probe: { ...probe, device: flow.link } };
  });
}

/** The gateway and the metadata service from each address, and each address from each other. */
export function fromEach(vpc: Vpc, guest: Place, own: readonly Own[], note = ''): readonly Flow[] {
  const flow = (row: string, link: string, probe: Probe): Flow => ({
    row: rowOf(row, note),
    link,
    peer: 'own',
    at: guest,
    probe,
  });
  return own.flatMap(({ link, addresses }) =>
    addresses.flatMap(source => {
      const gateway = subnetOf(eniOf(vpc, link), source as Ip)?.gateway ?? '';
      const to = isLinkLocal(gateway as Ip) ? `${gateway}%${link}` : gateway;
      return [flow('out: ping of the gateway', link, { kind: 'ping', source, to })];
    }),
  );
}

export function metadataFrom(vpc: Vpc, guest: Place, own: readonly Own[]): readonly Flow[] {
  const places = metadataAddresses(vpc.provider).map(address => ({
    ...guest,
    name: 'own',
    addresses: [address],
  }));
  return outbound(guest, own, places, { 'out: metadata from the address': { kind: 'http', port: 80 } });
}

export function hairpins(guest: Place, own: readonly Own[]): readonly Flow[] {
  const self = { ...guest, name: 'own' };
  return outbound(guest, own, [self], {
    'own address to own address: TCP': { kind: 'tcp', port: boundPort, bytes: 100 },
    'own address to own address: UDP': { kind: 'udp', port: boundPort, bytes: fragmented },
    'own address to own address: ping': { kind: 'ping' },
  });
}

/** Addresses of the ENIs of the guest. */
export function ownOf(vpc: Vpc): readonly Own[] {
  return [...vpc.enis.values()].map(eni => ({ link: eni.link, addresses: addressesOf(eni) }));
}

/** Sends all of them, those of different places side by side. */
export async function sendAll(vpc: Vpc, flows: readonly Flow[]): Promise<readonly Result[]> {
  const places = [...new Map(flows.map(f => [f.at.namespace, f.at])).values()];
  const said = await Promise.all(
    places.map(async place => {
      const mine = flows.filter(f => f.at.namespace === place.namespace);
      const answers = await send(
        vpc,
        place,
        mine.map(f => f.probe),
      );
      return mine.map((flow, index) => ({ flow, wrong: answers[index] ?? 'no answer' }));
    }),
  );
  const wrongOf = new Map(said.flat().map(({ flow, wrong }) => [flow, wrong]));
  return flows.map(flow => {
    const { row, link, peer, probe } = flow;
    return {
      row,
      link,
      peer,
      family: familyOfText(probe.to),
      flow: `${probe.device ?? probe.source} -> ${probe.to}`,
      wrong: wrongOf.get(flow)!,
    };
  });
}
