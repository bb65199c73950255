// One port of the VPC's router: the far end of an ENI's cable. It knows which addresses the cloud has assigned to the ENI,
// routes exactly those to it, answers for the neighbours of a shared subnet, and drops every packet whose source is not
// one of them. That last thing is what a real VPC does, and why a wrong source NIC means silence and not a detour.
import type { Ip } from '../../agent/model/address.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import { runOk } from './command.ts';
import { inNamespace, ip, ipBatch, runIn } from './namespace.ts';
import { hostLength, routerLinkLocal, type SubnetPort, type VpcEni } from './vpc-spec.ts';

/** `veth`: to a namespace. `tap`: to a VM (test/vm), whose program opens the port and gives its NIC the MAC. */
export type Cable = 'veth' | 'tap';

/**
 * Plugs the ENI in: a veth made in the router, whose other end appears in the guest with name and MAC already set; or a tap, whose other
 * end is for a VM's program to take.
 */
export async function plugPort(
  router: string,
  guest: string,
  provider: ProviderName,
  eni: VpcEni,
  cable: Cable = 'veth',
): Promise<void> {
  const { port } = eni;
  const [high, low] = [eni.index >> 8, eni.index & 255].map(byte => byte.toString(16).padStart(2, '0'));
  const routerMac = `02:fe:00:00:${high}:${low}`;
  await runIn(router, ['nft', '-f', '-'], filterTable(eni));
  await ipBatch(router, [
    ...(cable === 'tap'
      ? [`tuntap add dev ${port} mode tap`, `link set dev ${port} address ${routerMac}`]
      : [
          `link add name ${port} address ${routerMac} type veth peer name ${eni.link} address ${eni.mac} netns ${guest}`,
        ]),
    // No address of its own choice: a test that counts IPv6 default routes must know every router address.
    `link set dev ${port} addrgenmode none`,
  ]);
  await runIn(router, [
    'sysctl',
    '-qw',
    `net.ipv4.conf.${port}.rp_filter=0`,
    // The router stands between all hosts of a subnet, so it answers ARP for those behind other ports. The kernel waits up
    // to 0.8 s before a proxy answer; a VPC does not.
    `net.ipv4.conf.${port}.proxy_arp=1`,
    `net.ipv4.neigh.${port}.proxy_delay=0`,
    `net.ipv6.conf.${port}.proxy_ndp=1`,
    `net.ipv6.neigh.${port}.proxy_delay=0`,
    `net.ipv6.conf.${port}.accept_ra=0`,
  ]);
  await ipBatch(router, [
    `link set dev ${port} up`,
    `addr add ${routerLinkLocal(provider)}/64 dev ${port} nodad`,
    ...gatewayAddresses(eni).map(
      address => `addr add ${address} dev ${port}${address.includes(':') ? ' nodad noprefixroute' : ''}`,
    ),
  ]);
  await ipBatch(
    router,
    eni.subnets.flatMap(subnet => [
      ...subnet.addresses.map(address => routeLine('add', port, address)),
      // A delegated prefix is sent to the ENI itself, not looked for on its subnet.
      ...subnet.prefixes.map(prefix => `route add ${prefix} via ${subnet.addresses[0]} dev ${port} onlink`),
    ]),
  );
}

/** Pulls the cable: the guest's link, the routes and the port's filter are gone. With `keepFilter` the drop counts stay. */
export async function unplugPort(router: string, eni: VpcEni, keepFilter = false): Promise<void> {
  await ip(router, 'link', 'del', 'dev', eni.port);
  if (!keepFilter) await runIn(router, ['nft', 'delete', 'table', 'inet', eni.port]);
}

/** Tells the router that the cloud has assigned (or unassigned) one address of this ENI. */
export async function routeAddress(
  router: string,
  eni: VpcEni,
  address: Ip,
  verb: 'add' | 'del',
): Promise<void> {
  const set = address.includes(':') ? 'v6' : 'v4';
  await runIn(router, [
    'nft',
    verb === 'add' ? 'add' : 'delete',
    'element',
    'inet',
    eni.port,
    set,
    `{ ${address} }`,
  ]);
  await ipBatch(router, [routeLine(verb, eni.port, address)]);
}

/** Packets that this port dropped because their source was not the ENI's, per family. */
export async function readDrops(
  router: string,
  eni: VpcEni,
): Promise<{ readonly v4: number; readonly v6: number }> {
  const argv = await inNamespace(router, ['nft', '-j', 'list', 'counters', 'table', 'inet', eni.port]);
  const listed = JSON.parse(await runOk(argv)) as {
    nftables: readonly { counter?: { name: string; packets: number } }[];
  };
  const packets = (name: string) =>
    listed.nftables.find(item => item.counter?.name === name)?.counter?.packets ?? 0;
  return { v4: packets('spoofed4'), v6: packets('spoofed6') };
}

/** The address lines of a port. IPv4: /32, so that two ports of one subnet do not compete; IPv6: noprefixroute instead, because
 * dnsmasq only advertises a prefix that an address of the port has. */
function gatewayAddresses(eni: VpcEni): readonly string[] {
  const lines = eni.subnets
    .filter(subnet => !subnet.gateway.startsWith('fe80:'))
    .map(subnet => (subnet.family === 4 ? `${subnet.gateway}/32` : `${subnet.gateway}/64`));
  const advertised = eni.subnets.filter(subnet => eni.advertise && subnet.gateway.startsWith('fe80:'));
  return [...new Set([...lines, ...advertised.map(advertisedAddress)])];
}

// On AWS the router has no global address in the subnet; to advertise the prefix dnsmasq needs one all the same.
function advertisedAddress(subnet: SubnetPort): string {
  return `${subnet.subnet.replace(/\/64$/, '')}1/64`;
}

function routeLine(verb: 'add' | 'del', port: string, address: Ip): string {
  return `route ${verb} ${address}/${hostLength(address)} dev ${port}`;
}

// One table per port, so that attach and detach are one command each and never reset another port's counts.
// Priority raw: before the routing decision, so that even packets for the router itself (metadata, gateway pings) are held to it.
function filterTable(eni: VpcEni): string {
  const set = (name: string, family: 4 | 6, pick: (subnet: SubnetPort) => readonly string[], flags = '') => {
    const all = eni.subnets.filter(subnet => subnet.family === family).flatMap(pick);
    const elements = all.length === 0 ? '' : `\n    elements = { ${all.join(', ')} }`;
    return `  set ${name} {\n    type ipv${family}_addr${flags}${elements}\n  }`;
  };
  const interval = '\n    flags interval';
  return `add table inet ${eni.port}
delete table inet ${eni.port}
table inet ${eni.port} {
${set('v4', 4, subnet => subnet.addresses)}
${set('v6', 6, subnet => subnet.addresses)}
${set('prefixes4', 4, subnet => subnet.prefixes, interval)}
${set('prefixes6', 6, subnet => subnet.prefixes, interval)}
  counter spoofed4 {
  }
  counter spoofed6 {
  }
  chain antispoofing {
    type filter hook prerouting priority raw; policy accept;
    iifname != "${eni.port}" accept
    ip saddr @v4 accept
    ip saddr @prefixes4 accept
    ip saddr 0.0.0.0 udp dport 67 accept
    ip6 saddr @v6 accept
    ip6 saddr @prefixes6 accept
    ip6 saddr fe80::/10 accept
    ip6 saddr :: accept
    meta nfproto ipv4 counter name spoofed4 drop
    counter name spoofed6 drop
  }
}
`;
}
