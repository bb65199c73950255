// The first promise, made checkable: what the primary has before an apply it must have after it. And the repair: if something
// in an apply took it away, it is put back in the very words of the kernel.
import { bits, type Family, type Ip } from '../../model/address.ts';
import { metricsOfPrimary } from '../../model/default-metrics.ts';
import type { KernelAddress, KernelState } from '../../model/kernel-state.ts';
import { type EniPlan, isDefaultRoute, mainTable, type NetworkPlan } from '../../model/network-plan.ts';
import { connectivityPenalty } from '../../model/penalty.ts';
import * as s from '../../records/shapes.ts';
import type { System } from '../../system/system.ts';
import { runBatches } from '../live.ts';

export interface PrimarySnapshot {
  readonly link: string | undefined;
  readonly addresses: readonly { readonly family: Family; readonly text: string }[];
  /** Default routes of main on any link that is not one of ours, in the kernel's words. */
  readonly defaultRoutes: readonly { readonly family: Family; readonly text: string }[];
  readonly metadataAddress: Ip | undefined;
  /** How the kernel reaches the metadata service; undefined where it was not asked for. */
  readonly metadataPath: string | undefined;
  /** Links by which it may go just as well: default routes of the same metric as that of the path. */
  readonly metadataTies?: readonly string[];
  /**
   * Addresses on the primary's link that this program has planned itself, since metadata that lied had made an ENI of it: they are no part of the
   * picture. With this change the link goes back to its service. Undefined: it was no ENI's.
   */
  readonly returning?: readonly Ip[] | undefined;
}

const inWords = s.listOf(s.shapeOf({ family: s.family, text: s.line }));

export const primarySnapshot = s.shapeOf<PrimarySnapshot>({
  link: s.optional(s.linkName),
  addresses: inWords,
  defaultRoutes: inWords,
  metadataAddress: s.optional(s.ip),
  metadataPath: s.optional(s.line),
  metadataTies: s.withDefault(s.listOf(s.linkName), []),
  returning: s.optional(s.listOf(s.ip)),
});

/** What to take a picture of. */
export interface PrimaryView {
  readonly link: string | undefined;
  /** Links whose default routes are not the primary's business. */
  readonly ourLinks: ReadonlySet<string>;
  readonly metadataAddress: Ip | undefined;
  readonly returning?: readonly Ip[] | undefined;
}

/** What was planned for the link that is the primary's now. */
export function returningOf(
  { links }: Pick<KernelState, 'links'>,
  primaryLink: string | undefined,
  applied: readonly EniPlan[],
): readonly Ip[] | undefined {
  const mac = links.find(l => l.name === primaryLink)?.mac;
  return applied.find(eni => eni.link === primaryLink && eni.mac === mac)?.addresses.map(a => a.ip);
}

export async function snapshotPrimary(
  system: System,
  state: KernelState,
  view: PrimaryView,
): Promise<PrimarySnapshot> {
  const { link, ourLinks, metadataAddress, returning } = view;
  const metadataPath = metadataAddress === undefined ? undefined : await routeTo(system, metadataAddress);
  return {
    link,
    addresses: state.addresses
      .filter(a => a.link === link && a.scope === 'global' && !isPlanned(a, returning))
      .map(a => ({ family: a.family, text: `${a.ip}/${a.prefixLength}` })),
    defaultRoutes: state.routes
      .filter(r => r.table === mainTable && isDefaultRoute(r) && !ourLinks.has(r.link ?? ''))
      .map(r => ({ family: r.family, text: r.text })),
    metadataAddress,
    metadataPath,
    metadataTies: metadataPath === undefined ? [] : tiesOf(state, linkOf(metadataPath)),
    ...(returning === undefined ? {} : { returning }),
  };
}

/** The service has the same address in its own form: with the length of the subnet, from a lease. */
function isPlanned({ ip, prefixLength }: KernelAddress, returning: readonly Ip[] = []): boolean {
  return returning.includes(ip) && prefixLength === bits(ip);
}

/** What the primary's service has yet to do where the primary comes back to it with this change: a lease takes its time. */
export function stillAway(before: PrimarySnapshot, now: PrimarySnapshot): readonly string[] {
  if (before.returning === undefined) return [];
  if (now.addresses.length === 0)
    return [`the primary link ${now.link} has no address from its network service yet`];
  const isThere = now.metadataPath === before.metadataPath || isByPrimary(now) || isTie(before, now);
  return isThere ? [] : [`the route to the metadata service is "${now.metadataPath}" for now`];
}

/** What the primary has lost (or has differently); empty if nothing. An address or a route that is new is not a loss. */
export function lossesOf(before: PrimarySnapshot, after: PrimarySnapshot): readonly string[] {
  return [
    ...gone(before.addresses, after.addresses).map(
      a => `the primary link ${before.link} lost the address ${a.text}`,
    ),
    ...gone(before.defaultRoutes, after.defaultRoutes).map(r => `the main table lost the route "${r.text}"`),
    ...(before.metadataPath === after.metadataPath ||
    before.returning !== undefined ||
    isByPrimary(after) ||
    isTie(before, after)
      ? []
      : [
          `the route to the metadata service was "${before.metadataPath}" and is now "${after.metadataPath}"`,
        ]),
  ];
}

