// A VPN of the guest with a wide route in main, and what stays reachable beside it.
import { eniOf } from '../vpc.ts';
import { addBehind, addRoutes } from './behind.ts';
import { type Flow, inbound, outbound, ownOf, toGateways } from './flows.ts';
import { fewIn, fewOut } from './kinds.ts';
import type { Place } from './places.ts';
import type { Field } from './scenes.ts';

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
        ...toGateways(vpc, guest, [own], note),
      ];
    });
}
