// The machine on which a real network service loads our files: a throw-away overlay of a root tree that brings the service and
// the way it boots (BOOT, run as it is). No agent in it, process 1 only waits, /sys is read-only.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import type { System } from '../../../agent/system/system.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { type Outcome, run, startBackground, waitFor } from '../command.ts';
import type { Guest } from '../guest.ts';
import { runInGuest } from '../guest-commands.ts';
import { initScript } from '../guest-init.ts';
import { inNamespace } from '../namespace.ts';
import type { Vpc } from '../vpc.ts';

/** A real boot waits for leases; nothing here waits longer. */
const commandMs = 120_000;

/** Starts process 1; the network is still untouched. The guest ends with its VPC. */
export async function startProofGuest(vpc: Vpc, tree: string): Promise<Guest> {
  if (!existsSync(tree) || /[:,\\\n]/.test(tree))
    throw new Error(`${tree}: no tree, or no path for a mount option`);
  const disk = join(vpc.dir, 'proof');
  for (const part of ['upper', 'work', 'root', 'net']) mkdirSync(join(disk, part), { recursive: true });
  const unshare = 'unshare --mount --uts --ipc --pid --fork --kill-child --propagation private sh -c'.split(
    ' ',
  );
  const argv = [...unshare, initScript, 'init', tree, disk, 'guest', process.execPath, '', 'none'];
  const init = startBackground(await inNamespace(vpc.guest, argv));
  await waitFor(() => init.output().includes('ready ') || !init.running(), 10_000);
  const pid = Number(/^ready (\d+)$/m.exec(init.output())?.[1] ?? 0);
  if (pid === 0) throw new Error(`the guest did not start: ${init.output().trim()}`);
  await waitFor(() => !existsSync(`/proc/${pid}/root/run/machine`), 3000);
  const guest = { vpc, tree, disk, bundle: '', pid, init } as Guest;
  await runShell(guest, 'rm -f /etc/resolv.conf; echo nameserver 192.0.2.1 > /etc/resolv.conf');
  return guest;
}

/** Ends all processes of the guest; its mounts vanish with them. */
export async function stopProofGuest({ init, pid }: Guest): Promise<void> {
  if (init?.running() && pid > 0) process.kill(pid, 'SIGKILL');
  await waitFor(() => init?.running() !== true, 3000);
  await init?.stop();
}

/** Never throws for an exit code. */
export function runProgram(guest: Guest, argv: readonly string[], input?: string): Promise<Outcome> {
  return runInGuest(guest, argv, { timeout: commandMs, ...(input === undefined ? {} : { input }) });
}

/** By the guest's own shell, so that a symbolic link of the tree leads where it leads there. */
export async function putFile(guest: Guest, { path, mode, content }: RenderedFile): Promise<void> {
  const script = 'mkdir -p "$(dirname "$1")" && rm -f "$1" && cat > "$1" && chmod "$2" "$1"';
  await runShell(guest, script, [path, mode.toString(8)], content);
}

export async function removeFile(guest: Guest, path: string): Promise<void> {
  await runShell(guest, 'rm -f "$1"', [path]);
}

export async function readResolvConf(guest: Guest): Promise<string> {
  return (await runProgram(guest, ['cat', '/etc/resolv.conf'])).stdout;
}

async function runShell(
  guest: Guest,
  script: string,
  args: readonly string[] = [],
  input = '',
): Promise<void> {
  const { exitCode, stderr } = await runProgram(guest, ['sh', '-c', script, 'sh', ...args], input);
  if (exitCode !== 0) throw new Error(`${script}: exit ${exitCode}: ${stderr.trim()}`);
}

export function kernelOfGuest(vpc: Vpc) {
  return readKernelState(viewOf(vpc));
}

/** The guest's network as the lab's own `ip` sees it: the tree's may be too old, or missing. */
export function viewOf(vpc: Vpc): System {
  const refuse = () => Promise.reject(new Error('a view changes nothing'));
  return {
    run: async (argv, options = {}) =>
      run(await inNamespace(vpc.guest, argv), options.input === undefined ? {} : { input: options.input }),
    readFile: async path => {
      const { exitCode, stdout } = await run(await inNamespace(vpc.guest, ['cat', path]));
      return exitCode === 0 ? stdout : undefined;
    },
    readOwn: refuse,
    secureFolder: refuse,
    moveAside: refuse,
    // What stands in sysfs is of no interest here.
    listFolder: async () => [],
    exists: async () => false,
    readLink: async () => undefined,
    stat: async () => undefined,
    link: refuse,
    writeFile: refuse,
    removeFile: refuse,
    copy: refuse,
    takeNames: refuse,
    removeTree: refuse,
    lock: refuse,
    now: Date.now,
    ticks: () => performance.now(),
    sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
  };
}
