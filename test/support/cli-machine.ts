// The real command line on a FakeSystem without metadata, for everything that must be refused before any of it is needed.
import { expect } from 'vitest';
import { run } from '../../agent/cli/run.ts';
import { toolMemoryFile } from '../../agent/system/facts/tool-memory.ts';
import type { Outcome } from './fake-machine.ts';
import { FakeSystem } from './fake-system.ts';
import { noProcess } from './no-process.ts';

export interface CliRun extends Outcome {
  readonly system: FakeSystem;
}

/**
 * Runs one command line on a machine that has only these files (path to content). Nothing listens where the metadata would
 * be: a command that gets so far fails.
 */
export async function runCli(
  argv: readonly string[],
  files: Readonly<Record<string, string>> = {},
  isRoot = true,
  columns?: number,
): Promise<CliRun> {
  const system = new FakeSystem();
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  let [out, err] = ['', ''];
  const code = await run(argv, system, {
    print: text => {
      out += text;
    },
    printError: text => {
      err += text;
    },
    isRoot,
    isInteractive: true,
    colour: false,
    process: noProcess,
    screen: { isTerminal: columns !== undefined, columns: () => columns, isClosed: () => false },
  });
  return { code, out, err, system };
}

/** Exactly two lines on standard error: `eni-agent: MESSAGE`, and `  CODE: HINT`. */
export function expectRefused(run: CliRun, exit: 1 | 64, code: string, message: RegExp | string): void {
  expect(run.out).toBe('');
  const [first = '', second = '', ...rest] = run.err.split('\n');
  expect(rest, run.err).toEqual(['']);
  if (typeof message === 'string') expect(first).toBe(`eni-agent: ${message}`);
  else expect(first).toMatch(message);
  expect(first).toMatch(/^eni-agent: [^\s].{5,}$/);
  expect(second).toMatch(new RegExp(`^ {2}${code}: .{10,}$`));
  expect(run.code).toBe(exit);
  // What the probes keep for the next pass is no change of the machine.
  expect(run.system.journal.filter(line => line !== `write ${toolMemoryFile}`)).toEqual([]);
  // Nor may it look like a defect of the program.
  expect(run.err).not.toMatch(/\bat .*\.ts:|\[object |undefined\b/);
}
