// Expected texts and file trees below test/golden/expected. `GOLDEN=write` (npm run golden) writes them anew.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

const root = path.join(import.meta.dirname, '../../golden/expected');
const remedy = 'npm run golden writes it anew';
const write = process.env.GOLDEN === 'write';

/** Path below the folder to content. */
export type Tree = Readonly<Record<string, string>>;

/** The folder holds these files and no other; writing removes the others. */
export function expectTree(folder: string, tree: Tree): void {
  const where = path.join(root, folder);
  if (write) writeTree(where, tree);
  expect(tree, `test/golden/expected/${folder}: ${remedy}`).toEqual(readTree(where));
}

/** One file; what else is in its folder is not looked at. */
export function expectText(file: string, text: string): void {
  const where = path.join(root, file);
  if (write) writeFile(where, text);
  const found = existsSync(where) ? readFileSync(where, 'utf8') : undefined;
  expect(text, `test/golden/expected/${file}: ${remedy}`).toEqual(found);
}

/** The folder has these entries and no other; writing removes the others. */
export function expectEntries(folder: string, wanted: readonly string[]): void {
  const where = path.join(root, folder);
  const found = existsSync(where) ? readdirSync(where) : [];
  // The others may be on their way, in another process.
  if (!write) expect(found.sort(), `test/golden/expected/${folder}: ${remedy}`).toEqual([...wanted].sort());
  for (const stray of found.filter(name => write && !wanted.includes(name)))
    rmSync(path.join(where, stray), { recursive: true });
}

function writeTree(folder: string, tree: Tree): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, content] of Object.entries(tree)) writeFile(path.join(folder, name), content);
}

function writeFile(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function readTree(folder: string): Tree {
  if (!existsSync(folder)) return {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter(entry => entry.isFile())
      .map(entry => path.join(entry.parentPath, entry.name))
      .map(file => [path.relative(folder, file), readFileSync(file, 'utf8')]),
  );
}
