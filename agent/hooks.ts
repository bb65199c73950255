// Hooks: programs of the administrator that hear of a change once it is committed. Whatever they do, print or fail to do, the pass is
// over and its result stays as it is. docs/hooks.md is for those who write one.
import { type EniChange, eniOf } from '../renderers/renderer.ts';
import { reasonOf } from './errors.ts';
import { printable } from './log/text.ts';
import type { Log } from './log.ts';
import type { PassResult } from './pass/pass.ts';
import type { System } from './system/system.ts';
import { distrust } from './system/trust.ts';

const configFolder = '/etc/eni-agent';
export const hookFolder = `${configFolder}/hooks.d`;

/** As run-parts has it: what editors and package managers leave behind (`a~`, `a.dpkg-old`) is no hook. */
const hookName = /^[A-Za-z0-9_-]+$/;

/** Milliseconds for one hook, and for all of them. */
const hookMs = 10_000;
const allMs = 60_000;

/** Nothing of the agent's own: a hook that tells systemd "ready", say, would speak for the daemon. */
const environment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'LC_ALL=C',
] as const;

/**
 * Runs the hooks one after the other, in the order of their names, if the pass has changed something. Call it when the lock is free.
 * Never throws: what goes wrong with a hook is one warning.
 *
 * @param trigger what started the pass
 */
export async function runHooks(system: System, log: Log, pass: PassResult, trigger: string): Promise<void> {
  if (pass.outcome !== 'applied') return;
  try {
    const names = (await system.listFolder(hookFolder)).filter(name => hookName.test(name));
    if (names.length > 0)
      await runAll(system, log, names, `${JSON.stringify(documentOf(pass, trigger), printed)}\n`);
  } catch (error) {
    log.warn({ folder: hookFolder, reason: reasonOf(error) }, 'could not run the hooks');
  }
}

async function runAll(system: System, log: Log, names: readonly string[], input: string): Promise<void> {
  for (const folder of [configFolder, hookFolder]) {
    const flaw = await flawOf(system, folder, folderType);
    if (flaw === undefined) continue;
    log.warn({ folder, reason: flaw }, 'no hook was run');
    return;
  }
  let left = allMs;
  for (const [index, name] of names.entries()) {
    if (left <= 0) {
      log.warn({ hooks: names.slice(index) }, `hooks not run: the earlier ones took ${allMs / 1000} s`);
      return;
    }
    const hook = `${hookFolder}/${name}`;
    const flaw = await flawOf(system, hook, fileType);
    if (flaw !== undefined) {
      log.warn({ hook, reason: flaw }, 'a hook was not run');
      continue;
    }
    const started = system.ticks();
    await runOne(system, log, hook, { input, timeoutMs: Math.min(hookMs, left), outside: true });
    left -= system.ticks() - started;
  }
}

async function runOne(
  system: System,
  log: Log,
  hook: string,
  options: { readonly input: string; readonly timeoutMs: number; readonly outside: true },
): Promise<void> {
  const { exitCode, stderr } = await system.run(['env', '-i', ...environment, hook], options);
  if (exitCode === 124) log.warn({ hook }, `a hook was killed after ${options.timeoutMs / 1000} s`);
  else if (exitCode !== 0) log.warn({ hook, exit: exitCode, reason: firstLine(stderr) }, 'a hook failed');
}

const folderType = 0o040000;
const fileType = 0o100000;

/** Why root must not run what stands there, in words: another user could have put it there. Undefined: he may. */
async function flawOf(system: System, path: string, type: number): Promise<string | undefined> {
  // What it points to may stand in a folder of anybody.
  if ((await system.readLink(path)) !== undefined) return 'is a symbolic link';
  const stamp = await system.stat(path);
  if (stamp === undefined) return 'does not exist';
  if ((stamp.mode & 0o170000) !== type)
    return type === folderType ? 'is not a folder' : 'is not a regular file';
  return distrust(stamp) ?? ((stamp.mode & 0o111) === 0 ? 'is not executable' : undefined);
}

/** A hook that prints a value steers no terminal either. */
const printed = (_key: string, value: unknown) => (typeof value === 'string' ? printable(value) : value);

function firstLine(text: string): string {
  return printable(text.trim().split('\n')[0]!.slice(0, 200));
}

/** What a hook reads: docs/hooks.md. Fields are only ever added. */
function documentOf(pass: PassResult, trigger: string) {
  return {
    version: 1,
    trigger,
    cloud: { provider: pass.instance.provider, instanceId: pass.instance.instanceId ?? null },
    backend: pass.backend,
    changes: pass.changes.map(changeOf),
    files: pass.files.map(f => f.path),
    degraded: pass.degraded,
  };
}

function changeOf(change: EniChange) {
  const eni = eniOf(change);
  const before = change.kind === 'added' ? [] : change.before.addresses;
  const after = change.kind === 'removed' ? [] : change.after.addresses;
  return {
    kind: change.kind,
    eniId: eni.eniId ?? null,
    mac: eni.mac,
    link: eni.link,
    table: eni.table,
    addresses: { before: before.map(a => a.ip), after: after.map(a => a.ip) },
  };
}
