// Every kind of packet that docs/how-it-works.md promises, sent through machines that one network service has configured, from a host far away and
// from one in the subnet of each ENI, past a router that drops what does not come from its ENI. One table per machine. Told once for each service.
import { describe, expect, test } from 'vitest';
import type { Suite } from '../../needs/declaration.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from '../agent-host.ts';
import { run, waitFor } from '../command.ts';
import type { GuestImageName } from '../images.ts';
import { inNamespace, ip, removeNamespace } from '../namespace.ts';
import { addNeighbour } from '../neighbour.ts';
import { assignAddress, readSpoofDrops, type Vpc } from '../vpc.ts';
import { addressesOf, remoteClient } from '../vpc-spec.ts';
import { type Flow, sendAll } from './flows.ts';
import { type TrafficMachine, trafficMachines } from './machines.ts';
import { type Place, type Servers, serve } from './places.ts';
import {
  addContainers,
  addVpn,
  afterTooBig,
  besideEverything,
  besideVpn,
  type Field,
  firstAddress,
  plain,
  takeEverything,
  vips,
} from './scenes.ts';
import { lostOf, type Result, renderTable } from './table.ts';

export interface TrafficStory {
  /** Of the VPC, at most 8 letters; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
  readonly files?: Readonly<Record<string, string>>;
}

export function tellTraffic(story: TrafficStory): void {
  describe.each(trafficMachines)('$title', machine => {
    test('every packet comes back, and none is dropped as a foreign one', async () => {
      const stage = new Stage(story, machine);
      try {
        await stage.build();
        await stage.play();
      } finally {
        await stage.end();
      }
      const table = renderTable(`${story.image}, ${machine.title}`, stage.results);
      console.log(table);
      expect(lostOf(stage.results).length, table).toBe(0);
      expect(stage.drops, table).toEqual([]);
    });
  });
}

class Stage {
  readonly results: Result[] = [];
  /** Scenes in which the router dropped something for its source. */
  readonly drops: string[] = [];
  private readonly servers: Servers[] = [];
  private readonly places: Place[] = [];
  private host: AgentHost | undefined;
  private field: Field | undefined;

  private readonly story: TrafficStory;
  private readonly machine: TrafficMachine;

  constructor(story: TrafficStory, machine: TrafficMachine) {
    this.story = story;
    this.machine = machine;
  }

  async build(): Promise<void> {
    const { story, machine } = this;
    const { suite, image, files = {} } = story;
    const spec = { name: `${story.name}${machine.name}`, provider: 'aws', enis: machine.enis } as const;
    this.host = await createAgentHost(spec, { suite, image, files });
    const { vpc } = this.host;
    const client = {
      name: 'c',
      namespace: vpc.client,
      addresses: [remoteClient.address[4], remoteClient.address[6]],
    };
    const peers: Place[] = [client];
    for (const [number, neighbour] of machine.neighbours.entries()) {
      const { namespace, eni } = await addNeighbour(vpc, neighbour);
      peers.push({ name: `n${number}`, namespace, addresses: addressesOf(eni) });
    }
    await ip(vpc.guest, 'link', 'set', 'dev', 'eth0', 'mtu', String(machine.mtu));
    for (const { port } of vpc.enis.values())
      await ip(vpc.router, 'link', 'set', 'dev', port, 'mtu', String(machine.mtu));
    await agentOk(this.host, ['once']);
    const guest = {
      name: 'own',
      namespace: vpc.guest,
      addresses: [...vpc.enis.values()].flatMap(addressesOf),
    };
    this.field = { vpc, guest, peers };
    for (const place of [...peers, guest]) await this.open(place);
  }

  async play(): Promise<void> {
    const field = this.field!;
    const { vpc } = field;
    await this.scene('nothing else', plain(field));

    if (this.machine.vips.length > 0) await this.scene('VIP', await this.addVips());

    const { places, flows } = await addContainers(field);
    for (const place of places) await this.open(place, true);
    // What main has inside of an ENI's networks is seen by a pass.
    await agentOk(this.host!, ['once']);
    await this.scene('containers', flows(field));

    await this.tellPathMtu(vpc);
    await this.scene('Packet Too Big', afterTooBig(field));

    const vpn = await addVpn(field);
    await this.open(vpn, true);
    await this.scene('VPN to 10.0.0.0/8', besideVpn(field, vpn));
    await takeEverything(field);
    await this.scene('VPN to everything', besideEverything(field, vpn));
  }

  async end(): Promise<void> {
    for (const server of this.servers) await server.stop();
    for (const place of this.places) removeNamespace(place.namespace);
    await destroyAgentHost(this.host);
  }

  private async open(place: Place, isOurs = false): Promise<void> {
    if (isOurs) this.places.push(place);
    this.servers.push(await serve(this.field!.vpc, place));
  }

  private async scene(name: string, flows: readonly Flow[]): Promise<void> {
    const { vpc } = this.field!;
    const before = await readSpoofDrops(vpc);
    this.results.push(...(await sendAll(vpc, flows)));
    const after = await readSpoofDrops(vpc);
    for (const [link, drops] of Object.entries(after.byLink)) {
      const count = drops - (before.byLink[link] ?? 0);
      if (count > 0) this.drops.push(`${name}: ${count} from ${link}`);
    }
  }

  /** Addresses on eth1 that the cloud sends there, and the metadata does not name. */
  private async addVips(): Promise<readonly Flow[]> {
    const { vpc, guest } = this.field!;
    const { vips: addresses } = this.machine;
    for (const address of addresses) {
      const six = address.includes(':');
      await ip(
        vpc.guest,
        'addr',
        'add',
        `${address}/${six ? 128 : 32}`,
        'dev',
        'eth1',
        ...(six ? ['nodad'] : []),
      );
      await assignAddress(vpc, 'eth1', address);
    }
    this.servers.push(await serve(vpc, { ...guest, addresses }, false));
    return vips(this.field!, { link: 'eth1', addresses });
  }

  /** The primary sends a packet that is too large for the way to the client, and is told so, in each family. */
  private async tellPathMtu(vpc: Vpc): Promise<void> {
    if (this.machine.mtu === 1500)
      for (const [namespace, link] of [
        [vpc.router, 'client'],
        [vpc.client, 'eth0'],
      ] as const)
        await ip(namespace, 'link', 'set', 'dev', link, 'mtu', '1300');
    for (const family of [4, 6] as const) {
      const [from, to] = [firstAddress(vpc, 'eth0', family), remoteClient.address[family]];
      const ping = ['ping', '-n', '-c', '1', '-W', '1', '-M', 'do', '-s', '1400', '-I', from, to];
      const size = this.machine.mtu === 1500 ? ping : ping.map(word => (word === '1400' ? '8000' : word));
      const isTold = async () => {
        await run(await inNamespace(vpc.guest, size));
        return / mtu 1[35]00/.test(await ip(vpc.guest, 'route', 'get', to, 'from', from));
      };
      if (!(await waitFor(isTold, 10_000))) throw new Error(`the primary is not told the path MTU to ${to}`);
    }
  }
}
