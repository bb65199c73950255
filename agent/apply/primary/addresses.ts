// `primary-addresses = yes`: the secondary addresses that the cloud has for the primary, on its link. Live only: no file of the primary is
// written, and what this program has added is known until the next boot. Nothing else of that link is touched.
import { bits, type Family, families, familyOf, type Ip } from '../../model/address.ts';
import { type Instance, valueOr } from '../../model/instance.ts';
import type { KernelAddress, KernelState } from '../../model/kernel-state.ts';
import { type OwnFile, recall } from '../../records/own-file.ts';
import * as s from '../../records/shapes.ts';
import { readKernelState } from '../../system/kernel/reader.ts';
import { unlessDenied } from '../../system/look-only.ts';
import type { System } from '../../system/system.ts';
import type { ApplyContext } from '../apply-context.ts';
import { readBootId } from '../checkpoint.ts';
import { type Batch, runBatches } from '../live.ts';

/** Below the runtime directory, which a boot empties as it takes the addresses away. */
export const givenPath = '/run/eni-agent/primary-addresses.json';

export interface PrimaryWish {
  readonly primaryLink: string | undefined;
  /** Of the cloud; empty where the option is off. */
  readonly wanted: readonly Ip[];
  /** Families of which the metadata did not tell: what was given of them stays. */
  readonly unknown?: readonly Family[];
}

/**
 * The first address of a family is the primary's own, and the distribution's to give: nothing works without it, and a lease brings it. Were it
 * given here while it is missing for a moment, as a service that configures the link anew leaves it, it would be one that `remove` takes.
 *
 * @param on the option
 */
export function wishOf(
  { enis }: Pick<Instance, 'enis'>,
  primaryLink: string | undefined,
  on: boolean,
): PrimaryWish {
  const primary = enis.find(eni => eni.primary);
  if (!on) return { primaryLink, wanted: [] };
  if (primary === undefined) return { primaryLink, wanted: [], unknown: families };
  const partOf = (family: Family) => (family === 4 ? primary.ipv4 : primary.ipv6);
  return {
    primaryLink,
    wanted: families.flatMap(family => valueOr(partOf(family).addresses, []).slice(1)),
    unknown: families.filter(family => partOf(family).addresses.state === 'unknown'),
  };
}

/**
 * What the link lacks, whatever the option says.
 *
 * @param given by this program: of a family of which the link has nothing else nothing is given
 */
export function lacking(
  { addresses }: Pick<KernelState, 'addresses'>,
  { primaryLink, wanted }: PrimaryWish,
  given: readonly Ip[] = [],
): readonly Ip[] {
  if (primaryLink === undefined) return [];
  const present = new Set(addresses.map(a => a.ip));
  // A family of which the link has nothing is not in use there, or not yet: its first address is the distribution's to give.
  const inUse = new Set(
    addresses
      .filter(a => a.link === primaryLink && a.scope === 'global' && !given.includes(a.ip))
      .map(a => a.family),
  );
  return wanted.filter(ip => !present.has(ip) && inUse.has(familyOf(ip)));
}

/**
 * What `ip` has to be told.
 *
 * An IPv4 address that the kernel has first on a link is the source of what has none. Where the primary's own comes back (a service that
 * configures the link anew) it is behind ours, so ours are put behind it again. For IPv6 ours are deprecated from the start
 * (`preferred_lft 0`): they are answered, and are no source by themselves.
 */
export function primaryAddressBatches(
  kernel: Pick<KernelState, 'addresses'>,
  wish: PrimaryWish,
  given: Given | undefined,
): { readonly add: readonly Batch[]; readonly remove: readonly Batch[]; readonly missing: readonly Ip[] } {
  // The primary became the port of a bridge: an address is needed where the primary's own is.
  const here = given?.link === wish.primaryLink ? (given?.addresses ?? []) : [];
  const behind = here.length > 0 || !isKnown(wish) ? [] : leftOn(kernel, given);
  const addresses = kernel.addresses.filter(a => !behind.includes(a));
  const on = addresses.filter(a => a.link === wish.primaryLink && a.scope === 'global');
  const isOurs = (a: KernelAddress) => isGiven(a, here);
  const gone = on.filter(a => isOurs(a) && !isKept(wish, a.ip)).map(a => a.ip);
  const own = on.findIndex(a => a.family === 4 && !isOurs(a));
  const early = on
    .filter((a, i) => a.family === 4 && isOurs(a) && i < own && !gone.includes(a.ip))
    .map(a => a.ip);
  const missing = lacking({ addresses }, wish, here);
  const link = wish.primaryLink ?? '';
  const del = (ip: Ip, by = link) => `addr del ${ip}/${bits(ip)} dev ${by}`;
  const add = (ip: Ip) =>
    `addr add ${ip}/${bits(ip)} dev ${link}${familyOf(ip) === 6 ? ' nodad preferred_lft 0' : ''}`;
  return {
    add: batchesOf([
      ...behind.map(a => [a.ip, del(a.ip, a.link)] as const),
      ...early.flatMap(ip => [[ip, del(ip)] as const, [ip, add(ip)] as const]),
      ...missing.map(ip => [ip, add(ip)] as const),
    ]),
    remove: batchesOf(gone.map(ip => [ip, del(ip)] as const)),
    missing,
  };
}

