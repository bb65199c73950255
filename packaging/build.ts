// `npm run package`: makes the packages. Each one is made in a temporary folder and then moved to its place.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { type Artefact, checkout, fileName } from './artefacts.ts';
import { makeParts } from './build-parts.ts';
import { entriesOf } from './contents.ts';
import { buildDeb } from './deb.ts';
import { generatedFiles } from './docs/generated-files.ts';
import { lintPackage } from './lint.ts';
import { type Options, readOptions, usage } from './options.ts';
import { type Release, sourceCommit, sourceDate } from './release.ts';
import { describe, type MadePackage, moveTo, type Row, table, writeDigests } from './report.ts';
import { checkReproducible } from './reproducible.ts';
import { buildRpm } from './rpm.ts';
import { stage } from './staging.ts';

const builders = { deb: buildDeb, rpm: buildRpm };

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(usage);
  else await main(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  const { artefacts } = options;
  const folder = path.resolve(options.out ?? path.join(checkout, 'dist/packages'));
  const release = {
    epoch: await sourceDate(process.env),
    commit: await sourceCommit(process.env),
    maintainer: options.maintainer,
    xzLevel: options.quick ? 0 : 6,
  };
  process.stdout.write(table(await buildAll(artefacts, folder, release)));
  if (options.lint) {
    await inParallel(artefacts, async artefact => await lintPackage(path.join(folder, fileName(artefact))));
    process.stdout.write('lintian and rpmlint: nothing to say\n');
  }
  if (options.checkReproducible) {
    await checkReproducible(artefacts, folder, release);
    process.stdout.write('built again in another folder: the same, byte by byte\n');
  }
}

async function buildAll(
  artefacts: readonly Artefact[],
  folder: string,
  release: Release,
): Promise<readonly Row[]> {
  const work = await mkdtemp(path.join(tmpdir(), 'eni-agent-package.'));
  try {
    await mkdir(folder, { recursive: true });
    const parts = await makeParts(artefacts, work, release);
    const rows = await inParallel(artefacts, async artefact => {
      const made = await buildOne(artefact, parts(artefact), work, release);
      const row = await describe(made);
      await moveTo(made.file, folder);
      await rm(made.tree, { recursive: true });
      return row;
    });
    await writeDigests(folder);
    return rows;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** One for each processor at a time: to compress or to check a package takes a processor for half a minute. */
async function inParallel<In, Out>(items: readonly In[], make: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results[next[0]] = await make(next[1]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

async function buildOne(
  artefact: Artefact,
  built: string,
  work: string,
  release: Release,
): Promise<MadePackage> {
  const name = fileName(artefact);
  const tree = path.join(work, `${name}.tree`);
  const generated = await generatedFiles(release.epoch);
  const files = await stage(entriesOf(artefact), { tree, built, generated, epoch: release.epoch });
  const file = path.join(work, name);
  await builders[artefact.format](artefact, files, tree, release, file);
  return { file, files, tree };
}
