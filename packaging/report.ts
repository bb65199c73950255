// What came out of the build: sizes and digests, as a table and as SHA256SUMS.
import { createHash } from 'node:crypto';
import { copyFile, lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { StagedFile } from './staging.ts';

export interface Row {
  readonly name: string;
  /** Bytes of the package, and of its files when installed. */
  readonly size: number;
  readonly installed: number;
  readonly sha256: string;
}

/** A package that was made, and the tree that it was made of. */
export interface MadePackage {
  readonly file: string;
  readonly files: readonly StagedFile[];
  readonly tree: string;
}

export async function describe({ file, files, tree }: MadePackage): Promise<Row> {
  const bytes = await readFile(file);
  const sizes = await Promise.all(
    files.map(async ({ path: name, type }) =>
      type === 'file' ? (await lstat(path.join(tree, name))).size : 0,
    ),
  );
  return {
    name: path.basename(file),
    size: bytes.length,
    installed: sizes.reduce((sum, size) => sum + size, 0),
    sha256: sha256(bytes),
  };
}

/** As text, one line for each package. */
export function table(rows: readonly Row[]): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`.padStart(10);
  const width = Math.max(...rows.map(row => row.name.length), 8);
  const head = `${'package'.padEnd(width)}${'size'.padStart(10)}${'installed'.padStart(10)}  sha256\n`;
  const lines = rows.map(
    row => `${row.name.padEnd(width)}${megabytes(row.size)}${megabytes(row.installed)}  ${row.sha256}\n`,
  );
  return head + lines.join('');
}

/** Puts the file into the folder in one step, so that nobody there reads half of it. */
export async function moveTo(file: string, folder: string): Promise<void> {
  const name = path.basename(file);
  const beside = path.join(folder, `.${name}.new`);
  await copyFile(file, beside);
  await rename(beside, path.join(folder, name));
  await rm(file);
}

/** SHA256SUMS of all packages in the folder, for `sha256sum --check`. */
export async function writeDigests(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(name => /^[^.].*\.(deb|rpm)$/.test(name)).sort();
  const lines = await Promise.all(
    names.map(async name => `${sha256(await readFile(path.join(folder, name)))}  ${name}\n`),
  );
  await writeFile(path.join(folder, 'SHA256SUMS'), lines.join(''));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
