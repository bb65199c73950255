// What of multi-nic-util is on this machine: its files, told by their content, and what stays for a reason. Looks only.
import { lastAssignments } from '../../renderers/formats/shell-assignments.ts';
import { isMarked } from '../../renderers/renderer.ts';
import { readPackageOwner } from '../system/facts/package-owner.ts';
import type { System } from '../system/system.ts';
import { readUnits, type UnitState } from '../system/units.ts';
import * as table from './footprint-table.ts';
import { canRecord } from './record.ts';

export interface FoundFile {
  readonly path: string;
  readonly kind: 'unit' | 'hook' | 'program' | 'network';
  /** Of a network file. */
  readonly link?: string;
}

/** Something that is not touched, and why. */
export interface Kept {
  readonly path: string;
  readonly why: string;
  /** It needs work by hand. */
  readonly needsHand: boolean;
}

export interface Footprint {
  /** eni.service, where it is the program's own. */
  readonly unit: UnitState | undefined;
  readonly files: readonly FoundFile[];
  readonly kept: readonly Kept[];
}

/** Paths of one machine where /lib is a link to /usr/lib: one file has two, and the first stands for both. */
type Seen = Set<string>;

export async function readFootprint(system: System): Promise<Footprint> {
  const seen: Seen = new Set();
  const found: (FoundFile | Kept)[] = [
    ...(await unitFiles(system, seen)),
    ...(await hookFiles(system, seen)),
    ...(await programFiles(system, seen)),
    ...(await networkFiles(system)),
  ];
  // An administrator's own way to turn it off, and in the way of our alias. Alone it says nothing.
  const mask = `${table.enablingFolder}/${table.unitName}`;
  if (found.length > 0 && (await system.readLink(mask)) === '/dev/null')
    found.push({ path: mask, kind: 'unit' });
  const files: FoundFile[] = [];
  const kept: Kept[] = [];
  for (const file of found) {
    const objection =
      'why' in file ? file : (nameObjection(file) ?? (await packageObjection(system, file.path)));
    if (objection !== undefined) kept.push(objection);
    else files.push(file as FoundFile);
  }
  // What is not there, or is the distribution's, is only worth a word where the program is here at all.
  if (found.length === 0) return { unit: undefined, files, kept };
  const isOwnUnit = found.some(f => f.path.endsWith(`/${table.unitName}`));
  const unit = isOwnUnit ? (await readUnits(system, [table.unitName])).get(table.unitName) : undefined;
  kept.push(...(await sharedFiles(system)), ...(await namesakes(system, [...files, ...kept])));
  return { unit, files, kept };
}

/** True for what the agent has put there: its alias of the unit, a file with its mark. */
export async function isOurs(system: System, path: string): Promise<boolean> {
  const target = await system.readLink(path);
  if (target !== undefined) return /(^|\/)eni-agent(-once)?\.service$/.test(target);
  const text = await system.readFile(path);
  return text !== undefined && isMarked(text);
}

async function unitFiles(system: System, seen: Seen): Promise<readonly FoundFile[]> {
  const paths: string[] = [];
  for (const folder of table.unitFolders) {
    const path = `${folder}/${table.unitName}`;
    if (await isNamed(system, path, seen)) paths.push(path);
  }
  if (paths.length === 0) return [];
  // Its drop-ins would be read for our unit too, which has its name for an alias.
  const dropIns = `${table.enablingFolder}/${table.unitName}.d`;
  paths.push(...(await system.listFolder(dropIns)).map(name => `${dropIns}/${name}`));
  for (const folder of await system.listFolder(table.enablingFolder)) {
    const path = `${table.enablingFolder}/${folder}/${table.unitName}`;
    const isEnabling = /\.(wants|requires)$/.test(folder) && (await system.readLink(path)) !== undefined;
    if (isEnabling && !(await isOurs(system, path))) paths.push(path);
  }
  return paths.map(path => ({ path, kind: 'unit' }));
}

async function hookFiles(system: System, seen: Seen): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  const shared = new Set(table.sharedFiles.map(s => s.path));
  for (const { folder, name } of table.hookFolders)
    for (const entry of (await system.listFolder(folder)).filter(n => name.test(n))) {
      const path = `${folder}/${entry}`;
      if (!shared.has(path) && (await isNamed(system, path, seen))) found.push({ path, kind: 'hook' });
    }
  return found;
}

