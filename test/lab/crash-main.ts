// The agent with a bomb in it: its System dies (SIGKILL, as real as it gets) at the CRASH_AT-th thing that it does to the
// machine. Before it does it, or, for a write, in the middle. Without CRASH_AT it says at the end how many there were.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../agent/cli/run.ts';
import { temporaryName } from '../../agent/system/disk.ts';
import { realSystem } from '../../agent/system/real-system.ts';
import type { System } from '../../agent/system/system.ts';
import { noProcess } from '../support/no-process.ts';

const crashAt = Number(process.env.CRASH_AT ?? 0);
let effects = 0;

function step(half?: () => void): void {
  effects += 1;
  if (effects !== crashAt) return;
  half?.();
  process.kill(process.pid, 'SIGKILL');
}

/** Only what looks: everything else counts. */
function looks(argv: readonly string[]): boolean {
  return (
    /^(ip( -\S+)* (link|addr|route|rule) (show|get)|unshare|ifquery|dpkg-query|uname)/.test(argv.join(' ')) ||
    argv.some(word => /^(--version|-V)$/.test(word))
  );
}

const system: System = {
  ...realSystem,
  async writeFile(file, content, mode) {
    step(() => {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(path.join(path.dirname(file), temporaryName), content.slice(0, content.length / 2));
    });
    await realSystem.writeFile(file, content, mode);
    step();
  },
  async removeFile(file) {
    step();
    await realSystem.removeFile(file);
    step();
  },
  async run(argv, options) {
    if (looks(argv)) return realSystem.run(argv, options);
    step();
    const result = await realSystem.run(argv, options);
    step();
    return result;
  },
};

run(process.argv.slice(2), system, {
  print: text => process.stdout.write(text),
  printError: text => process.stderr.write(text),
  isRoot: true,
  isInteractive: false,
  colour: false,
  process: noProcess,
}).then(exitCode => {
  process.stdout.write(`effects=${effects}\n`);
  process.exitCode = exitCode;
});
