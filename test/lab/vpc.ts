// A VPC made of network namespaces: a router (gateways, DHCP, anti-spoofing, the metadata address), one guest with N ENIs, and
// a client far away. ENIs and addresses come and go at run time as they do in a cloud. Nothing of the machine's own network
// is used or changed. It knows nothing of what runs in the guest (guest.ts does).
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Ip, parseIp } from '../../agent/model/address.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import { holdAdvertisements } from './advertisements.ts';
import { type DhcpServer, startDhcp } from './dhcp-server.ts';
import {
  createNamespace,
  ip,
  ipBatch,
  labName,
  registerScratch,
  removeNamespace,
  removeScratch,
  runIn,
  scratchBase,
} from './namespace.ts';
import { type Cable, plugPort, readDrops, routeAddress, unplugPort } from './router-port.ts';
import {
  type EniSpec,
  metadataAddresses,
  parseEni,
  remoteClient,
  subnetOf,
  type VpcEni,
} from './vpc-spec.ts';

export interface VpcSpec {
  /** 1 to 20 of a-z and 0-9. */
  readonly name: string;
  readonly provider: ProviderName;
  /** The primary ENI first. */
  readonly enis: readonly EniSpec[];
  /** rp_filter of the guest: 1 (strict) unless told. */
  readonly guestReversePathFilter?: 0 | 1 | 2;
  /** No router advertisements until letAdvertisementsGo (advertisements.ts). */
  readonly holdAdvertisements?: boolean;
  /** What leads from the router to the guest; `veth` unless told. With `tap` the guest's namespace stays empty. */
  readonly cable?: Cable;
}

export interface Vpc {
  readonly name: string;
  readonly provider: ProviderName;
  readonly router: string;
  readonly guest: string;
  readonly client: string;
  /** Scratch folder, removed with the VPC. */
  readonly dir: string;
  readonly reversePathFilter: number;
  readonly cable: Cable;
  /** Attached ENIs by link name; changed by attachEni and detachEni only. */
  readonly enis: Map<string, VpcEni>;
  /** Other VMs in the guest's subnets, by the name of their namespace (neighbour.ts). */
  readonly neighbours: Map<string, VpcEni>;
  readonly servers: Map<string, DhcpServer>;
  /** Proxy entries of the router, as `ip neigh` lines. */
  readonly proxies: Set<string>;
  nextIndex: number;
}

/**
 * The same VPC without router advertisements, for a story in which the daemon comes when it comes: what an image's catch-all has taken from one
 * before that would depend on how busy the machine is. The matrix has them, once the ENI is configured.
 */
export function withoutAdvertisements(spec: VpcSpec): VpcSpec {
  return { holdAdvertisements: true, ...spec };
}

/** Builds the whole VPC; what was made so far is removed if a step fails. */
export async function createVpc(spec: VpcSpec): Promise<Vpc> {
  const vpc: Vpc = {
    name: spec.name,
    provider: spec.provider,
    router: labName(spec.name, 'router'),
    guest: labName(spec.name, 'guest'),
    client: labName(spec.name, 'client'),
    dir: join(scratchBase(), labName(spec.name, 'scratch')),
    reversePathFilter: spec.guestReversePathFilter ?? 1,
    cable: spec.cable ?? 'veth',
    enis: new Map(),
    neighbours: new Map(),
    servers: new Map(),
    proxies: new Set(),
    nextIndex: 0,
  };
  try {
    await createNamespace(vpc.router);
    await createNamespace(vpc.client);
    await createGuestNamespace(vpc);
    mkdirSync(vpc.dir, { recursive: true, mode: 0o700 });
    registerScratch(vpc.dir);
    await runIn(vpc.router, [
      'sysctl',
      '-qw',
      'net.ipv4.ip_forward=1',
      'net.ipv6.conf.all.forwarding=1',
      // The filter of each port decides, exactly; the kernel's own check must not decide before it (the maximum of all and port counts).
      'net.ipv4.conf.all.rp_filter=0',
      'net.ipv4.conf.default.rp_filter=0',
    ]);
    await ipBatch(
      vpc.router,
      metadataAddresses(vpc.provider).map(a => `addr add ${a}/${a.includes(':') ? '128' : '32'} dev lo`),
    );
    await connectClient(vpc);
    if (spec.holdAdvertisements === true) await holdAdvertisements(vpc);
    for (const eni of spec.enis) await attachEni(vpc, eni);
    return vpc;
  } catch (error) {
    await destroyVpc(vpc);
    throw error;
  }
}

/** Removes everything of this VPC. Safe to call twice, and on a VPC that was only half built. */
export async function destroyVpc(vpc: Vpc): Promise<void> {
  await Promise.all([...vpc.servers.values()].map(server => server.stop()));
  vpc.servers.clear();
  vpc.enis.clear();
  for (const name of [...vpc.neighbours.keys(), vpc.guest, vpc.client, vpc.router]) removeNamespace(name);
  vpc.neighbours.clear();
  removeScratch(vpc.dir);
}

/** Hot-plugs an ENI: its link appears in the guest, down, with the MAC; the router routes its addresses. */
export async function attachEni(vpc: Vpc, spec: EniSpec): Promise<VpcEni> {
  if (vpc.enis.has(spec.link)) throw new Error(`the guest already has a link ${spec.link}`);
  const eni = parseEni(vpc.provider, spec, vpc.nextIndex++);
  await plugEni(vpc, eni);
  return eni;
}

/** Hot-unplugs an ENI: its link vanishes from the guest. */
export async function detachEni(vpc: Vpc, link: string): Promise<void> {
  await unplugEni(vpc, eniOf(vpc, link), false);
}

