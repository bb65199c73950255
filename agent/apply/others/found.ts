// What was on the link of an ENI before an apply and is not ours: whatever the apply takes of it, or the service while it loads our file, a
// rollback and `remove` give back (give-back.ts). In the kernel's own words, so that the very same comes back.
import { type EniChange, eniOf } from '../../../renderers/renderer.ts';
import { isLinkLocal, type Mac, networkOf } from '../../model/address.ts';
import {
  addressKey,
  type KernelAddress,
  type KernelRoute,
  type KernelRule,
  type KernelState,
  type Lifetime,
  routeKey,
  ruleKey,
} from '../../model/kernel-state.ts';
import { keptSysctls } from '../../model/link-sysctls.ts';
import type { EniPlan } from '../../model/network-plan.ts';
import * as s from '../../records/shapes.ts';
import type { System } from '../../system/system.ts';
import type { CompareOptions } from '../compare.ts';
import { additionOf, type KernelObject, kernelObjectFields } from '../kernel-objects.ts';
import { isPlannedInMain, ownShaped } from '../own-objects.ts';

export interface FoundLink {
  readonly mac: Mac;
  readonly link: string;
  /** Of the device: another one with this name and this MAC has never had any of it. */
  readonly index: number;
  readonly up: boolean;
  readonly mtu: number;
  /** Key with slashes to value. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** In the order in which they can be added again. */
  readonly objects: readonly FoundObject[];
}

export interface FoundObject extends KernelObject {
  readonly lifetime?: Lifetime | undefined;
}

const foundObject = s.shapeOf<FoundObject>({
  ...kernelObjectFields,
  lifetime: s.optional(s.shapeOf<Lifetime>({ valid: s.number, preferred: s.optional(s.number) })),
});

export const foundLinkFields = {
  mac: s.mac,
  link: s.linkName,
  index: s.count,
  up: s.flag,
  mtu: s.count,
  sysctls: s.tableOf(s.line, s.line),
  objects: s.listOf(foundObject),
};

export const foundLink = s.shapeOf<FoundLink>(foundLinkFields);

export interface FindOptions {
  readonly compare: CompareOptions;
  /** Plans of what is ours on these links. */
  readonly ours: readonly EniPlan[];
}

/** @param changes their links are looked at, as far as they are there and are the ENIs' */
export async function findOn(
  system: System,
  kernel: KernelState,
  changes: readonly EniChange[],
  { compare, ours }: FindOptions,
): Promise<readonly FoundLink[]> {
  const enis = new Map(changes.map(eniOf).map(eni => [`${eni.mac} ${eni.link}`, eni]));
  const found = [...enis.values()].flatMap(eni => {
    const link = kernel.links.find(l => l.name === eni.link && l.mac === eni.mac);
    return link === undefined ? [] : [{ eni, link }];
  });
  return Promise.all(
    found.map(async ({ eni: { mac }, link: { name, index, up, mtu } }) => ({
      mac,
      link: name,
      index,
      up,
      mtu,
      sysctls: await readSysctls(system, name),
      objects: objectsOn(
        kernel,
        name,
        ours.filter(plan => plan.mac === mac),
        compare,
      ),
    })),
  );
}

/** The links that an apply may take something from: those that it takes over, and those that it takes down. */
export function touchesOthers(change: EniChange, applied: readonly EniPlan[]): boolean {
  return change.kind !== 'changed' || !applied.some(eni => eni.mac === change.after.mac);
}

