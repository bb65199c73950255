// The machine of one table with all that stands around it: hosts in each subnet, and echo servers at every place.
import type { Suite } from '../../needs/suites.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from '../agent-host.ts';
import type { GuestImageName } from '../images.ts';
import { ip, removeNamespace, runIn } from '../namespace.ts';
import { addNeighbour } from '../neighbour.ts';
import { assignAddress, readSpoofDrops, type Vpc } from '../vpc.ts';
import { addressesOf, remoteClient } from '../vpc-spec.ts';
import { type Flow, sendAll } from './flows.ts';
import type { TrafficMachine } from './machines.ts';
import { type Place, type Servers, serve } from './places.ts';
import type { Field } from './scenes.ts';
import type { Result } from './table.ts';

export interface TrafficStory {
  /** Of the VPC, at most 8 letters; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly host: AgentHost;
  readonly field: Field;
  readonly machine: TrafficMachine;
  readonly servers: Servers[];
  /** What the guest has behind it. */
  readonly behind: Place[];
  readonly results: Result[];
  /** Scenes in which the router dropped something for its source. */
  readonly drops: string[];
}

/** Builds it, and lets the agent make its pass. */
export async function buildStage(story: TrafficStory, machine: TrafficMachine): Promise<Stage> {
  const { suite, image, files = {} } = story;
  const spec = { name: `${story.name}${machine.name}`, provider: 'aws', enis: machine.enis } as const;
  const host = await createAgentHost(spec, { suite, image, files });
  try {
    const { vpc } = host;
    await strictArp(vpc);
    // The router's link-local address is in a /64 of its own (fe80:ec2::/64 on AWS): the guest's are not in it.
    for (const { port } of vpc.enis.values())
      await ip(vpc.router, 'route', 'append', 'fe80::/64', 'dev', port);
    const { address } = remoteClient;
    const peers: Place[] = [{ name: 'c', namespace: vpc.client, addresses: [address[4], address[6]] }];
    for (const [number, neighbour] of machine.neighbours.entries()) {
      const { namespace, eni } = await addNeighbour(vpc, neighbour);
      peers.push({ name: `n${number}`, namespace, addresses: addressesOf(eni) });
    }
    await ip(vpc.guest, 'link', 'set', 'dev', 'eth0', 'mtu', String(machine.mtu));
    for (const { port } of vpc.enis.values())
      await ip(vpc.router, 'link', 'set', 'dev', port, 'mtu', String(machine.mtu));
    // As many answers of ICMP as are asked for.
    await runIn(vpc.guest, ['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0']);
    await agentOk(host, ['once']);
    await strictReversePath(vpc);
    const addresses = [...vpc.enis.values()].flatMap(addressesOf);
    const field = { vpc, guest: { name: 'own', namespace: vpc.guest, addresses }, peers };
    const stage = { host, field, machine, servers: [], behind: [], results: [], drops: [] };
    for (const place of [...peers, field.guest]) await open(stage, place);
    return stage;
  } catch (error) {
    await destroyAgentHost(host);
    throw error;
  }
}

export async function strikeStage({ host, servers, behind }: Stage): Promise<void> {
  for (const server of servers) await server.stop();
  for (const place of behind) removeNamespace(place.namespace);
  await destroyAgentHost(host);
}

/** Starts the servers of a place. */
export async function open({ servers, field }: Stage, place: Place, withAny = true): Promise<void> {
  servers.push(await serve(field.vpc, place, withAny));
}

/** The same for places behind the guest, which go with the stage. */
export async function openBehind(stage: Stage, places: readonly Place[]): Promise<void> {
  stage.behind.push(...places);
  for (const place of places) await open(stage, place);
}

/** Addresses on eth1 that the cloud sends there, and the metadata does not name. */
export async function addVips(stage: Stage): Promise<void> {
  const { field, machine } = stage;
  for (const address of machine.vips) {
    const words = address.includes(':') ? [`${address}/128`, 'nodad'] : [`${address}/32`];
    await ip(field.vpc.guest, 'addr', 'add', 'dev', 'eth1', ...words);
    await assignAddress(field.vpc, 'eth1', address);
  }
  await open(stage, { ...field.guest, addresses: machine.vips }, false);
}

/** Sends, and notes what came of it. */
export async function play(
  { field, results, drops }: Stage,
  scene: string,
  flows: readonly Flow[],
): Promise<void> {
  const before = await readSpoofDrops(field.vpc);
  results.push(...(await sendAll(field.vpc, flows)));
  const after = await readSpoofDrops(field.vpc);
  for (const [link, count] of Object.entries(after.byLink)) {
    const more = count - (before.byLink[link] ?? 0);
    if (more > 0) drops.push(`${scene}: ${more} from ${link}`);
  }
}

/** Whatever the image's own sysctls say: the kernel takes the larger of both, and 2 is the loose one. */
async function strictReversePath({ guest, enis }: Vpc): Promise<void> {
  const strict = ['all', ...enis.keys()].map(link => `net.ipv4.conf.${link}.rp_filter=1`);
  await runIn(guest, ['sysctl', '-qw', ...strict]);
}

/** A VPC answers ARP for the addresses of the subnet only; the router of the lab would for all that it has a route to. */
async function strictArp({ router, enis }: Vpc): Promise<void> {
  const rules = [...enis.values()].map(({ port, subnets }) => {
    const own = subnets.filter(s => s.family === 4).map(s => s.subnet);
    return `iifname "${port}" arp daddr ip != { ${[...own, '255.255.255.255'].join(', ')} } drop\n`;
  });
  const head = 'type filter hook input priority 0; policy accept;';
  const table = `table arp vpc {\nchain strict {\n${head}\n${rules.join('')}}\n}\n`;
  await runIn(router, ['nft', '-f', '-'], table);
}
