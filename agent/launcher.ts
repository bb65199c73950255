#!/usr/bin/env node
// What the packages install as `eni-agent`: it answers `--version` without the program, and keeps what V8 made of the program's text for
// the next start. From source there is no need for it: main.ts is the whole program.
import path from 'node:path';
import { asksForVersion, versionText } from './cli/version.ts';
import { isCacheOurs, runCached } from './system/compile-cache.ts';

/** Of the bundle, which is CommonJS: there the program stands beside the launcher. */
declare const __dirname: string;
const program = path.join(__dirname, 'eni-agent.cjs');

const [, , command, ...more] = process.argv;
if (asksForVersion(command)) process.stdout.write(versionText);
else {
  const isRoot = process.getuid?.() === 0;
  // What is kept is made with the umask that we find: with 000 anybody could plant what the next start runs.
  if (isRoot) process.umask(0o022);
  // It is written when the process ends: not after `remove --image` has emptied the folder.
  if (isRoot && !more.includes('--image') && isCacheOurs())
    runCached({
      file: program,
      name: `${command === 'once' ? 'once' : 'others'}-${process.version}`,
      pid: process.pid,
      atEnd: keep => process.once('exit', keep),
    });
  else void import(program);
}
