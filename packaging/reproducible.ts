// Are the packages the same, byte by byte, when somebody else builds them? A second build, from a copy of the checkout in another
// folder, with another umask and time zone.
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Artefact, checkout, fileName } from './artefacts.ts';
import { type Release, releaseVariables } from './release.ts';
import { run } from './run-program.ts';

/** What the copy does without: history (the date is given), and what is downloaded or built. */
const left = ['.git', 'node_modules', 'dist', '.cache', 'coverage'];

/** @throws Error that names the packages that differ from those in `folder`. */
export async function checkReproducible(
  artefacts: readonly Artefact[],
  folder: string,
  release: Release,
): Promise<void> {
  const other = await mkdtemp(path.join(tmpdir(), 'eni-agent-second-build.'));
  try {
    const copy = path.join(other, 'a folder with a longer name');
    await cp(checkout, copy, {
      recursive: true,
      filter: source => !left.includes(path.relative(checkout, source)),
    });
    await symlink(path.join(checkout, 'node_modules'), path.join(copy, 'node_modules'));
    const out = path.join(other, 'packages');
    await mkdir(out);
    const unique = (option: string, names: readonly string[]) =>
      [...new Set(names)].flatMap(name => [option, name]);
    await run(
      'sh',
      [
        ...['-c', 'umask 077; exec "$@"', 'sh', process.execPath, path.join(copy, 'packaging/build.ts')],
        ...['--out', out, '--maintainer', release.maintainer, ...(release.xzLevel === 6 ? [] : ['--quick'])],
        ...unique(
          '--format',
          artefacts.map(({ format }) => format),
        ),
        ...unique(
          '--variant',
          artefacts.map(({ variant }) => variant),
        ),
        ...unique(
          '--arch',
          artefacts.map(({ architecture }) => architecture),
        ),
      ],
      { cwd: copy, env: releaseVariables(release), timeZone: 'Asia/Tokyo' },
    );
    const differing = [];
    for (const name of artefacts.map(fileName)) {
      const [first, second] = await Promise.all([folder, out].map(f => readFile(path.join(f, name))));
      if (!first!.equals(second!)) differing.push(name);
    }
    if (differing.length > 0) throw new Error(`built twice, and not the same: ${differing.join(', ')}`);
  } finally {
    await rm(other, { recursive: true, force: true });
  }
}