/** The cloud assigns one more address to an ENI. The guest is not told. */
export async function assignAddress(vpc: Vpc, link: string, text: string): Promise<void> {
  const { eni, address } = find(vpc, link, text);
  const subnet = subnetOf(eni, address);
  if (subnet === undefined) throw new Error(`${link} has no subnet for ${text}`);
  await routeAddress(vpc.router, eni, address, 'add');
  subnet.addresses = [...subnet.addresses, address];
  await syncProxies(vpc);
}

/** The cloud takes one address away: from now on it is a foreign source on this ENI. */
export async function unassignAddress(vpc: Vpc, link: string, text: string): Promise<void> {
  const { eni, address } = find(vpc, link, text);
  for (const subnet of eni.subnets) subnet.addresses = subnet.addresses.filter(other => other !== address);
  await syncProxies(vpc);
  await routeAddress(vpc.router, eni, address, 'del');
}

/** Packets dropped by anti-spoofing since the VPC (or the ENI) was made, per link and in total. */
export async function readSpoofDrops(
  vpc: Vpc,
): Promise<{ readonly total: number; readonly byLink: Record<string, number> }> {
  const byLink: Record<string, number> = {};
  for (const eni of vpc.enis.values()) {
    const drops = await readDrops(vpc.router, eni);
    byLink[eni.link] = drops.v4 + drops.v6;
  }
  return { total: Object.values(byLink).reduce((sum, drops) => sum + drops, 0), byLink };
}

/** What a power cycle does to the network: the guest's namespace is a new one, with the same ENIs, all down and bare. */
export async function renewGuestNamespace(vpc: Vpc): Promise<void> {
  const enis = [...vpc.enis.values()];
  for (const eni of enis) await unplugEni(vpc, eni, true);
  removeNamespace(vpc.guest);
  await createGuestNamespace(vpc);
  for (const eni of enis) await plugEni(vpc, eni);
}

export function eniOf(vpc: Vpc, link: string): VpcEni {
  const eni = vpc.enis.get(link);
  if (eni === undefined) throw new Error(`the guest has no ENI ${link}`);
  return eni;
}

async function plugEni(vpc: Vpc, eni: VpcEni): Promise<void> {
  await plugPort(vpc.router, vpc.guest, vpc.provider, eni, vpc.cable);
  vpc.enis.set(eni.link, eni);
  await syncProxies(vpc);
  const server = await startDhcp(vpc.router, eni, vpc.dir);
  if (server !== undefined) vpc.servers.set(eni.link, server);
}

async function unplugEni(vpc: Vpc, eni: VpcEni, keepFilter: boolean): Promise<void> {
  await vpc.servers.get(eni.link)?.stop();
  vpc.servers.delete(eni.link);
  vpc.enis.delete(eni.link);
  await unplugPort(vpc.router, eni, keepFilter);
  await syncProxies(vpc);
}

async function createGuestNamespace(vpc: Vpc): Promise<void> {
  await createNamespace(vpc.guest);
  // Both: the kernel uses the maximum of `all` and the link's own, and links that come later start from `default`.
  const filter = String(vpc.reversePathFilter);
  await runIn(vpc.guest, [
    'sysctl',
    '-qw',
    `net.ipv4.conf.all.rp_filter=${filter}`,
    `net.ipv4.conf.default.rp_filter=${filter}`,
  ]);
}

async function connectClient(vpc: Vpc): Promise<void> {
  const { address, router, length } = remoteClient;
  await ipBatch(vpc.router, [
    `link add name client type veth peer name eth0 netns ${vpc.client}`,
    'link set dev client up',
  ]);
  await ipBatch(vpc.client, ['link set dev eth0 up']);
  for (const family of [4, 6] as const) {
    const nodad = family === 6 ? ' nodad' : '';
    await ipBatch(vpc.router, [`addr add ${router[family]}/${length[family]} dev client${nodad}`]);
    await ipBatch(vpc.client, [`addr add ${address[family]}/${length[family]} dev eth0${nodad}`]);
  }
  await ip(vpc.client, 'route', 'add', 'default', 'via', remoteClient.router[4]);
  await ip(vpc.client, '-6', 'route', 'add', 'default', 'via', remoteClient.router[6]);
}

// In a shared subnet a host asks for its IPv6 neighbour by multicast; only the router hears it, and must answer for every
// address behind its other ports of the same subnet. (IPv4 has one switch for that: proxy_arp.)
export async function syncProxies(vpc: Vpc): Promise<void> {
  const wanted = new Set<string>();
  const enis = [...vpc.enis.values(), ...vpc.neighbours.values()];
  for (const eni of enis)
    for (const other of enis)
      for (const subnet of other.subnets)
        if (other !== eni && subnet.family === 6 && eni.subnets.some(own => own.subnet === subnet.subnet))
          for (const address of subnet.addresses) wanted.add(`proxy ${address} dev ${eni.port}`);
  const ports = new Set(enis.map(eni => eni.port));
  const gone = [...vpc.proxies].filter(line => !wanted.has(line));
  // The entries of a port that was unplugged went with it.
  const lines = gone.filter(line => ports.has(line.split(' ').at(-1)!)).map(line => `neigh del ${line}`);
  for (const line of wanted) if (!vpc.proxies.has(line)) lines.push(`neigh add ${line}`);
  for (const line of gone) vpc.proxies.delete(line);
  for (const line of wanted) vpc.proxies.add(line);
  await ipBatch(vpc.router, lines);
}

function find(vpc: Vpc, link: string, text: string): { readonly eni: VpcEni; readonly address: Ip } {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`"${text}" is no address`);
  return { eni: eniOf(vpc, link), address };
}
