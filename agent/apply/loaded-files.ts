// Whether a reload of the service is harmless, and the means to make it so. Up to netplan 1.1 any daemon-reload (each package with a unit
// does one) runs netplan's systemd generator, which writes all of /run/systemd/network/10-netplan-* anew; from 1.2 on only
// `netplan generate` and `apply` write them. networkd compares inode,
// size and time, so that the next reload configures the primary again: on 252 its lease is dropped. The cure is to hold hard links
// to the files as they were loaded, and to put them back before a reload where the content is equal.
import type { Renderer, Staging } from '../../renderers/renderer.ts';
import type { System } from '../system/system.ts';

/** The way out where a reload of the network service would interrupt the primary. */
export const reloadRemedy =
  'restart systemd-networkd or reboot when an interruption of the primary is acceptable';

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
  staging: Staging,
  {
    loadedAt,
    readOnly = false,
  }: { readonly loadedAt?: number | undefined; readonly readOnly?: boolean } = {},
): Promise<string | undefined> {
  const { dir, name, ours } = staging.generated;
  const names = async (folder: string) => (await system.listFolder(folder)).filter(n => name.test(n));
  const [live, kept] = [await names(dir), await names(staging.kept)];
  // What the caller has just made it load are these very links, put back, and what is new of ours.
  const until =
    loadedAt === undefined ? Number(await system.readFile(`${staging.kept}/${stampName}`)) : system.now();
  const last = lastLoadOf(system, staging, loadedAt);
  const hold: string[] = [];
  const drop: string[] = [];
  let hazard: string | undefined;
  for (const file of new Set([...live, ...kept])) {
    const now = await system.stat(`${dir}/${file}`);
    const held = await system.stat(`${staging.kept}/${file}`);
    if (now?.inode === held?.inode) continue;
    if (now !== undefined && now.modified <= (await last())) hold.push(file);
    // Files of ours need no guard: a reload may reach our own links.
    else if (ours.test(file)) drop.push(...(now === undefined ? [file] : []));
    else {
      // A link that was taken when the service had already loaded another file, or before it loaded a later one, proves nothing.
      const isKnown = held !== undefined && held.modified <= (await last()) && (await last()) <= until;
      if (held !== undefined && !isKnown) drop.push(file);
      const isSame = isKnown && (await isEqual(system, staging, file));
      if (isSame || (now === undefined && !isKnown)) continue;
      const what = now === undefined ? 'was removed' : isKnown ? 'was changed' : 'was rewritten';
      hazard ??= `${dir}/${file} ${what} after ${staging.unit} loaded its files`;
    }
  }
  if (readOnly) return hazard;
  for (const file of hold) await system.link(`${dir}/${file}`, `${staging.kept}/${file}`);
  for (const file of drop) await system.removeFile(`${staging.kept}/${file}`);
  await system.writeFile(`${staging.kept}/${stampName}`, String(system.now()), 0o600);
  return hazard;
}

/**
 * Why a reload of the network service would now reach links that are none of ours: somebody's files have changed since the service loaded
 * them. Undefined: it would not. Of a backend without a program in front nothing is asked.
 */
export async function reloadHazardOf(
  system: System,
  { staging }: Pick<Renderer, 'staging'>,
  options: { readonly readOnly: boolean },
): Promise<string | undefined> {
  return staging === undefined ? undefined : holdLoaded(system, staging, options);
}

/** Gives the service back the very files that it has loaded, where something has only written the same again. */
export async function putBackLoaded(system: System, staging: Staging): Promise<void> {
  const { dir, name } = staging.generated;
  for (const file of (await system.listFolder(staging.kept)).filter(n => name.test(n))) {
    const [now, held] = [await system.stat(`${dir}/${file}`), await system.stat(`${staging.kept}/${file}`)];
    if (now === undefined || now.inode === held?.inode || !(await isEqual(system, staging, file))) continue;
    await system.link(`${staging.kept}/${file}`, `${dir}/${file}`);
  }
}

async function isEqual(system: System, { generated, kept }: Staging, file: string): Promise<boolean> {
  return (await system.readFile(`${generated.dir}/${file}`)) === (await system.readFile(`${kept}/${file}`));
}

/** Asks once, and only if it is needed: when the service has loaded its files the last time. NaN: unknown. */
function lastLoadOf(system: System, staging: Staging, loadedAt: number | undefined): () => Promise<number> {
  let answer: Promise<number> | undefined;
  return () => {
    answer ??= loadedAt === undefined ? askLastLoad(system, staging) : Promise.resolve(loadedAt);
    return answer;
  };
}

/**
 * From 253 on systemd notes a reload as a change of state of the unit (`Type=notify-reload`). Before, the state tells the start
 * only, and a reload that mattered is in the journal: "eth0: Reconfiguring with FILE". `networkctl reconfigure` says the same, but
 * whoever calls that on the primary has interrupted it himself.
 */
async function askLastLoad(system: System, { unit, generated }: Staging): Promise<number> {
  const show = ['env', 'TZ=UTC', 'systemctl', 'show', '-p', 'Type', '-p', 'StateChangeTimestamp'] as const;
  let state = await system.run([...show, '--timestamp=us', unit]);
  // Before systemd 247 there are no fractions.
  if (state.exitCode !== 0) state = await system.run([...show, unit]);
  const [, day, time, fraction = '.999'] =
    /^StateChangeTimestamp=\w+ ([\d-]+) ([\d:]+)(\.\d+)? UTC$/m.exec(state.stdout) ?? [];
  const changed = Date.parse(`${day}T${time}${fraction.slice(0, 4)}Z`);
  if (/^Type=notify-reload$/m.test(state.stdout)) return changed;
  const lines = ['-n', '1000', '-o', 'short-unix'] as const;
  const journal = await system.run(['journalctl', '-q', '-b', '--no-pager', ...lines, '-u', unit]);
  const reloads = journal.stdout.split('\n').flatMap(line => {
    const [, at, path = ''] = /^([\d.]+) .*: Reconfiguring with (\S+?)\.?$/.exec(line) ?? [];
    const file = path.slice(generated.dir.length + 1);
    return path === `${generated.dir}/${file}` && !generated.ours.test(file) ? [Number(at) * 1000] : [];
  });
  return Math.max(changed, ...reloads);
}
