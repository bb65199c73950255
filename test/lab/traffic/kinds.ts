// Kinds of packets: how one is sent, by the name of its row in the table.
import { anyPort, boundPort, type Probe } from './places.ts';

type Kind = Omit<Probe, 'to'>;
export type Kinds = Readonly<Record<string, Kind>>;

/** Nobody listens there. */
const closedPort = 7003;
const large = 300_000;
/** More than any packet of the path, so that it goes in fragments. */
export const fragmented = 4000;

export const inKinds: Kinds = {
  'in: TCP, server bound to the address': { kind: 'tcp', port: boundPort, bytes: 100 },
  'in: TCP, server bound to no address': { kind: 'tcp', port: anyPort, bytes: 100 },
  'in: TCP, 300 kB there and back': { kind: 'tcp', port: boundPort, bytes: large },
  'in: UDP, server bound to the address': { kind: 'udp', port: boundPort, bytes: 100 },
  'in: UDP, server with PKTINFO': { kind: 'udp', port: anyPort, bytes: 100 },
  'in: UDP, fragments': { kind: 'udp', port: boundPort, bytes: fragmented },
  'in: UDP to a closed port is refused': { kind: 'refused', port: closedPort, bytes: 100 },
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

export const deviceKinds: Kinds = {
  'out: TCP, bound to the device': { kind: 'tcp', port: anyPort, bytes: 100 },
  'out: UDP, bound to the device': { kind: 'udp', port: anyPort, bytes: 100 },
  'out: ping, bound to the device': { kind: 'ping' },
};
