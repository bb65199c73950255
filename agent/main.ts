#!/usr/bin/env node
// The process: argv -> command, error -> exit code. The only place that ends it.
import { run } from './cli/run.ts';
import { realSystem } from './system/real-system.ts';

run(process.argv.slice(2), realSystem, {
  print: text => process.stdout.write(text),
  printError: text => process.stderr.write(text),
  isRoot: process.getuid?.() === 0,
  isInteractive: process.stderr.isTTY === true,
  colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
}).then(exitCode => {
  process.exitCode = exitCode;
});
