// Generated machines for the property tests of the plan: an instance of 1 to 20 ENIs and the links and addresses that its kernel
// has. Honest ones are what clouds give (no address twice, prefixes delegated once, subnets that may be shared or overlap);
// lying ones claim what the primary has. Knows no backend and no plan.
import fc from 'fast-check';
import { type Cidr, firstHost, type Ip, type Mac, networkOf, parseMac } from '../../agent/model/address.ts';
import {
  absent,
  type Eni,
  type EniFamily,
  type Instance,
  type Reading,
  unknown,
  value,
} from '../../agent/model/instance.ts';
import type { KernelAddress, KernelLink } from '../../agent/model/kernel-state.ts';
import { cidr, ip } from './example-plans.ts';

export interface Machine {
  readonly instance: Instance;
  readonly links: readonly KernelLink[];
  readonly addresses: readonly KernelAddress[];
}

/** The first two and the last overlap, as a subnet of a VPC and a peer's larger one may: `hosts` is where ENIs get addresses. */
const pool = {
  4: [
    { subnet: cidr('10.0.0.0/22'), hosts: '10.0.0.' },
    { subnet: cidr('10.1.0.0/22'), hosts: '10.1.0.' },
    { subnet: cidr('10.2.0.0/22'), hosts: '10.2.0.' },
    { subnet: cidr('10.0.0.0/15'), hosts: '10.1.8.' },
  ],
  6: [
    { subnet: cidr('2001:db8:0:1::/64'), hosts: '2001:db8:0:1::' },
    { subnet: cidr('2001:db8:0:2::/64'), hosts: '2001:db8:0:2::' },
    { subnet: cidr('2001:db8:0:3::/64'), hosts: '2001:db8:0:3::' },
    { subnet: cidr('2001:db8::/62'), hosts: '2001:db8:0:2:8::' },
  ],
} as const;

const place = fc.integer({ min: 0, max: 3 });
const familyShape = fc.record({
  places: fc.uniqueArray(place, { minLength: 1, maxLength: 2 }),
  count: fc.integer({ min: 1, max: 4 }),
  gateway: fc.constantFrom('inside', 'inside', 'other', 'none'),
  outside: fc.boolean(),
  prefix: fc.constantFrom('none', 'inside', 'outside'),
});
type FamilyShape = typeof familyShape extends fc.Arbitrary<infer T> ? T : never;

const eniShape = fc.record({
  families: fc.constantFrom('4', '46', '46', '6'),
  v4: familyShape,
  v6: familyShape,
  /** A cloud that leaves subnet and gateway to DHCP, before and after the lease. */
  dhcp: fc.constantFrom('no', 'no', 'no', 'awaiting', 'leased'),
  unread: fc.constantFrom('', '', '', '', 'addresses', 'subnets', 'gateway', 'prefixes'),
  linked: fc.constantFrom(true, true, true, false),
  efaOnly: fc.constantFrom(false, false, false, false, true),
});
type EniShape = typeof eniShape extends fc.Arbitrary<infer T> ? T : never;

/** ENI 0 is the primary: it has a link and, in its own readings, everything. */
export const arbitraryMachine: fc.Arbitrary<Machine> = fc
  .array(eniShape, { minLength: 1, maxLength: 20 })
  .map(shapes =>
    machineOf(
      shapes.map((shape, index) =>
        index === 0
          ? { ...shape, dhcp: 'no', unread: '', linked: true, efaOnly: false, families: '46' }
          : shape,
      ),
    ),
  );

const lie = fc.constantFrom('address', 'near', 'subnet', 'prefix', 'prefix-in-prefix', 'mac', 'all');

/** Machines with one ENI whose metadata claims something of the primary's, or everything. */
export const lyingMachine: fc.Arbitrary<Machine> = fc
  .tuple(arbitraryMachine, fc.nat(), lie)
  .filter(([machine]) => machine.instance.enis.length > 1)
  .map(([machine, nat, what]) => {
    const [primary, ...others] = machine.instance.enis as [Eni, ...Eni[]];
    const liar = nat % others.length;
    const enis = others.map((eni, index) => (index === liar ? lieAbout(eni, primary, what) : eni));
    return { ...machine, instance: { ...machine.instance, enis: [primary, ...enis] } };
  });

function lieAbout(eni: Eni, primary: Eni, what: string): Eni {
  const first = valuesOf(primary.ipv4.addresses)[0]!;
  if (what === 'mac') return { ...eni, mac: primary.mac };
  if (what === 'address') return { ...eni, ipv4: { ...eni.ipv4, addresses: value([first]) } };
  // A host of the primary's delegated prefix, and an address of its subnet that the metadata does not list.
  if (what === 'near') return { ...eni, ipv4: { ...eni.ipv4, addresses: value([ip('198.51.100.3')]) } };
  if (what === 'subnet') return { ...eni, ipv4: { ...eni.ipv4, subnets: value([networkOf(first, 29)]) } };
  if (what === 'prefix') return { ...eni, ipv4: { ...eni.ipv4, prefixes: value([networkOf(first, 26)]) } };
  if (what === 'prefix-in-prefix')
    return { ...eni, ipv4: { ...eni.ipv4, prefixes: value([cidr('198.51.100.0/30')]) } };
  return { ...eni, ipv4: { ...eni.ipv4, subnets: value([cidr('0.0.0.0/0')]) } };
}

