// The bundle without the parts of the libraries that are left out of it: what is used of them works, and each has its licence.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeBundle } from '../../../packaging/bundle.ts';
import { bundleOptions } from '../../../packaging/esbuild.ts';

const root = path.join(import.meta.dirname, '../../..');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'eni-agent-bundle-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the libraries are in it, with their licences, and their dead parts are not', async () => {
  const work = path.join(folder, 'whole');
  const release = { epoch: 1_600_000_000, commit: '0123456789ab', maintainer: 'Nobody', xzLevel: 0 };
  mkdirSync(work);
  const names = (await makeBundle(work, release)).map(licence => licence.name);
  expect(names).toEqual(expect.arrayContaining(['execa', 'pino', 'sonic-boom', 'systemd-notify']));
  for (const name of [
    'thread-stream',
    '@pinojs/redact',
    'signal-exit',
    'figures',
    'yoctocolors',
    'pretty-ms',
  ])
    expect(names).not.toContain(name);
  for (const program of ['launcher.cjs', 'eni-agent.cjs']) {
    const said = execFileSync(process.execPath, [path.join(work, program), '--version'], {
      encoding: 'utf8',
    });
    expect(said).toMatch(/^eni-agent \d+\.\d+\.\d+ \(commit 0123456789ab, 2020-09-13\)\n$/);
  }
});

/** A program of our own, bundled with the options of `npm run build`. */
async function bundled(script: string): Promise<string> {
  const source = path.join(folder, 'program.ts');
  const imports = `
    import { runCommand } from '${root}/agent/system/run-command.ts';
    import { openLog } from '${root}/agent/log/open-log.ts';\n`;
  writeFileSync(source, `${imports}async function main() {${script}}\nvoid main();\n`);
  await build({ ...bundleOptions, entryPoints: [source], outdir: folder });
  return path.join(folder, 'program.cjs');
}

test('programs run, fail, are missing, are late and print too much', async () => {
  const program = await bundled(`
    const results = [
      await runCommand(['cat'], { input: 'text' }),
      await runCommand(['sh', '-c', 'echo no >&2; exit 3']),
      await runCommand(['no-such-program']),
      await runCommand(['sh', '-c', 'kill -9 $$']),
      await runCommand(['sleep', '60'], { timeoutMs: 100 }),
      await runCommand(['cat', '/dev/zero']),
    ];
    console.log(JSON.stringify(results.map(({ exitCode, stderr }) => [exitCode, stderr])));`);
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 30_000 });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([
    [0, ''],
    [3, 'no\n'],
    [127, 'no-such-program: not found'],
    [126, 'sh was killed by SIGKILL'],
    [124, 'no answer within the deadline'],
    [126, 'cat: more output than 16777216 bytes'],
  ]);
});

test.each(['throw new Error();', 'process.exit(1);', "process.kill(process.pid, 'SIGKILL'); for (;;);"])(
  'no line is lost: %s',
  async end => {
    const program = await bundled(`
      const log = await openLog({ level: 'info', format: 'json', reader: 'file', to: 2, now: Date.now });
      for (let n = 0; n < 2000; n++) log.info({ n, text: 'x'.repeat(100) }, 'line');
      ${end}`);
    const reader = '"$0" "$1" 2>&1 | { sleep 0.5; cat; }';
    const { stdout } = spawnSync('sh', ['-c', reader, process.execPath, program], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(stdout.split('\n').filter(line => line.includes('"msg":"line"'))).toHaveLength(2000);
  },
);
