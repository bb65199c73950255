// Hooks: which files are run, with what, and that nothing they do matters. Real programs in a folder that stands for /etc/eni-agent.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hookFolder, runHooks } from '../../agent/hooks.ts';
import type { Log, LogFields } from '../../agent/log.ts';
import type { PassResult } from '../../agent/pass/pass.ts';
import { realSystem } from '../../agent/system/real-system.ts';
import type { CommandResult, System } from '../../agent/system/system.ts';

const pass = {
  outcome: 'applied',
  instance: { provider: 'aws', instanceId: undefined },
  backend: 'networkd',
  changes: [],
  files: [{ path: '/etc/x' }],
  degraded: ['eth1: a text'],
} as unknown as PassResult;

let root: string;
let warnings: [LogFields, string][];
const log: Log = { debug() {}, info() {}, warn: (...line) => warnings.push(line), error() {} };

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'eni-agent-hooks-'));
  mkdirSync(path.join(root, hookFolder), { recursive: true, mode: 0o755 });
  warnings = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The real one, below `root`, where whoever runs the test passes for root. */
function below(): System {
  const inside = (file: string) => path.join(root, file);
  return {
    ...realSystem,
    listFolder: folder => realSystem.listFolder(inside(folder)),
    readLink: file => realSystem.readLink(inside(file)),
    stat: async file => {
      const stamp = await realSystem.stat(inside(file));
      return stamp && { ...stamp, uid: stamp.uid - process.getuid!() };
    },
    run: (argv, options) =>
      realSystem.run([argv[0], ...argv.slice(1).map(w => (w.startsWith('/') ? inside(w) : w))], options),
  };
}

function put(name: string, script: string, mode = 0o755): string {
  const file = path.join(root, hookFolder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, mode);
  return file;
}

const out = (name: string) => path.join(root, name);
const written = (name: string) => (existsSync(out(name)) ? readFileSync(out(name), 'utf8') : undefined);

describe('a hook', () => {
  test('gets the change on standard input, no arguments, and next to no environment', async () => {
    put('look', `cat > ${out('input')}; echo "$#" > ${out('arguments')}; env > ${out('environment')}`);
    process.env.NOTIFY_SOCKET = '/run/none';
    await runHooks(below(), log, pass, 'timer kernel');
    delete process.env.NOTIFY_SOCKET;
    expect(warnings).toEqual([]);
    expect(written('input')).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(written('input')!)).toEqual({
      version: 1,
      trigger: 'timer kernel',
      cloud: { provider: 'aws', instanceId: null },
      backend: 'networkd',
      changes: [],
      files: ['/etc/x'],
      degraded: ['eth1: a text'],
    });
    expect(written('arguments')).toBe('0\n');
    // The shell adds the two names of folders, and `_`.
    const names = written('environment')!.match(/^\w+(?==)/gm)!;
    expect(names.filter(name => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).sort()).toEqual([
      'LC_ALL',
      'PATH',
    ]);
  });

  test('is run after those whose name comes before, and by a name that is one', async () => {
    for (const name of ['20-b', '10_A', 'a.sh', 'b~', '.c', 'd e', 'e.dpkg-old', 'Z'])
      put(name, `echo ${name} >> ${out('order')}`);
    await runHooks(below(), log, pass, 'once');
    expect(written('order')).toBe('10_A\n20-b\nZ\n');
    expect(warnings).toEqual([]);
  });

  test('that fails, cannot be started or reads nothing is one warning at most, and the next one runs', async () => {
    put('a', `printf 'it \\033[31mwill not\\nmore\\n' >&2; exit 3`);
    put('b', 'kill -9 $$');
    writeFileSync(path.join(root, hookFolder, 'c'), '#!/nowhere/sh\n');
    chmodSync(path.join(root, hookFolder, 'c'), 0o755);
    put('d', 'exec <&-; echo noise; echo noise >&2');
    put('e', `touch ${out('e')}`);
    const long = { ...pass, degraded: Array.from({ length: 20_000 }, () => 'more than a pipe holds') };
    await runHooks(below(), log, long, 'once');
    expect(warnings.map(([fields, text]) => [path.basename(String(fields.hook)), fields.exit, text])).toEqual(
      [
        ['a', 3, 'a hook failed'],
        ['b', 126, 'a hook failed'],
        ['c', expect.any(Number), 'a hook failed'],
      ],
    );
    expect(warnings[0]![0].reason).toBe('it \\u001b[31mwill not');
    expect(warnings[2]![0].reason).toMatch(/c.*: No such file/);
    expect(written('e')).toBe('');
  });

  test('that hangs is killed with all that it has started', async () => {
    put('a', `sleep 1000 & echo $! > ${out('child')}; wait`);
    put('b', `touch ${out('b')}`);
    const system = below();
    // The bound of 10 seconds is looked at, and not waited for.
    const bounds: unknown[] = [];
    const hasty: System = {
      ...system,
      run: (argv, options) => {
        bounds.push(options?.timeoutMs);
        return system.run(argv, argv.at(-1)!.endsWith('a') ? { ...options, timeoutMs: 1000 } : options);
      },
    };
    await runHooks(hasty, log, pass, 'once');
    expect(bounds).toEqual([10_000, 10_000]);
    expect(warnings).toEqual([[{ hook: `${hookFolder}/a` }, 'a hook was killed after 10 s']]);
    await expect.poll(() => isRunning(Number(written('child')))).toBe(false);
    expect(written('b')).toBe('');
  });
});