interface Shown {
  readonly family: Family;
  readonly text: string;
}

function gone(then: readonly Shown[], now: readonly Shown[]): readonly Shown[] {
  return then.filter(t => !now.some(n => n.family === t.family && isSameShown(t.text, n.text)));
}

/**
 * What makes a default route the same: gateways, links and metric; of an IPv4 route with several next hops all of them. `ip` shows IPv6 routes
 * of one metric under the protocol and the MTU of one of them, so those words change when another ENI's route comes or goes. An address is its
 * own text.
 */
function isSameShown(a: string, b: string): boolean {
  if (!a.startsWith('default ')) return a === b;
  const [one, other] = [identity(a), identity(b)];
  const step = Math.abs(one.metric - other.metric);
  // NetworkManager's connectivity check has begun to fail, or to succeed, meanwhile.
  return one.hops === other.hops && (step === 0 || step === connectivityPenalty);
}

function identity(text: string): { readonly hops: string; readonly metric: number } {
  const words = text.split(' ');
  const valuesOf = (word: string) => words.filter((_, i) => words[i - 1] === word);
  return {
    hops: [...valuesOf('via'), ...valuesOf('dev')].join(' '),
    metric: Number(valuesOf('metric')[0] ?? 0),
  };
}

/**
 * A default route of an ENI in main that is not behind the primary's: with the same metric IPv6 makes one route with two next hops of them, and
 * half of what the primary sends leaves by the ENI. The plan has none (plan/main-default.ts), unless the primary's has come or changed since.
 */
export function overtaken({ routes }: KernelState, { primaryLink, enis }: NetworkPlan): readonly string[] {
  const eniLinks = new Set(enis.map(eni => eni.link));
  return enis.flatMap(({ link, routes: planned }) =>
    planned.flatMap(({ family, table, metric, ...route }) => {
      if (table !== mainTable || metric === undefined || !isDefaultRoute(route)) return [];
      const before = metricsOfPrimary({ primaryLink, eniLinks }, family, routes).find(m => m >= metric);
      if (before === undefined) return [];
      return [
        `the IPv${family} default route in main by ${link} has metric ${metric}, and that of the primary has ${before}`,
      ];
    }),
  );
}

/**
 * A catch-all of the image (DHCP on each NIC) gives every ENI a default route in main, and the path to the metadata may have been by one of
 * those. The apply takes them away; by the primary is where the path belongs.
 */
function isByPrimary({ link, metadataPath }: PrimarySnapshot): boolean {
  return link !== undefined && linkOf(metadataPath) === link;
}

/**
 * systemd-networkd gives the default routes of a catch-all one metric (1024), and the kernel takes any of them: another one after each time that
 * they were made anew. Only between links other than the primary: what went by that has to go by it.
 */
function isTie(before: PrimarySnapshot, after: PrimarySnapshot): boolean {
  const link = linkOf(after.metadataPath);
  return !isByPrimary(before) && link !== undefined && before.metadataTies?.includes(link) === true;
}

function tiesOf({ routes }: KernelState, link: string | undefined): readonly string[] {
  const defaults = routes.filter(r => r.table === mainTable && isDefaultRoute(r));
  return defaults
    .filter(({ family, metric }) =>
      defaults.some(r => r.link === link && r.family === family && r.metric === metric),
    )
    .flatMap(r => r.link ?? []);
}

function linkOf(path: string | undefined): string | undefined {
  const words = path?.split(' ') ?? [];
  return words.includes('dev') ? words[words.indexOf('dev') + 1] : undefined;
}

/** Adds again what was lost. Touches the primary only where the apply (or something that it set off) has done so before. */
export async function restorePrimary(
  system: System,
  before: PrimarySnapshot,
  after: PrimarySnapshot,
): Promise<void> {
  for (const { family, text } of gone(before.addresses, after.addresses))
    await runBatches(system, [{ family, lines: [`addr add ${text} dev ${before.link}`] }], true);
  for (const { family, text } of gone(before.defaultRoutes, after.defaultRoutes))
    await runBatches(system, [{ family, lines: [`route add ${text}`] }], true);
}

/** `dev`, `via` and `src` of the kernel's answer; the rest (cache, uid) changes by itself. */
export async function routeTo(system: System, address: Ip): Promise<string> {
  const result = await system.run(['ip', 'route', 'get', address]);
  if (result.exitCode !== 0) return 'unreachable';
  const words = (result.stdout.split('\n')[0] ?? '').trim().split(/\s+/);
  const pick = (word: string) => (words.includes(word) ? [word, words[words.indexOf(word) + 1]] : []);
  return [...pick('via'), ...pick('dev'), ...pick('src')].join(' ');
}
