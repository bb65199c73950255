// Runs the program with what V8 made of its text the last time. Node's own compile cache (24.21) keeps only what is compiled before the first line
// has run: of some 1,800 functions of a pass with nothing to do, nearly all were compiled again by each start, at a third of its cost.
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { crc32 } from 'node:zlib';
import { distrust } from './trust.ts';

/** Root's own. V8 checks that what lies there has its length and is of its own version, and not who wrote it. */
export const cacheFolder = '/var/cache/eni-agent';

/** False where somebody else could have written what lies there: an earlier version left it to the umask that it was started with. */
export function isCacheOurs(folder = cacheFolder): boolean {
  try {
    const below = readdirSync(folder).map(name => `${folder}/${name}`);
    return [folder, ...below].every(path => distrust(lstatSync(path)) === undefined);
  } catch {
    // There is none yet.
    return true;
  }
}

export interface CachedRun {
  /** CommonJS. */
  readonly file: string;
  /** Of what is kept: which kind of run, since each needs other functions, and by which Node. No `-` in the first word. */
  readonly name: string;
  readonly folder?: string;
  readonly pid: number;
  /** Has to be called when the process ends. */
  readonly atEnd: (keep: () => void) => void;
}

/** Runs it as `require` does. What V8 has made of it is read before, and written at the end where there was none that fits. */
export function runCached({ file, name, folder = cacheFolder, pid, atEnd }: CachedRun): void {
  // Which text it is made of: V8 compares lengths only.
  const { ino, size, mtimeMs } = statSync(file);
  const kept = path.join(folder, `${name}-${ino}-${size}-${Math.floor(mtimeMs)}`);
  const cachedData = read(kept);
  // In one line: a stack counts them as the file has them.
  const text = `(function (exports, require, module, __filename, __dirname) {${withoutShebang(file)}\n})`;
  const script = new vm.Script(text, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  if (cachedData === undefined || script.cachedDataRejected === true)
    atEnd(() => keep(kept, pid, script.createCachedData()));
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file));
}

function withoutShebang(file: string): string {
  return readFileSync(file, 'utf8').replace(/^#!.*/, '');
}

/** Behind a checksum of four bytes, for V8 looks at the length and not at what it says: a byte that a disk has turned would be run. */
function read(kept: string): Buffer | undefined {
  try {
    const whole = readFileSync(kept);
    const data = whole.subarray(4);
    return crc32(data) === whole.readUInt32LE() ? data : undefined;
  } catch {
    return undefined;
  }
}

/** In one step and on the disk. What an older program has left of this work goes. Where it fails the next start takes longer. */
function keep(kept: string, pid: number, data: Buffer): void {
  const [folder, work] = [path.dirname(kept), path.basename(kept).split('-')[0]!];
  const temporary = path.join(folder, `.${path.basename(kept)}.${pid}`);
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const sum = Buffer.alloc(4);
      sum.writeUInt32LE(crc32(data));
      writeFileSync(file, Buffer.concat([sum, data]));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    for (const name of readdirSync(folder))
      if (name.startsWith(`${work}-`)) rmSync(path.join(folder, name), { force: true });
    renameSync(temporary, kept);
  } catch {
    // A folder that is not there, or is none, or is full.
    try {
      rmSync(temporary, { force: true });
    } catch {}
  }
}