function isKept({ wanted, unknown = [] }: PrimaryWish, ip: Ip): boolean {
  return wanted.includes(ip) || unknown.includes(familyOf(ip));
}

/** Whether it can be told who has to have what: else nothing is taken from a link that was the primary. */
function isKnown({ primaryLink, wanted, unknown = [] }: PrimaryWish): boolean {
  return unknown.length === 0 && (primaryLink !== undefined || wanted.length === 0);
}

function isGiven(a: KernelAddress, given: readonly Ip[]): boolean {
  return given.includes(a.ip) && a.prefixLength === bits(a.ip) && !a.dynamic;
}

function leftOn(
  { addresses }: Pick<KernelState, 'addresses'>,
  given: Given | undefined,
): readonly KernelAddress[] {
  return addresses.filter(a => a.link === given?.link && isGiven(a, given.addresses));
}

function batchesOf(lines: readonly (readonly [Ip, string])[]): readonly Batch[] {
  return ([4, 6] as const).flatMap((family: Family) => {
    const own = lines.filter(([ip]) => familyOf(ip) === family).map(([, line]) => line);
    return own.length === 0 ? [] : [{ family, lines: own }];
  });
}

/** What this program has added since the boot, and the link that has it: by its number, whoever is the primary now. */
export interface Given {
  readonly link: string;
  readonly addresses: readonly Ip[];
}

/** Undefined where nothing was added, and where that link is gone. */
export async function readGiven(
  system: System,
  kernel: Pick<KernelState, 'links'>,
): Promise<Given | undefined> {
  const memory = await recall(system, memoryFile);
  const link = kernel.links.find(l => l.index === memory?.index);
  if (memory === undefined || link === undefined || memory.bootId !== (await readBootId(system)))
    return undefined;
  return { link: link.name, addresses: memory.addresses };
}

interface Memory {
  readonly bootId: string | undefined;
  readonly index: number | undefined;
  readonly addresses: readonly Ip[];
}

const memoryFile: OwnFile<Memory> = {
  path: givenPath,
  shape: s.shapeOf({ bootId: s.optional(s.line), index: s.optional(s.count), addresses: s.listOf(s.ip) }),
};

/** A failure changes no ENI, and the next pass tries it again. */
export async function settlePrimaryAddresses(
  { system, log }: Pick<ApplyContext, 'system' | 'log'>,
  wish: PrimaryWish,
): Promise<void> {
  if (wish.wanted.length === 0 && !(await system.exists(givenPath))) return;
  const kernel = await readKernelState(system);
  const given = await readGiven(system, kernel);
  // Nothing can be given or taken, and what was given stays known.
  if (given?.link !== wish.primaryLink && !isKnown(wish)) return;
  const { add, remove, missing } = primaryAddressBatches(kernel, wish, given);
  const here = given?.link === wish.primaryLink ? (given?.addresses ?? []) : [];
  const all = [...here, ...missing];
  if (add.length + remove.length > 0) {
    // Before anything is added: what is not known to be ours would stay for ever.
    await remember(system, kernel, wish, all);
    await runBatches(system, [...add, ...remove], true);
    log.info(
      { link: wish.primaryLink, added: add.flatMap(b => b.lines), removed: remove.flatMap(b => b.lines) },
      'changed secondary addresses of the primary',
    );
  }
  const kept = all.filter(ip => isKept(wish, ip));
  await remember(system, kernel, wish, kept);
}

async function remember(
  system: System,
  { links }: KernelState,
  { primaryLink }: PrimaryWish,
  addresses: readonly Ip[],
): Promise<void> {
  const text = await unlessDenied(system.readFile(givenPath), undefined);
  if (addresses.length === 0 && text === undefined) return;
  if (addresses.length === 0) return system.removeFile(givenPath);
  const index = links.find(l => l.name === primaryLink)?.index;
  const memory: Memory = {
    bootId: await readBootId(system),
    index,
    addresses: [...new Set(addresses)].sort(),
  };
  const now = `${JSON.stringify(memory)}\n`;
  if (now !== text) await system.writeFile(givenPath, now, 0o600);
}
