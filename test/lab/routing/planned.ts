// A made-up machine as the planner's input, and its plan as `ip` lines.

import { type KernelObject, planObjects } from '../../../agent/apply/kernel-objects.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import type { Family } from '../../../agent/model/address.ts';
import { absent, type EniFamily, value } from '../../../agent/model/instance.ts';
import { mainRoutesOfOthers } from '../../../agent/plan/own-networks.ts';
import { type PlanResult, planNetwork } from '../../../agent/plan/plan-network.ts';
import { allWords } from '../../support/example-plans.ts';
import {
  addressOn,
  eniOf,
  instanceOf,
  nic as nicOf,
  plainOptions,
  routeBy,
} from '../../support/plan-parts.ts';
import { linkOf, type Machine, type Nic, networkOf, type Side } from './machine.ts';
import { cidrText, ipText, type Net } from './net.ts';

export function planOf(machine: Machine, kept?: PlanResult['slots']): PlanResult {
  const { nics, group } = machine;
  const enis = nics.map(n => eniOf(n.number, familyOf(n.sides[4]), { ipv6: familyOf(n.sides[6]) }));
  return planNetwork({
    instance: instanceOf(...enis),
    links: nics.map(n => nicOf(n.number, { group: n.number === 0 && group ? 28000 : 0 })),
    addresses: nics.filter(n => n.number === 0 || n.claimed).flatMap(addressesOf),
    settings: {
      ...defaultSettings,
      enis: new Map(
        enis.map((e, i) => [
          e.mac,
          {
            ...plainOptions,
            connectedRoute: nics[i]!.connected,
            forward: nics[i]!.forwards === true,
            routes: (nics[i]!.behind ?? []).map(b => ({
              destination: cidrText(b),
              gateway: ipText(b.gateway),
            })),
          },
        ]),
      ),
    },
    keptSlots: kept ?? new Map(),
    occupiedSlots: new Set(),
    leases: new Map(),
    learnedSubnets: new Map(),
    words: { ...allWords, primaryGroup: group ? allWords.primaryGroup : undefined },
    mainRoutes: mainRoutesOfOthers({ links: [], addresses: [], rules: [], routes: mainRoutes(machine) }),
    claims: new Map(nics.filter(n => n.claimed).map(n => [linkOf(n), 'somebody'])),
  });
}

/** The plan's own lines, in the order in which they are added. */
export function planLines(result: PlanResult, family: Family): readonly string[] {
  return objectsOf(result)
    .filter(o => o.family === family)
    .map(o => o.add);
}

export const objectsOf = ({ plan }: PlanResult): readonly KernelObject[] =>
  plan.enis.flatMap(eni => planObjects(eni, { ruleProtocol: true }));

/** What main has: the primary's, those of ENIs that others configure, bridges, VPNs, and what an administrator has added. */
function mainRoutes({ nics, others, statics }: Machine) {
  const connected = nics
    .filter(n => n.number === 0 || n.claimed)
    .flatMap(n => subnetsInMain(n).map(s => routeBy(linkOf(n), cidrText(s), { protocol: 'kernel' })));
  return [
    ...connected,
    ...statics.map(s => routeBy('eth0', cidrText(s))),
    ...others.flatMap(o => [
      ...o.addresses.map(a => routeBy(o.link, cidrText(networkOf(a)), { protocol: 'kernel' })),
      ...o.routes.map(r => routeBy(o.link, cidrText(r))),
    ]),
  ];
}

const subnetsInMain = ({ sides }: Nic): readonly Net[] => [...sides[4].subnets, ...sides[6].subnets];

const addressesOf = (n: Nic) =>
  [n.sides[4], n.sides[6]].flatMap(s =>
    [...s.addresses, ...s.vips].map(a =>
      addressOn(linkOf(n), `${ipText(a)}/${s.subnets[0]?.length ?? a.length}`),
    ),
  );

function familyOf({ addresses, subnets, gateway, prefixes }: Side): EniFamily {
  const list = <T>(from: readonly Net[], text: (n: Net) => T) =>
    from.length === 0 ? absent : value(from.map(text));
  return {
    addresses: list(addresses, ipText),
    subnets: list(subnets, cidrText),
    gateway: gateway === undefined ? absent : value(ipText(gateway)),
    prefixes: list(prefixes, cidrText),
  };
}
