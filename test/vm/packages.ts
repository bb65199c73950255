// The real package, as `npm run package` makes it, and the same with a higher version: what a repository offers some weeks later.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../lab/command.ts';

/** Packs it again in `dir` with `+next` behind its version; returns the new file. */
export async function repack(deb: string, dir: string): Promise<string> {
  const tree = join(dir, 'repack');
  mkdirSync(dir, { recursive: true });
  await runOk(['dpkg-deb', '--raw-extract', deb, tree], { timeout: 120_000 });
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^(Version: .*)$/m, '$1+next'));
  const made = join(dir, 'eni-agent_next_amd64.deb');
  // gzip: quicker to make here and to unpack on an emulated processor.
  await runOk(['dpkg-deb', '--root-owner-group', '-Zgzip', '-z1', '--build', tree, made], {
    timeout: 120_000,
  });
  rmSync(tree, { recursive: true });
  return made;
}