async function programFiles(system: System, seen: Seen): Promise<readonly FoundFile[]> {
  const scripts = (await system.listFolder(table.programFolder)).map(
    name => `${table.programFolder}/${name}`,
  );
  const found: FoundFile[] = [];
  for (const path of [...scripts, ...table.programs]) {
    // The folder and the program have its own name: no content has to prove them.
    if ((await system.readFile(path)) !== undefined && (await isNew(system, path, seen)))
      found.push({ path, kind: 'program' });
  }
  return found;
}

/** ifcfg files with a key that only it and its ancestor write, and all that belongs to the same link. */
async function networkFiles(system: System): Promise<readonly (FoundFile | Kept)[]> {
  const found: (FoundFile | Kept)[] = [];
  const hasAncestor = await system.exists(table.ancestor);
  for (const name of await system.listFolder(table.ifcfgFolder)) {
    const path = `${table.ifcfgFolder}/${name}`;
    const text = name.startsWith('ifcfg-') ? await system.readFile(path) : undefined;
    if (text === undefined || isMarked(text)) continue;
    const variables = lastAssignments(text, 'shell');
    const sync = variables.get('EC2SYNC')?.value?.toLowerCase();
    if (sync === undefined && !variables.has('MAINROUTETABLE')) continue;
    const link = variables.get('DEVICE')?.value ?? name.slice('ifcfg-'.length);
    if (sync === 'no') {
      found.push({ path, why: 'EC2SYNC=no keeps multi-nic-util off it', needsHand: false });
      continue;
    }
    if (hasAncestor) {
      found.push({
        path,
        why: `ec2-net-utils is present (${table.ancestor}) and writes such files`,
        needsHand: true,
      });
      continue;
    }
    found.push({ path, kind: 'network', link });
    for (const companion of table.companionsOf(link)) {
      const content = await system.readFile(companion);
      if (content !== undefined && !isMarked(content)) found.push({ path: companion, kind: 'network', link });
    }
  }
  return found;
}

async function isNamed(system: System, path: string, seen: Seen): Promise<boolean> {
  const text = await system.readFile(path);
  if (text === undefined || !table.ownNames.test(text) || (await isOurs(system, path))) return false;
  return isNew(system, path, seen);
}

async function isNew(system: System, path: string, seen: Seen): Promise<boolean> {
  const key = `${(await system.stat(path))?.inode} ${path.slice(path.lastIndexOf('/') + 1)}`;
  // A symbolic link to a file that is known is a thing of its own.
  if (seen.has(key) && (await system.readLink(path)) === undefined) return false;
  seen.add(key);
  return true;
}

/** What the record cannot say, `--undo` could not read. */
function nameObjection({ path, link }: FoundFile): Kept | undefined {
  if (canRecord({ path, link })) return undefined;
  const why =
    link === undefined
      ? 'its name has characters that the record of a migration cannot have'
      : `no link can have the name ${JSON.stringify(link)}`;
  return { path, why, needsHand: true };
}

async function packageObjection(system: System, path: string): Promise<Kept | undefined> {
  const owner = await readPackageOwner(system, path);
  if (owner === 'unowned') return undefined;
  const why =
    owner === 'unknown'
      ? 'the package database does not say whether it belongs to a package'
      : `it belongs to the package ${owner.package}, though it mentions multi-nic-util: reinstall or remove that package`;
  return { path, why, needsHand: true };
}

async function sharedFiles(system: System): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (const { path, why } of table.sharedFiles) {
    const text = await system.readFile(path);
    if (text === undefined) continue;
    const isPersistentNames = path.includes('persistent-net');
    if (isPersistentNames || table.ownNames.test(text))
      kept.push({ path, why, needsHand: !isPersistentNames });
  }
  for (const folder of table.programPath) {
    const path = `${folder}/${table.pluginManager}`;
    if (await system.exists(path)) {
      const why = 'if multi-nic-util is a plugin of it, remove the plugin as well, or it may come back';
      return [...kept, { path, why, needsHand: false }];
    }
  }
  return kept;
}

async function namesakes(
  system: System,
  known: readonly { readonly path: string }[],
): Promise<readonly Kept[]> {
  const name = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const told = new Set(known.map(k => name(k.path)));
  const kept: Kept[] = [];
  for (const { path, own } of table.namesakes) {
    if (told.has(name(path)) || !(await system.exists(path)) || (await isOurs(system, path))) continue;
    told.add(name(path));
    const why = own
      ? 'if it belongs to multi-nic-util all the same, move it away by hand'
      : 'it belongs to the distribution or to another program';
    kept.push({ path, why: `nothing in it names multi-nic-util: ${why}`, needsHand: own });
  }
  return kept;
}
