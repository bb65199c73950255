// `primary-addresses = yes`: the secondary addresses that the cloud has for the primary, on its link. Live only: no file of the primary is
// written, and what this program has added is known until the next boot. Nothing else of that link is touched.
import { bits, type Family, familyOf, type Ip } from '../../model/address.ts';
import { type Instance, valueOr } from '../../model/instance.ts';
import type { KernelAddress, KernelState } from '../../model/kernel-state.ts';
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
  if (primary === undefined || !on) return { primaryLink, wanted: [] };
  const [four, six] = [primary.ipv4, primary.ipv6].map(part => valueOr(part.addresses, []));
  return { primaryLink, wanted: [...four!.slice(1), ...six!.slice(1)] };
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
  given: readonly Ip[],
): { readonly add: readonly Batch[]; readonly remove: readonly Batch[] } {
  const on = kernel.addresses.filter(a => a.link === wish.primaryLink && a.scope === 'global');
  const isOurs = (a: KernelAddress) => given.includes(a.ip) && a.prefixLength === bits(a.ip) && !a.dynamic;
  const gone = on.filter(a => isOurs(a) && !wish.wanted.includes(a.ip)).map(a => a.ip);
  const own = on.findIndex(a => a.family === 4 && !isOurs(a));
  const early = on
    .filter((a, i) => a.family === 4 && isOurs(a) && i < own && !gone.includes(a.ip))
    .map(a => a.ip);
  const missing = lacking(kernel, wish, given);
  const link = wish.primaryLink ?? '';
  const del = (ip: Ip) => `addr del ${ip}/${bits(ip)} dev ${link}`;
  const add = (ip: Ip) =>
    `addr add ${ip}/${bits(ip)} dev ${link}${familyOf(ip) === 6 ? ' nodad preferred_lft 0' : ''}`;
  return {
    add: batchesOf([
      ...early.flatMap(ip => [[ip, del(ip)] as const, [ip, add(ip)] as const]),
      ...missing.map(ip => [ip, add(ip)] as const),
    ]),
    remove: batchesOf(gone.map(ip => [ip, del(ip)] as const)),
  };
}

function batchesOf(lines: readonly (readonly [Ip, string])[]): readonly Batch[] {
  return ([4, 6] as const).flatMap((family: Family) => {
    const own = lines.filter(([ip]) => familyOf(ip) === family).map(([, line]) => line);
    return own.length === 0 ? [] : [{ family, lines: own }];
  });
}

/** The link by the number that it had, whoever is the primary now, and what was added to it since the boot. */
export async function readGivenOn(
  system: System,
  kernel: Pick<KernelState, 'links'>,
): Promise<{ readonly link: string; readonly addresses: readonly Ip[] } | undefined> {
  for (const { name } of kernel.links) {
    const addresses = await readGiven(system, kernel, name);
    if (addresses.length > 0) return { link: name, addresses };
  }
  return undefined;
}

/** What this program has added since the boot, to the link of this index. */
export async function readGiven(
  system: System,
  kernel: Pick<KernelState, 'links'>,
  primaryLink: string | undefined,
): Promise<readonly Ip[]> {
  const text = await unlessDenied(system.readFile(givenPath), undefined);
  if (text === undefined) return [];
  try {
    const { bootId, index, addresses } = JSON.parse(text) as Memory;
    const link = kernel.links.find(l => l.name === primaryLink);
    const isThis = bootId === (await readBootId(system)) && link?.index === index;
    return isThis && Array.isArray(addresses) ? addresses : [];
  } catch {
    return [];
  }
}

interface Memory {
  readonly bootId: string | undefined;
  readonly index: number | undefined;
  readonly addresses: readonly Ip[];
}

/** A failure changes no ENI, and the next pass tries it again. */
export async function settlePrimaryAddresses(
  { system, log }: Pick<ApplyContext, 'system' | 'log'>,
  wish: PrimaryWish,
): Promise<void> {
  if (wish.wanted.length === 0 && !(await system.exists(givenPath))) return;
  const kernel = await readKernelState(system);
  const given = await readGiven(system, kernel, wish.primaryLink);
  const { add, remove } = primaryAddressBatches(kernel, wish, given);
  if (add.length + remove.length > 0) {
    // Before anything is added: what is not known to be ours would stay for ever.
    await remember(system, kernel, wish, [...given, ...lacking(kernel, wish, given)]);
    await runBatches(system, [...add, ...remove], true);
    log.info(
      { link: wish.primaryLink, added: add.flatMap(b => b.lines), removed: remove.flatMap(b => b.lines) },
      'changed secondary addresses of the primary',
    );
  }
  await remember(
    system,
    kernel,
    wish,
    [...given, ...lacking(kernel, wish, given)].filter(ip => wish.wanted.includes(ip)),
  );
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