test('what a hook floods us with is not kept, and what it says of itself is one short line', async () => {
  put('a', 'head -c 150000000 /dev/zero');
  put('b', 'yes "$(printf \'\\033]0;title\\007 no\')" | head -c 40000000 >&2; exit 1');
  put('c', `touch ${out('c')}`);
  const before = process.memoryUsage().rss;
  await runHooks(below(), log, pass, 'once');
  expect(warnings.map(([fields]) => path.basename(String(fields.hook)))).toEqual(['a', 'b']);
  for (const [fields] of warnings) expect(String(fields.reason ?? '')).toMatch(/^[\x20-\x7e]{0,300}$/);
  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  expect(written('c')).toBe('');
});

test('what a hook leaves running does not hold the lock', async () => {
  put('a', `sleep 1000 > ${out('null')} 2>&1 & echo $! > ${out('child')}`);
  const release = await realSystem.lock(out('lock'), 0);
  await runHooks(below(), log, pass, 'once');
  await release!();
  const child = Number(written('child'));
  try {
    expect(warnings).toEqual([]);
    expect(isRunning(child)).toBe(true);
    const again = await realSystem.lock(out('lock'), 0);
    expect(again).toBeDefined();
    await again!();
  } finally {
    process.kill(child);
  }
});

/** A killed child of a killed parent may wait as a zombie for whoever is process 1 here. */
function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/stat`;
  return existsSync(status) && !/\) [ZX] /.test(readFileSync(status, 'utf8'));
}

describe('all of them', () => {
  /** Each takes so long on a clock of its own. */
  async function runFor(
    lasts: readonly number[],
    clock: 'ticks' | 'now' = 'ticks',
  ): Promise<readonly unknown[]> {
    for (const index of lasts.keys()) put(`h${index}`, 'true');
    let now = 0;
    const bounds: unknown[] = [];
    const run = async (_: unknown, options?: { readonly timeoutMs?: number }): Promise<CommandResult> => {
      now += lasts[bounds.length]!;
      bounds.push(options?.timeoutMs);
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    await runHooks({ ...below(), [clock]: () => now, run }, log, pass, 'once');
    return bounds;
  }

  test('have a minute', async () => {
    expect(await runFor([10_000, 10_000, 10_000, 10_000, 9_000, 6_000, 5_000, 0, 0])).toEqual([
      ...[10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 5_000],
    ]);
    expect(warnings).toEqual([[{ hooks: ['h7', 'h8'] }, 'hooks not run: the earlier ones took 60 s']]);
  });

  test('run also when the clock is set', async () => {
    expect(await runFor([1e12, -1e12, 0, 0], 'now')).toHaveLength(4);
    expect(warnings).toEqual([]);
  });

  test.each(['unchanged', 'pending', 'refused'] as const)('rest when the pass is %s', async outcome => {
    put('a', `touch ${out('a')}`);
    await runHooks(below(), log, { ...pass, outcome }, 'once');
    expect(written('a')).toBeUndefined();
  });

  test('that cannot be listed are a warning', async () => {
    const listFolder = () => Promise.reject(new Error('I/O error'));
    await runHooks({ ...below(), listFolder }, log, pass, 'once');
    expect(warnings).toEqual([[{ folder: hookFolder, reason: 'I/O error' }, 'could not run the hooks']]);
    const readLink = () => Promise.reject(new Error('I/O error'));
    put('a', 'true');
    await runHooks({ ...below(), readLink }, log, pass, 'once');
    expect(warnings).toHaveLength(2);
  });
});

describe('what somebody else could have put there is not run', () => {
  const refused = (reason: string) => [[{ hook: `${hookFolder}/a`, reason }, 'a hook was not run']];

  test.each([
    [0o775, 'is writable by users other than root'],
    [0o757, 'is writable by users other than root'],
    [0o644, 'is not executable'],
  ])('mode %o', async (mode, reason) => {
    put('a', `touch ${out('a')}`, mode);
    put('b', `touch ${out('b')}`);
    await runHooks(below(), log, pass, 'once');
    expect([written('a'), written('b')]).toEqual([undefined, '']);
    expect(warnings).toEqual(refused(reason));
  });

  test('another owner', async () => {
    put('a', `touch ${out('a')}`);
    const system = below();
    const stat = async (file: string) => {
      const stamp = await system.stat(file);
      return stamp && { ...stamp, uid: file.endsWith('/a') ? 1000 : 0 };
    };
    await runHooks({ ...system, stat }, log, pass, 'once');
    expect(written('a')).toBeUndefined();
    expect(warnings).toEqual(refused('belongs to user 1000, not to root'));
  });

  test('a symbolic link, a folder, a pipe', async () => {
    const target = put('b.sh', `touch ${out('b')}`);
    symlinkSync(target, path.join(root, hookFolder, 'a'));
    await runHooks(below(), log, pass, 'once');
    rmSync(path.join(root, hookFolder, 'a'));
    mkdirSync(path.join(root, hookFolder, 'a'));
    await runHooks(below(), log, pass, 'once');
    rmSync(path.join(root, hookFolder, 'a'), { recursive: true });
    execFileSync('mkfifo', [path.join(root, hookFolder, 'a')]);
    await runHooks(below(), log, pass, 'once');
    const kind = refused('is not a regular file');
    expect(warnings).toEqual([...refused('is a symbolic link'), ...kind, ...kind]);
    expect(written('b')).toBeUndefined();
  });

  test.each([hookFolder, path.dirname(hookFolder)])('the folder %s', async folder => {
    put('a', `touch ${out('a')}`);
    chmodSync(path.join(root, folder), 0o775);
    await runHooks(below(), log, pass, 'once');
    expect(written('a')).toBeUndefined();
    expect(warnings).toEqual([
      [{ folder, reason: 'is writable by users other than root' }, 'no hook was run'],
    ]);
    chmodSync(path.join(root, folder), 0o755);
    await runHooks(below(), log, pass, 'once');
    expect(written('a')).toBe('');
  });
});
