// What is sent: kinds of packets, from the hosts around to each address of the guest, and from each address of the guest to them.
import { type Ip, isLinkLocal } from '../../../agent/model/address.ts';
import { eniOf, type Vpc } from '../vpc.ts';
import { addressesOf, metadataAddresses, subnetOf } from '../vpc-spec.ts';
import { deviceKinds, fragmented, type Kinds } from './kinds.ts';
import { boundPort, type Place, type Probe, send } from './places.ts';
import type { Result } from './table.ts';

/** A probe, where it is sent, and where it stands in the table. */
export interface Flow extends Omit<Result, 'wrong' | 'flow' | 'family'> {
  readonly at: Place;
  readonly probe: Probe;
}

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
export function byDevice(
  guest: Place,
  own: readonly Own[],
  peers: readonly Place[],
  note = '',
): readonly Flow[] {
  return unbound(outbound(guest, oneOfEach(own), peers, deviceKinds, note));
}

/** One address of each family: enough, where the flow does not say which. */
function oneOfEach(own: readonly Own[]): readonly Own[] {
  return own.map(({ link, addresses }) => ({
    link,
    addresses: [...new Map(addresses.map(a => [familyOfText(a), a])).values()],
  }));
}

function unbound(flows: readonly Flow[]): readonly Flow[] {
  return flows.map(flow => {
    const { source: _source, ...probe } = flow.probe;
    return { ...flow, probe: { ...probe, device: flow.link } };
  });
}

/** The gateway of each address, and by sockets that are bound to the device. */
export function toGateways(vpc: Vpc, guest: Place, own: readonly Own[], note = ''): readonly Flow[] {
  const flows = (row: string, of: readonly Own[]) =>
    of.flatMap(({ link, addresses }) =>
      addresses.map(source => {
        const gateway = subnetOf(eniOf(vpc, link), source as Ip)?.gateway ?? '';
        const to = isLinkLocal(gateway as Ip) ? `${gateway}%${link}` : gateway;
        const probe = { kind: 'ping' as const, source, to };
        return { row: rowOf(row, note), link, peer: 'own', at: guest, probe };
      }),
    );
  return [
    ...flows('out: ping of the gateway', own),
    ...unbound(flows('out: ping of the gateway, bound to the device', oneOfEach(own))),
  ];
}

export function metadataFrom(vpc: Vpc, guest: Place, own: readonly Own[]): readonly Flow[] {
  const places = metadataAddresses(vpc.provider).map(address => ({
    ...guest,
    name: 'own',
    addresses: [address],
  }));
  return outbound(guest, own, places, { 'out: metadata from the address': { kind: 'http', port: 80 } });
}

/** From each address to each other. */
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
