// Generated plans for the property tests: any number of ENIs of any shape that the planner can meet, as inputs of the real planner.
// Shrinks well: fewer ENIs, fewer addresses, smaller subnets. Knows no backend.

import fc from 'fast-check';
import {
  type Cidr,
  type Family,
  type Ip,
  networkAddress,
  networkOf,
  parseIp,
  prefixLengthOf,
} from '../../agent/model/address.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import type { RuleWords } from '../../agent/model/rule-words.ts';
import { type EniInput, type FamilyInput, planEni } from '../../agent/plan/eni-plan.ts';
import { cidr, ip, mac } from './example-plans.ts';

const none: FamilyInput = {
  addresses: [],
  subnets: [],
  gateway: undefined,
  prefixes: [],
  elsewhere: [],
  specifics: [],
};

/** How the names of links look on clouds; the number keeps them apart. */
const linkStyles = ['eth', 'ens', 'enp0s', 'enX', 'enp125s0f'] as const;

/** Whether another ENI has the subnet too, and whether this one brings main's connected route. */
const sharing = fc.constantFrom(
  { shared: false, connected: false },
  { shared: false, connected: true },
  { shared: true, connected: true },
  { shared: true, connected: false },
);

interface FamilyShape {
  readonly subnets: readonly {
    readonly length: number;
    readonly sharing: { shared: boolean; connected: boolean };
    readonly offsets: readonly number[];
    readonly prefix: boolean;
  }[];
  readonly gateway: 'none' | 'inside' | 'link-local' | 'outside';
  readonly outside: number;
  readonly outsidePrefix: boolean;
  /** The machine forwards to the subnets that are the ENI's alone. */
  readonly forward: boolean;
  /** Networks behind its gateway. */
  readonly behind: number;
  /** How many subnets main has on-link by other ENIs. */
  readonly elsewhere: number;
}