/** A key with slashes per setting that this link has. */
export async function readSysctls(system: System, link: string): Promise<Readonly<Record<string, string>>> {
  const values = await Promise.all(
    keptSysctls(link).map(async key => {
      const value = (await system.readFile(`/proc/sys/${key}`).catch(() => undefined))?.trim();
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  return Object.fromEntries(values.flat());
}

/** What of these stands in the kernel, whatever its lifetime. */
export function keysOn(kernel: KernelState): ReadonlySet<string> {
  return new Set([
    ...kernel.addresses.flatMap(a => [addressKey(a), foundKey(a)]),
    ...kernel.routes.map(routeKey),
    ...kernel.rules.map(keyOfRule),
  ]);
}

function objectsOn(
  kernel: KernelState,
  link: string,
  ours: readonly EniPlan[],
  { base }: CompareOptions,
): readonly FoundObject[] {
  const planned = ours.flatMap(plan => plan.addresses);
  // A lease has whatever length the client gives it.
  const isOwn = (a: KernelAddress) =>
    planned.some(p => p.ip === a.ip && (p.dynamic || p.prefixLength === a.prefixLength));
  const tables = new Set(ours.map(plan => plan.table));
  const rules = new Set(ours.flatMap(plan => ownShaped(kernel, plan, base).map(o => o.key)));
  const on = kernel.addresses.filter(a => a.link === link);
  const subnets = new Set(on.filter(isOwn).map(a => networkOf(a.ip, a.prefixLength)));
  const isOurs = (r: KernelRoute) =>
    tables.has(r.table) ||
    ours.some(plan => isPlannedInMain(r, plan)) ||
    (r.protocol === 'kernel' && subnets.has(r.destination));
  const routes = kernel.routes.filter(r => r.link === link && !isKernels(r) && !isOurs(r));
  const byGateway = (r: KernelRoute) => Number(r.gateway !== undefined);
  const own = new Set(kernel.routes.filter(r => r.link === link && r.table < 253).map(r => r.table));
  return [
    ...on.filter(a => isSomebodys(a) && !isOwn(a)).map(addressFound),
    ...routes.toSorted((a, b) => byGateway(a) - byGateway(b)).map(routeFound),
    ...kernel.rules.filter(rule => goesBy(rule, link, own) && !rules.has(ruleKey(rule))).flatMap(ruleFound),
  ];
}

/** Not what the kernel adds by itself: link-local addresses, and the temporary ones (RFC 8981), which nobody can add. */
function isSomebodys(a: KernelAddress): boolean {
  return a.scope !== 'host' && !(a.family === 6 && isLinkLocal(a.ip)) && a.text !== undefined;
}

/** Those that each IPv6 link has, and one whose words are not all here. */
function isKernels(r: KernelRoute): boolean {
  return /^(fe80::\/(64|10)|ff00::\/8)$/.test(r.destination) || (r.opaque ?? '').includes('nexthop');
}

function goesBy(rule: KernelRule, link: string, tables: ReadonlySet<number>): boolean {
  const words = rule.text?.split(' ') ?? [];
  const named = ['iif', 'oif'].some(word => words.includes(word) && words[words.indexOf(word) + 1] === link);
  return named || (rule.table !== undefined && tables.has(rule.table));
}

function addressFound(a: KernelAddress): FoundObject {
  return {
    key: foundKey(a),
    kind: 'address',
    family: a.family,
    // An address may stand there with another lifetime: that of ours, which is none.
    add: `addr ${a.dynamic ? 'replace' : 'add'} ${a.text} dev ${a.link}${a.family === 6 ? ' nodad' : ''}`,
    remove: '',
    lifetime: a.lifetime,
  };
}

function foundKey(a: KernelAddress): string {
  return `${addressKey(a)}${a.dynamic ? ' (with a lifetime)' : ''}`;
}

/**
 * An IPv6 route whose destination and metric another link has as well is refused ("File exists"): `append` would make one route of two
 * hops of them, and the primary's packets would leave by both. What a router has brought comes again with its next advertisement.
 */
function routeFound(r: KernelRoute): FoundObject {
  const lifetime = r.expires === undefined ? undefined : { valid: r.expires };
  return { key: routeKey(r), kind: 'route', family: r.family, add: additionOf(r), remove: '', lifetime };
}

function ruleFound(rule: KernelRule): readonly FoundObject[] {
  // `[detached]` and the like are remarks, no words that `ip rule add` takes.
  if (rule.text === undefined || rule.text.includes('[')) return [];
  const add = `rule add ${rule.text} priority ${rule.priority}`;
  return [{ key: keyOfRule(rule), kind: 'rule', family: rule.family, add, remove: '' }];
}

function keyOfRule(rule: KernelRule): string {
  return `${ruleKey(rule)} ${rule.opaque ?? ''}`.trim();
}