function machineOf(shapes: readonly EniShape[]): Machine {
  const enis = shapes.map(eniOf);
  const links = enis.flatMap((eni, index) =>
    shapes[index]!.linked && eni.carriesIp ? [linkOf(eni.mac, index)] : [],
  );
  const addresses = enis.flatMap((eni, index) => {
    const listed = [...valuesOf(eni.ipv4.addresses), ...valuesOf(eni.ipv6.addresses)];
    if (eni.primary) return listed.map(a => addressOf('eth0', a, a.includes(':') ? 64 : 22));
    const leased = shapes[index]!.dhcp === 'leased' && shapes[index]!.linked && listed[0] !== undefined;
    return leased ? [addressOf(`eth${index}`, listed[0]!, 22)] : [];
  });
  return { instance: { provider: 'aws', instanceId: 'i-1', enis, problems: [] }, links, addresses };
}

function eniOf(shape: EniShape, index: number): Eni {
  const dhcp = shape.dhcp !== 'no';
  const ipv4 = shape.families.includes('4') || dhcp ? family(4, shape.v4, index, shape.unread) : none;
  const ipv6 = shape.families.includes('6') ? family(6, shape.v6, index, shape.unread) : none;
  return {
    mac: macOf(index),
    id: `eni-${index}`,
    subnetId: undefined,
    primary: index === 0,
    carriesIp: !shape.efaOnly,
    networkCard: 0,
    deviceIndex: index,
    mtu: undefined,
    needsDhcp: dhcp,
    ipv4: shape.efaOnly ? none : dhcp ? { ...ipv4, subnets: absent, gateway: absent } : ipv4,
    ipv6: shape.efaOnly ? none : ipv6,
  };
}

const none: EniFamily = { addresses: absent, subnets: absent, gateway: absent, prefixes: absent };

function family(number: 4 | 6, shape: FamilyShape, index: number, unread: string): EniFamily {
  const places = shape.places.map(p => pool[number][p]!);
  const text = (n: number) => (number === 4 ? String(n) : n.toString(16));
  const addresses = Array.from({ length: shape.count }, (_, n) =>
    ip(`${places[n % places.length]!.hosts}${text(10 + index * 8 + n)}`),
  );
  const outside = ip(number === 4 ? `192.0.2.${index + 1}` : `2001:db8:99::${text(index + 1)}`);
  const family: EniFamily = {
    addresses: value(shape.outside ? [...addresses, outside] : addresses),
    subnets: value(places.map(p => p.subnet)),
    gateway: gatewayOf(number, shape.gateway, places[0]!.subnet),
    prefixes: prefixOf(number, shape.prefix, places[0]!.subnet, index),
  };
  return unread === '' ? family : { ...family, [unread]: unknown('timed out') };
}

function gatewayOf(number: 4 | 6, kind: string, subnet: Cidr): Reading<Ip> {
  if (kind === 'none') return absent;
  if (kind === 'inside') return value(firstHost(subnet));
  return value(ip(number === 4 ? '100.64.0.1' : 'fe80:ec2::1'));
}

/** Inside: part of the subnet, where no ENI has an address. Each ENI has its own. */
function prefixOf(number: 4 | 6, kind: string, subnet: Cidr, index: number): Reading<readonly Cidr[]> {
  if (kind === 'none') return absent;
  const base = subnet.slice(0, subnet.indexOf('/'));
  const n = index * 16;
  if (number === 6)
    return value([
      kind === 'inside'
        ? cidr(
            `${subnet.endsWith('/62') ? '2001:db8:0:0:a' : base.replace('::', ':b')}:${index.toString(16)}::/96`,
          )
        : cidr(`2001:db8:98:${index.toString(16)}::/80`),
    ]);
  if (kind === 'outside') return value([cidr(index === 0 ? '198.51.100.0/28' : `198.18.${index}.0/28`)]);
  const [a, b] = base.split('.');
  const third = (subnet.endsWith('/15') ? 16 : 1) + Math.floor(n / 256);
  return value([cidr(`${a}.${b}.${third}.${n % 256}/28`)]);
}

function valuesOf<T>(reading: Reading<readonly T[]>): readonly T[] {
  return reading.state === 'value' ? reading.value : [];
}

function macOf(index: number): Mac {
  return parseMac(`02:00:00:00:00:${(index + 1).toString(16).padStart(2, '0')}`)!;
}

function linkOf(mac: Mac, index: number): KernelLink {
  return {
    name: `eth${index}`,
    index: index + 2,
    altNames: [],
    mac,
    permanentMac: undefined,
    up: true,
    mtu: 1500,
    master: undefined,
    kind: undefined,
    physical: true,
    group: 0,
    driver: 'ena',
  };
}

function addressOf(link: string, address: Ip, prefixLength: number): KernelAddress {
  const family = address.includes(':') ? 6 : 4;
  return { link, family, ip: address, prefixLength, scope: 'global', tentative: false, dynamic: false };
}
