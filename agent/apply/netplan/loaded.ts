// Whether a reload of the service is harmless, and the means to make it so. Up to netplan 1.1 any daemon-reload (each package with a unit
// does one) runs netplan's systemd generator, which writes all of /run/systemd/network/10-netplan-* anew; from 1.2 on only
// `netplan generate` and `apply` write them. networkd compares inode,
// size and time, so that the next reload configures the primary again: on 252 its lease is dropped. The cure is to hold hard links
// to the files as they were loaded, and to put them back before a reload where the content is equal.
import type { NetplanGenerator, Renderer } from '../../../renderers/renderer.ts';
import { lastLoad } from '../../system/facts/networkd-load.ts';
import { unlessDenied } from '../../system/look-only.ts';
import type { System } from '../../system/system.ts';

/**
 * The way out where a reload of the network service would interrupt the primary. A restart keeps its lease, also while no DHCP server answers
 * (executed on 252 and 257: not one ping of 100 a second was lost, no address or default route of the primary went), which a reload drops (252).
 */
export const reloadRemedy = 'run "systemctl restart systemd-networkd" at a quiet moment, or reboot';

/** In the folder of the links: up to when each of them is known to be what the service has loaded. */
const stampName = '.loaded-until';

/**
 * Brings the links up to date and tells why a reload would reach links of others; undefined: it would not.
 *
 * @param loadedAt when the caller has made the service load its files, if it just did
 * @param readOnly true: touch nothing
 */
export async function holdLoaded(
  system: System,
  generator: NetplanGenerator,
  {
    loadedAt,
    readOnly = false,
  }: { readonly loadedAt?: number | undefined; readonly readOnly?: boolean } = {},
): Promise<string | undefined> {
  const { dir, name, ours } = generator.generated;
  const names = async (folder: string) => (await system.listFolder(folder)).filter(n => name.test(n));
  const [live, kept] = [await names(dir), await names(generator.kept)];
  // What the caller has just made it load are these very links, put back, and what is new of ours.
  const until =
    loadedAt === undefined ? Number(await system.readFile(`${generator.kept}/${stampName}`)) : system.now();
  const last = lastLoadOf(system, generator, loadedAt);
  const hold: string[] = [];
  const drop: string[] = [];
  let hazard: string | undefined;
  for (const file of new Set([...live, ...kept])) {
    const now = await system.stat(`${dir}/${file}`);
    const held = await system.stat(`${generator.kept}/${file}`);
    if (now?.inode === held?.inode) continue;
    if (now !== undefined && now.modified <= (await last())) hold.push(file);
    // Files of ours need no guard: a reload may reach our own links.
    else if (ours.test(file)) drop.push(...(now === undefined ? [file] : []));
    else {
      // A link that was taken when the service had already loaded another file, or before it loaded a later one, proves nothing.
      const isKnown = held !== undefined && held.modified <= (await last()) && (await last()) <= until;
      if (held !== undefined && !isKnown) drop.push(file);
      const isSame = isKnown && (await isEqual(system, generator, file));
      if (isSame || (now === undefined && !isKnown)) continue;
      const what = now === undefined ? 'was removed' : isKnown ? 'was changed' : 'was rewritten';
      hazard ??= `${dir}/${file} ${what} after ${generator.unit} loaded its files`;
    }
  }
  if (readOnly) return hazard;
  for (const file of hold) await system.link(`${dir}/${file}`, `${generator.kept}/${file}`);
  for (const file of drop) await system.removeFile(`${generator.kept}/${file}`);
  await system.writeFile(`${generator.kept}/${stampName}`, String(system.now()), 0o600);
  return hazard;
}

/**
 * Why a reload of the network service would now reach links that are none of ours: somebody's files have changed since the service loaded
 * them. Undefined: it would not, or this look may not read what tells it. Of a backend without a program in front nothing is asked.
 */
export async function reloadHazardOf(
  system: System,
  { netplanGenerator }: Pick<Renderer, 'netplanGenerator'>,
  options: { readonly readOnly: boolean },
): Promise<string | undefined> {
  if (netplanGenerator === undefined) return undefined;
  return unlessDenied(holdLoaded(system, netplanGenerator, options), undefined);
}

/** False for a look that may not read what reloadHazardOf goes by: its `undefined` tells nothing then. */
export async function mayReadLoaded(system: System, { kept }: NetplanGenerator): Promise<boolean> {
  return (await unlessDenied(system.readFile(`${kept}/${stampName}`), null)) !== null;
}

/** Gives the service back the very files that it has loaded, where something has only written the same again. */
export async function putBackLoaded(system: System, generator: NetplanGenerator): Promise<void> {
  const { dir, name } = generator.generated;
  for (const file of (await system.listFolder(generator.kept)).filter(n => name.test(n))) {
    const [now, held] = [await system.stat(`${dir}/${file}`), await system.stat(`${generator.kept}/${file}`)];
    if (now === undefined || now.inode === held?.inode || !(await isEqual(system, generator, file))) continue;
    await system.link(`${generator.kept}/${file}`, `${dir}/${file}`);
  }
}

async function isEqual(
  system: System,
  { generated, kept }: NetplanGenerator,
  file: string,
): Promise<boolean> {
  return (await system.readFile(`${generated.dir}/${file}`)) === (await system.readFile(`${kept}/${file}`));
}

/** Asks once, and only if it is needed: when the service has loaded its files the last time. NaN: unknown. */
export function lastLoadOf(
  system: System,
  generator: NetplanGenerator,
  loadedAt: number | undefined,
): () => Promise<number> {
  const { dir, ours } = generator.generated;
  const isOthers = (path: string) => {
    const file = path.slice(dir.length + 1);
    return path === `${dir}/${file}` && !ours.test(file);
  };
  let answer: Promise<number> | undefined;
  return () => {
    answer ??=
      loadedAt === undefined ? lastLoad(system, generator.unit, isOthers) : Promise.resolve(loadedAt);
    return answer;
  };
}
