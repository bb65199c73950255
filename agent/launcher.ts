#!/usr/bin/env node
// What the packages install as `eni-agent`: it answers `--version` without the program, and keeps what V8 made of the program's text for
// the next start. From source there is no need for it: main.ts is the whole program.
import { enableCompileCache } from 'node:module';
import { asksForVersion, versionText } from './cli/version.ts';
import { cacheFolder, isCacheOurs } from './system/compile-cache.ts';

/** Beside the launcher; a name that the bundler leaves alone. */
const program: string = './eni-agent.cjs';

if (asksForVersion(process.argv[2])) process.stdout.write(versionText);
else {
  const isRoot = process.getuid?.() === 0;
  // Node makes its folders in there with the umask that it finds: with 000 anybody could plant what the next start runs.
  if (isRoot) process.umask(0o022);
  // Node writes the folder when the process ends: not after `remove --image` has emptied it.
  if (isRoot && !process.argv.includes('--image') && isCacheOurs()) enableCompileCache(cacheFolder);
  void import(program);
}
