// What administrators and other programs add to the guest: static routes by the primary, and a firewall with the rules of a VPN beside it. Each is
// taken away again after its scene.
import { ip, ipBatch, runIn } from '../namespace.ts';
import { eniOf, type Vpc } from '../vpc.ts';
import { byDevice, type Flow, inbound, outbound, ownOf } from './flows.ts';
import { fewIn, fewOut } from './kinds.ts';
import type { Field } from './scenes.ts';

export type Undo = () => Promise<void>;

const clientNets = { 4: '203.0.113.0/24', 6: '2001:db8:ffff::/64' };

/** A way to the client by the gateway of the primary, in main: no ENI may take it. */
export async function addStaticRoutes({ vpc }: Field): Promise<Undo> {
  const routes = eniOf(vpc, 'eth0').subnets.map(
    ({ family, gateway }) => `${clientNets[family]} via ${gateway} dev eth0`,
  );
  const all = (verb: 'add' | 'del') =>
    ipBatch(
      vpc.guest,
      routes.map(route => `route ${verb} ${route}`),
    );
  await all('add');
  return () => all('del');
}

export function besideStaticRoutes(field: Field): readonly Flow[] {
  const client = field.peers.filter(p => p.name === 'c');
  return few({ ...field, peers: client }, 'static route by eth0');
}

/** As firewalld has it for IPv6 (IPv6_rpfilter=strict), and `iptables -m rpfilter` for both. */
const firewall = `table inet lab-firewall {
  chain reverse-path {
    type filter hook prerouting priority -290; policy accept;
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    fib saddr . mark . iif oif missing drop
  }
}
`;
const tailscale = [
  '5210 fwmark 0x80000/0xff0000 lookup main',
  '5230 fwmark 0x80000/0xff0000 lookup default',
  '5250 fwmark 0x80000/0xff0000 unreachable',
  '5270 lookup 52',
];

/** A check of the reverse path by netfilter, tailscaled's rules, and the local table behind rules of others, where some VPNs move it. */
export async function addFirewall({ vpc }: Field): Promise<Undo> {
  await runIn(vpc.guest, ['nft', '-f', '-'], firewall);
  await rules(vpc, 'add', [...tailscale, '5300 lookup local']);
  await rules(vpc, 'del', ['0 lookup local']);
  return async () => {
    await rules(vpc, 'add', ['0 lookup local']);
    await rules(vpc, 'del', [...tailscale, '5300 lookup local']);
    await runIn(vpc.guest, ['nft', 'delete', 'table', 'inet', 'lab-firewall']);
  };
}

export function besideFirewall(field: Field): readonly Flow[] {
  return few(field, 'beside a firewall and Tailscale');
}

function few({ vpc, guest, peers }: Field, note: string): readonly Flow[] {
  const own = ownOf(vpc);
  return [
    ...inbound(own, peers, fewIn, note),
    ...outbound(guest, own, peers, fewOut, note),
    ...byDevice(guest, own, peers, note),
  ];
}

async function rules({ guest }: Vpc, verb: 'add' | 'del', lines: readonly string[]): Promise<void> {
  for (const family of ['-4', '-6'])
    for (const line of lines) await ip(guest, family, 'rule', verb, 'priority', ...line.split(' '));
}