function familyShape(family: Family): fc.Arbitrary<FamilyShape> {
  const lengths = family === 4 ? fc.integer({ min: 16, max: 27 }) : fc.constantFrom(48, 56, 64, 80);
  return fc.record({
    subnets: fc.array(
      fc.record({
        length: lengths,
        sharing,
        // Within the smallest subnet, and neither the network, the gateway nor the broadcast address.
        offsets: fc.uniqueArray(fc.integer({ min: 2, max: 14 }), { minLength: 1, maxLength: 5 }),
        prefix: fc.boolean(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    gateway: fc.constantFrom(
      'none',
      'inside',
      ...(family === 6 ? ['link-local' as const] : ['outside' as const]),
    ),
    outside: fc.integer({ min: 0, max: 2 }),
    outsidePrefix: fc.boolean(),
    forward: fc.boolean(),
    behind: fc.integer({ min: 0, max: 2 }),
    elsewhere: fc.integer({ min: 0, max: 2 }),
  }) as fc.Arbitrary<FamilyShape>;
}

/** Networks that no other ENI and no other family of the plan has: `slot` and `index` are in the address. */
function buildFamily(family: Family, slot: number, shape: FamilyShape): FamilyInput {
  const subnets = shape.subnets.map((s, index) => {
    const base = family === 4 ? `${10 + index}.${slot}.0.0` : `2001:db8:${hex(slot)}${index}::`;
    return { ...s, cidr: networkOf(ip(base), s.length), base };
  });
  const inside = subnets.flatMap(s => s.offsets.map(offset => addressAt(s.cidr, offset)));
  const outside = Array.from({ length: shape.outside }, (_, i) =>
    ip(family === 4 ? `192.0.${slot}.${i + 1}` : `2001:db8:ffff:${hex(slot)}::${i + 1}`),
  );
  const prefixes = [
    ...subnets
      .filter(s => s.prefix)
      .map(s =>
        family === 4 ? networkOf(addressAt(s.cidr, 16), 28) : networkOf(addressAt(s.cidr, 16), 124),
      ),
    ...(shape.outsidePrefix
      ? [cidr(family === 4 ? `198.18.${slot}.64/28` : `2001:db8:fffe:${hex(slot)}::/80`)]
      : []),
  ];
  const gateway = gatewayOf(shape.gateway, subnets[0]?.cidr);
  return {
    addresses: [...inside, ...outside],
    subnets: subnets.map(s => ({ cidr: s.cidr, ...s.sharing })),
    gateway,
    behind:
      gateway === undefined
        ? []
        : Array.from({ length: shape.behind }, (_, n) => ({
            destination: cidr(
              family === 4 ? `172.${20 + n}.${slot}.0/24` : `2001:db8:fd0${n}:${hex(slot)}::/64`,
            ),
            gateway,
            metric: 2_000_000_000 + slot,
            inMain: n === 0,
          })),
    prefixes,
    specifics: prefixes,
    ...(shape.forward
      ? {
          forward: subnets.filter(s => !s.sharing.shared).map(s => s.cidr),
          prefixesOfOthers: [cidr(family === 4 ? '10.250.8.16/28' : '2001:db8:fff0::/80')],
        }
      : {}),
    elsewhere: Array.from({ length: shape.elsewhere }, (_, n) =>
      cidr(family === 4 ? `10.${250 + n}.0.0/16` : `2001:db8:fff${n}::/64`),
    ),
  };
}

function gatewayOf(kind: FamilyShape['gateway'], subnet: Cidr | undefined): Ip | undefined {
  if (kind === 'none' || subnet === undefined) return undefined;
  if (kind === 'link-local') return ip('fe80::1');
  return kind === 'outside' ? ip('100.64.0.1') : addressAt(subnet, 1);
}

function addressAt(network: Cidr, offset: number): Ip {
  const base = networkAddress(network);
  if (prefixLengthOf(network) > 32 || base.includes(':')) return parseIp(`${base}${hex(offset)}`)!;
  const parts = base.split('.').map(Number);
  return ip([...parts.slice(0, 3), (parts[3] ?? 0) + offset].join('.'));
}

function hex(n: number): string {
  return n.toString(16);
}

const eniShape = fc.record({
  slot: fc.integer({ min: 0, max: 255 }),
  style: fc.constantFrom(...linkStyles),
  families: fc.constantFrom('4', '6', '46'),
  addressing: fc.constantFrom('static', 'static', 'dhcp', 'awaiting'),
  mtu: fc.option(fc.integer({ min: 1280, max: 9001 }), { nil: undefined }),
  ownTable: fc.boolean(),
  mainDefaultMetric: fc.option(fc.integer({ min: 1, max: 60000 }), { nil: undefined }),
  ipv4: familyShape(4),
  ipv6: familyShape(6),
});

/** @param words as in the host facts that the plan is rendered with */
export function arbitraryPlan(words: RuleWords): fc.Arbitrary<NetworkPlan> {
  return fc.uniqueArray(eniShape, { maxLength: 4, selector: shape => shape.slot }).map(shapes => ({
    primaryLink: 'eth0',
    enis: shapes.toSorted((a, b) => a.slot - b.slot).map(shape => planEni(inputOf(shape, words))),
    skipped: [],
  }));
}

type EniShape = typeof eniShape extends fc.Arbitrary<infer T> ? T : never;

function inputOf(shape: EniShape, words: RuleWords): EniInput {
  const { slot, addressing } = shape;
  // DHCP is for IPv4.
  const dhcp = addressing === 'dhcp' || addressing === 'awaiting';
  const ipv4 = shape.families.includes('4') || dhcp ? buildFamily(4, slot, shape.ipv4) : none;
  const ipv6 = shape.families.includes('6') ? buildFamily(6, slot, shape.ipv6) : none;
  return {
    mac: mac(`00:16:3e:00:01:${hex(slot).padStart(2, '0')}`),
    link: `${shape.style}${slot + 1}`,
    eniId: `eni-${slot}`,
    slot,
    base: 28000,
    table: shape.ownTable ? 5000 + slot : undefined,
    addressing: dhcp ? 'dhcp' : 'static',
    mtu: shape.mtu,
    words,
    mainDefaultMetric: shape.mainDefaultMetric,
    notes: [],
    ipv4: addressing === 'awaiting' ? { ...none, addresses: ipv4.addresses } : ipv4,
    ipv6,
  };
}
