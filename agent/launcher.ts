#!/usr/bin/env node
// What the packages install as `eni-agent`: it answers `--version` without the program, and keeps what V8 made of the program's text for
// the next start. From source there is no need for it: main.ts is the whole program.
import { enableCompileCache } from 'node:module';
import { asksForVersion, versionText } from './cli/version.ts';

/** Root's own folder: what lies there is run as root. Node checks that it fits the program and its own version. */
const cacheFolder = '/var/cache/eni-agent';

/** Beside the launcher; a name that the bundler leaves alone. */
const program: string = './eni-agent.cjs';

if (asksForVersion(process.argv[2])) process.stdout.write(versionText);
else {
  // Node writes the folder when the process ends: not after `remove --image` has emptied it.
  if (process.getuid?.() === 0 && !process.argv.includes('--image')) enableCompileCache(cacheFolder);
  void import(program);
}
