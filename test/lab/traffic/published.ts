// Ports that containers publish, as Docker's rules do it, and what is sent to them.
import { type AgentHost, agentOk } from '../agent-host.ts';
import { guestOk, runInGuest } from '../guest-commands.ts';
import { removeGuestFile, writeGuestFile } from '../guest-files.ts';
import { readSpoofDrops } from '../vpc.ts';
import { addBehind, letForward } from './behind.ts';
import { type Flow, inbound, outbound, ownOf, sendAll } from './flows.ts';
import type { Kinds } from './kinds.ts';
import { boundPort, type Place } from './places.ts';
import type { Field } from './scenes.ts';
import { openBehind, type Stage } from './stage.ts';
import type { Result } from './table.ts';

/** On every address of the guest; the container listens on another one. */
const publishedPort = 8001;
const config = '/etc/eni-agent/eni-agent.conf.d/published.conf';

const kinds: Kinds = {
  'published: TCP': { kind: 'tcp', port: publishedPort, bytes: 100 },
  'published: TCP, 300 kB there and back': { kind: 'tcp', port: publishedPort, bytes: 300_000 },
  'published: UDP': { kind: 'udp', port: publishedPort, bytes: 100 },
};

const containers = [
  { link: 'docker0', four: '172.17.0', six: 'fd00:17:' },
  { link: 'br-other', four: '172.18.0', six: 'fd00:18:' },
];

/** Two networks of containers; the first host of the first one has the published port. */
export async function addPublished(stage: Stage): Promise<readonly Place[]> {
  const { vpc } = stage.field;
  await letForward(vpc);
  const places: Place[] = [];
  for (const { link, four, six } of containers)
    places.push(
      await addBehind(vpc, {
        link,
        nets: [
          { gateway: `${four}.1/16`, address: `${four}.2` },
          { gateway: `${six}:1/64`, address: `${six}:2` },
        ],
      }),
    );
  await openBehind(stage, places);
  await publish(stage.host);
  return places;
}

/** The chains of Docker (28, without its userland proxy), by the `iptables` of the guest, which writes nftables. */
export async function publish({ guest }: AgentHost): Promise<void> {
  for (const [program, local, net, to] of [
    ['iptables', '127.0.0.0/8', '172.17.0.0/16', '172.17.0.2:'],
    ['ip6tables', '::1/128', 'fd00:17::/64', '[fd00:17::2]:'],
  ]) {
    const nat = `${program} -t nat`;
    const address = to!.replace(/[[\]]|:$/g, '');
    const dnat = (protocol: string) =>
      `${nat} -A DOCKER -p ${protocol} --dport ${publishedPort} -j DNAT --to-destination ${to}${boundPort}`;
    const lines = [
      `${nat} -N DOCKER`,
      `${nat} -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER`,
      `${nat} -A OUTPUT ! -d ${local} -m addrtype --dst-type LOCAL -j DOCKER`,
      `${nat} -A POSTROUTING -s ${net} ! -o docker0 -j MASQUERADE`,
      ...['tcp', 'udp'].flatMap(protocol => [
        `${nat} -A POSTROUTING -s ${address} -d ${address} -p ${protocol} --dport ${boundPort} -j MASQUERADE`,
        dnat(protocol),
      ]),
    ];
    await guestOk(guest, ['sh', '-ec', lines.join('\n')]);
  }
}

/** From everywhere around, from the guest itself, and from a container of the other network. */
export function toPublished(
  { vpc, guest, peers }: Field,
  [, other]: readonly Place[],
  note = '',
): readonly Flow[] {
  const own = ownOf(vpc);
  const self = { ...guest, name: 'own' };
  const enis = own.filter(({ link }) => link !== 'eth0');
  return [
    ...inbound(enis, peers, kinds, note),
    ...outbound(guest, enis, [self], kinds, `${note}from the guest itself`),
    ...inbound(enis, other === undefined ? [] : [other], kinds, `${note}from another container`),
  ];
}

/** What the primary's address has published works without the agent, and goes on. */
export function toPrimary({ vpc, peers }: Field): readonly Flow[] {
  return inbound(
    ownOf(vpc).filter(({ link }) => link === 'eth0'),
    peers.filter(p => p.name === 'c' || p.name === 'n0'),
    kinds,
    'by the primary',
  );
}

export interface Sent {
  readonly results: readonly Result[];
  readonly drops: number;
}

export async function sendCounted({ field }: Stage, flows: readonly Flow[]): Promise<Sent> {
  const sum = async () =>
    Object.values((await readSpoofDrops(field.vpc)).byLink).reduce((all, count) => all + count, 0);
  const before = await sum();
  const results = await sendAll(field.vpc, flows);
  return { results, drops: (await sum()) - before };
}

export async function switchTo(host: AgentHost, on: boolean): Promise<void> {
  if (on) writeGuestFile(host.guest, config, '[routing]\npublished-ports = yes\n');
  else removeGuestFile(host.guest, config);
  await agentOk(host, ['once']);
}

/** What marks, by the tools themselves; empty where nothing does. */
export async function marking({ guest }: AgentHost): Promise<string> {
  const text = await runInGuest(guest, ['nft', 'list', 'ruleset']);
  return text.stdout
    .split('\n')
    .filter(line => /meta mark set|ENI-AGENT/.test(line))
    .join('\n');
}

/** As `wg-quick` leaves a tunnel that takes everything, started before the agent: its rules, and its marks in the mangle table. */
export async function addWgQuick({ guest }: AgentHost): Promise<() => Promise<void>> {
  const lines = ['-4', '-6'].flatMap(family => [
    `ip ${family} route add default dev wg0 table 51820`,
    `ip ${family} rule add not fwmark 51820 table 51820 priority 32765`,
    `ip ${family} rule add table main suppress_prefixlength 0 priority 32764`,
  ]);
  const marks = ['iptables', 'ip6tables'].flatMap(program => [
    `${program} -t mangle -I POSTROUTING -m mark --mark 51820 -p udp -j CONNMARK --save-mark`,
    `${program} -t mangle -I PREROUTING -p udp -j CONNMARK --restore-mark`,
  ]);
  const link = ['ip link add wg0 type bridge', 'ip link set wg0 up', 'ip addr add 10.99.0.2/32 dev wg0'];
  const rules = lines.filter(line => line.includes(' rule '));
  await guestOk(guest, ['sh', '-ec', [...link, ...lines, ...marks].join('\n')]);
  // The tunnel takes the way to the metadata service too.
  return async () => {
    const undo = [...rules, ...marks].map(line =>
      line.replace(' rule add ', ' rule del ').replace(' -I ', ' -D '),
    );
    await guestOk(guest, ['sh', '-ec', ['ip link del wg0', ...undo].join('\n')]);
  };
}
