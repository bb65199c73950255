// The same host under five schemes of policy routing, as lines for `ip -batch`: none, the agent's (from the real planner) without and with
// the rules by mark of published-ports, one rule per address (amazon-ec2-net-utils), two per address (nm-cloud-setup). Addresses, links and neighbours are the same in all. Pure.

import { planObjects } from '../../agent/apply/kernel-objects.ts';
import { defaultSettings } from '../../agent/config/read-settings.ts';
import { freshMachine } from '../../agent/plan/plan-input.ts';
import { planNetwork } from '../../agent/plan/plan-network.ts';
import type { VpcEni } from '../lab/vpc-spec.ts';
import { allWords } from '../support/example-plans.ts';
import { addressOn, eniOf, familyOf, instanceOf, nic } from '../support/plan-parts.ts';

export const schemes = [
  'no rules',
  'eni-agent',
  'eni-agent, published-ports',
  'one rule per address',
  'two rules per address',
] as const;
export type Scheme = (typeof schemes)[number];

/** Nobody has it: the far end throws such packets away, after they have left. */
const nobody = '02:ff:00:00:00:01';

/** Lines for `ip -4 -batch` in a namespace that has the links, primary first. */
export function schemeLines(scheme: Scheme, enis: readonly VpcEni[]): readonly string[] {
  const secondaries = enis.slice(1);
  const addresses = secondaries.flatMap(eni => addressesOf(eni).map(a => `addr add ${a}/32 dev ${eni.link}`));
  const rules = {
    'no rules': [],
    'eni-agent': planLines(enis),
    'eni-agent, published-ports': planLines(enis, true),
    'one rule per address': secondaries.flatMap(onePerAddress),
    'two rules per address': twoPerAddress(enis),
  }[scheme];
  // The plan brings its own addresses.
  return [...baseLines(enis), ...(scheme.startsWith('eni-agent') ? [] : addresses), ...rules];
}

/** What the agent wants of the secondary ENIs, in the order in which it can be added: addresses, routes, rules. */
export function planLines(enis: readonly VpcEni[], publishedPorts = false): readonly string[] {
  const mac = (n: number) => ({ mac: enis[n]!.mac });
  const { plan } = planNetwork({
    ...freshMachine,
    instance: instanceOf(
      ...enis.map((eni, n) =>
        eniOf(n, familyOf(addressesOf(eni), [subnetOf(eni).subnet], subnetOf(eni).gateway), mac(n)),
      ),
    ),
    links: enis.map((_, n) => nic(n, mac(n))),
    addresses: addressesOf(enis[0]!).map(a => addressOn('eth0', `${a}/24`)),
    settings: { ...defaultSettings, routing: { ...defaultSettings.routing, publishedPorts } },
    words: allWords,
  });
  return plan.enis.flatMap(eni => planObjects(eni, { ruleProtocol: true }).map(o => o.add));
}

/** The primary, every link up, and a neighbour entry for each gateway. */
function baseLines(enis: readonly VpcEni[]): readonly string[] {
  const [primary] = enis;
  return [
    ...enis.map(eni => `link set dev ${eni.link} up`),
    ...addressesOf(primary!).map(a => `addr add ${a}/24 dev ${primary!.link}`),
    `route add default via ${subnetOf(primary!).gateway}`,
    ...enis.map(
      eni => `neigh replace ${subnetOf(eni).gateway} lladdr ${nobody} nud permanent dev ${eni.link}`,
    ),
  ];
}

// Version 2.4.1: table and priority are 10000 and the device number; none for the primary.
function onePerAddress(eni: VpcEni): readonly string[] {
  const number = 10_000 + eni.index;
  return [
    ...tableLines(eni, number),
    ...addressesOf(eni).map(a => `rule add from ${a} lookup ${number} priority ${number}`),
  ];
}

// Version 1.52: 30200 for the subnet, 30350 for what main knows better, 30400 for the default; the primary has them too.
function twoPerAddress(enis: readonly VpcEni[]): readonly string[] {
  const suppress = 'rule add lookup main suppress_prefixlength 0 priority 30350';
  return [
    suppress,
    ...enis.flatMap(eni => {
      const [near, far] = [30_200 + eni.index, 30_400 + eni.index];
      return [
        `route add ${subnetOf(eni).subnet} dev ${eni.link} table ${near}`,
        `route add default via ${subnetOf(eni).gateway} dev ${eni.link} onlink table ${far}`,
        ...addressesOf(eni).flatMap(a =>
          [near, far].map(number => `rule add from ${a} lookup ${number} priority ${number}`),
        ),
      ];
    }),
  ];
}

function tableLines(eni: VpcEni, table: number): readonly string[] {
  return [
    `route add ${subnetOf(eni).subnet} dev ${eni.link} table ${table}`,
    `route add default via ${subnetOf(eni).gateway} dev ${eni.link} onlink table ${table}`,
  ];
}

function addressesOf(eni: VpcEni): readonly string[] {
  return subnetOf(eni).addresses;
}

function subnetOf(eni: VpcEni) {
  return eni.subnets[0]!;
}
