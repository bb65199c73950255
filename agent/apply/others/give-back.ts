// Gives links back as they were found: up or down, sysctls, addresses, then routes (those without a gateway first), then rules. Only what is
// missing, only on the very device, never on the primary's link (unless that was taken over by mistake), and never an address that is somebody
// else's by now.
import type { Ip } from '../../model/address.ts';
import { type Eni, valueOr } from '../../model/instance.ts';
import type { KernelLink, KernelState, Lifetime } from '../../model/kernel-state.ts';
import { isDefaultRoute, mainTable } from '../../model/network-plan.ts';
import { readKernelState } from '../../system/kernel/reader.ts';
import type { ApplyContext } from '../apply-context.ts';
import type { KernelObject } from '../kernel-objects.ts';
import { runBatches } from '../live.ts';
import { type FoundLink, type FoundObject, keysOn, readSysctls } from './found.ts';

export interface Return extends FoundLink {
  /** When it was read, in milliseconds since the epoch: what had a lifetime then has less of it now. */
  readonly since: number;
}

export interface GiveBackOptions {
  /** As the cloud has them: an address of one ENI is not put back on the link of another one. */
  readonly enis: readonly Eni[];
  /** The change has not lasted: a link that was down is set down again if nobody has anything on it. */
  readonly undoes: boolean;
  /** The primary's link was taken for an ENI's by mistake, and goes back as well. */
  readonly primaryToo?: boolean;
}

/** @returns what of it stands in the kernel now; what cannot be put back is said in the log */
export async function giveBack(
  context: ApplyContext,
  returns: readonly Return[],
  { enis, undoes, primaryToo = false }: GiveBackOptions,
): Promise<readonly KernelObject[]> {
  const { system, log, facts } = context;
  if (returns.length === 0) return [];
  const before = await readKernelState(system);
  const links = returns.flatMap(found => {
    const link = before.links.find(l => l.name === found.link);
    const isSame = link !== undefined && link.mac === found.mac && link.index === found.index;
    return isSame && (primaryToo || link.name !== facts.primaryLink) ? [{ found, link }] : [];
  });
  for (const { found, link } of links) await giveLinkBack(context, before, found, link, undoes);
  // On the primary a lease is its service's to have again, in its own words.
  const isLeft = (link: string, o: FoundObject) => link !== facts.primaryLink || !isOfLease(o);
  const wanted = links
    .flatMap(({ found }) =>
      found.objects.filter(o => isLeft(found.link, o)).flatMap(o => asOfNow(o, system.now() - found.since)),
    )
    .filter(o => !isElsewhere(o, before, returns, enis) && (undoes || !outranksPrimary(o, before)));
  const missing = await missingOf(context, wanted);
  if (missing.length === 0) return wanted;
  const order = { link: 0, address: 0, route: 1, rule: 2 } as const;
  const sorted = missing.toSorted((a, b) => order[a.kind] - order[b.kind]);
  await runBatches(
    system,
    sorted.map(o => ({ family: o.family, lines: [o.add] })),
    true,
  );
  const lost = new Set((await missingOf(context, wanted)).map(o => o.key));
  const given = missing.filter(o => !lost.has(o.key));
  if (given.length > 0) log.info({ objects: given.map(o => o.key) }, 'put back what others had on the links');
  if (lost.size > 0) log.warn({ objects: [...lost] }, 'could not put back what others had on the links');
  return wanted.filter(o => !lost.has(o.key));
}

async function missingOf({ system }: ApplyContext, wanted: readonly KernelObject[]) {
  const present = keysOn(await readKernelState(system));
  return wanted.filter(o => !present.has(o.key));
}

async function giveLinkBack(
  { system }: ApplyContext,
  { addresses }: KernelState,
  found: FoundLink,
  now: KernelLink,
  undoes: boolean,
): Promise<void> {
  const { link, up, mtu, sysctls } = found;
  const isFree = !addresses.some(a => a.link === link && a.scope === 'global');
  const goesDown = !up && now.up && undoes && isFree;
  if (goesDown) await runBatches(system, [{ family: 4, lines: [`link set dev ${link} down`] }], true);
  // On a link that stays up although it was down a router would be heard that nobody has heard before.
  if (up || !now.up || goesDown) {
    const present = await readSysctls(system, link);
    const words = Object.entries(sysctls).filter(([key, value]) => key in present && present[key] !== value);
    if (words.length > 0)
      await system.run(['sysctl', '-q', '-e', '-w', ...words.map(([key, value]) => `${key}=${value}`)]);
  }
  const lines = [
    ...(mtu === now.mtu ? [] : [`link set dev ${link} mtu ${mtu}`]),
    ...(up && !now.up ? [`link set dev ${link} up`] : []),
  ];
  if (lines.length > 0) await runBatches(system, [{ family: 4, lines }], true);
}

function isOfLease({ add, lifetime }: FoundObject): boolean {
  return lifetime !== undefined || / proto (dhcp|ra)( |$)/.test(add);
}

/** With what is left of its lifetime; nothing if that is over. */
function asOfNow(object: FoundObject, elapsedMs: number): readonly FoundObject[] {
  const { lifetime, kind, add } = object;
  if (lifetime === undefined) return [object];
  const left = (seconds: number) => Math.floor(seconds - Math.max(0, elapsedMs) / 1000);
  if (left(lifetime.valid) <= 0) return [];
  const words = kind === 'route' ? `expires ${left(lifetime.valid)}` : lifetimeWords(lifetime, left);
  return [{ ...object, add: `${add} ${words}` }];
}

function lifetimeWords({ valid, preferred }: Lifetime, left: (seconds: number) => number): string {
  return `valid_lft ${left(valid)} preferred_lft ${Math.max(0, left(preferred ?? valid))}`;
}

/** An address that another ENI has by now, or another link. */
function isElsewhere(
  object: KernelObject,
  { addresses }: KernelState,
  returns: readonly Return[],
  enis: readonly Eni[],
): boolean {
  if (object.kind !== 'address') return false;
  const [, link, address = ''] = object.key.split(' ');
  const ip = address.split('/')[0] as Ip;
  const mac = returns.find(r => r.link === link)?.mac;
  const isOf = (eni: Eni) =>
    [eni.ipv4, eni.ipv6].some(f => (valueOr(f.addresses, []) as readonly string[]).includes(ip));
  return (
    enis.some(eni => eni.mac !== mac && isOf(eni)) || addresses.some(a => a.ip === ip && a.link !== link)
  );
}

/**
 * A default route in main that would be asked before the primary's. While an apply is undone it comes back, for so the machine was a moment
 * ago; later the primary's way is its own.
 */
function outranksPrimary({ kind, key, family }: KernelObject, { routes }: KernelState): boolean {
  const [, table, destination] = key.split(' ');
  if (kind !== 'route' || table !== String(mainTable) || !/\/0$/.test(destination ?? '')) return false;
  const link = / dev (\S+)/.exec(key)?.[1];
  const metric = Number(/ metric (\d+)$/.exec(key)?.[1] ?? 0);
  return routes.some(
    r =>
      r.family === family &&
      r.table === mainTable &&
      isDefaultRoute(r) &&
      r.link !== link &&
      (r.metric ?? 0) >= metric,
  );
}
