// What a guest has behind it: containers on a bridge, or what a VPN leads to. A namespace on a bridge of the guest.
import { prefixLengthOf } from '../../../agent/model/address.ts';
import { createNamespace, ip, ipBatch, labName, runIn } from '../namespace.ts';
import { eniOf, type Vpc } from '../vpc.ts';
import type { Place } from './places.ts';

export interface BehindSpec {
  /** Of the bridge in the guest. */
  readonly link: string;
  /** The guest's address with its length, and the address of the namespace, per family. */
  readonly nets: readonly { readonly gateway: string; readonly address: string }[];
  /** Destinations in main that lead there. */
  readonly routes?: readonly string[];
  /** Addresses further behind: what those routes are for. */
  readonly far?: readonly string[];
}

const nodad = (address: string) => (address.includes(':') ? ' nodad' : '');

/** Makes the bridge and what is on it; the place is called `own` in the table. */
export async function addBehind(vpc: Vpc, spec: BehindSpec): Promise<Place> {
  const { link, nets, routes = [], far = [] } = spec;
  const namespace = labName(vpc.name, link);
  await createNamespace(namespace);
  await ipBatch(vpc.guest, [
    `link add name ${link} type bridge`,
    `link add name ${link}-p master ${link} type veth peer name eth0 netns ${namespace}`,
    ...[link, `${link}-p`].map(name => `link set dev ${name} up`),
    ...nets.map(({ gateway }) => `addr add ${gateway} dev ${link}${nodad(gateway)}`),
  ]);
  await ipBatch(namespace, [
    'link set dev eth0 up',
    ...nets.map(({ gateway, address }) => {
      const length = gateway.split('/')[1];
      return `addr add ${address}/${length} dev eth0${nodad(address)}`;
    }),
    ...far.map(address => `addr add ${address} dev lo${nodad(address)}`),
    ...nets.map(({ gateway }) => `route add default via ${gateway.split('/')[0]} dev eth0`),
  ]);
  await addRoutes(vpc, spec, routes);
  return { name: 'own', namespace, addresses: far.length > 0 ? far : nets.map(n => n.address) };
}

/** Routes of main to what is behind. */
export async function addRoutes(
  vpc: Vpc,
  { link, nets }: BehindSpec,
  routes: readonly string[],
): Promise<void> {
  const via = (route: string) => nets.find(n => n.address.includes(':') === route.includes(':'))?.address;
  await ipBatch(
    vpc.guest,
    routes.map(route => `route add ${route} via ${via(route)} dev ${link}`),
  );
}

/** The guest passes on what comes from or for a container. */
export async function letForward(vpc: Vpc): Promise<void> {
  await runIn(vpc.guest, ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
}

/** The first hosts of a delegated prefix of the lab: the bridge has the first, a container the second. */
export function hostsOf(prefix: string): { readonly gateway: string; readonly address: string } {
  const start = prefix.split('/')[0]!;
  const host = (number: number) =>
    start.includes(':') ? `${start}${number}` : start.replace(/\d+$/, last => String(Number(last) + number));
  return { gateway: `${host(1)}/${prefix.split('/')[1]}`, address: host(2) };
}

/** Neighbours in the subnet ask for a container's address as for any other (IPv6; IPv4 has proxy_arp): the VPC answers. */
export async function answerFor(vpc: Vpc, link: string, address: string): Promise<void> {
  if (!address.includes(':')) return;
  const own = eniOf(vpc, link);
  const ports = [...vpc.enis.values(), ...vpc.neighbours.values()].filter(eni => eni !== own);
  for (const eni of ports)
    if (eni.subnets.some(s => s.family === 6 && prefixLengthOf(s.subnet) < 128))
      await ip(vpc.router, 'neigh', 'add', 'proxy', address, 'dev', eni.port);
}
