// Network namespaces of the lab: names that carry our pid, the guard that keeps every program out of the machine's own
// namespace, and the removal of everything, at the end, on a signal, and for runs that were killed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCgroups, removeCgroups } from './cgroup.ts';
import { run, runOk } from './command.ts';

const prefix = 'enilab-';
const runNetns = '/run/netns';
const overlayMagic = 0x794c7630;

/** Name of a namespace or scratch folder: `enilab-PID-VPC-ROLE`. The pid tells later runs whether it is a leftover. */
export function labName(vpc: string, role: string): string {
  if (!/^[a-z0-9]{1,20}$/.test(vpc)) throw new Error(`lab name "${vpc}": use 1 to 20 of a-z and 0-9`);
  return `${prefix}${process.pid}-${vpc}-${role}`;
}

/**
 * Folder for scratch files of this run. Not on an overlay file system (a container's root): the kernel takes that as the
 * lower layer of another overlay, but not as the upper one.
 */
export function scratchBase(): string {
  return statfsSync(tmpdir()).type === overlayMagic ? '/dev/shm' : tmpdir();
}

/** Makes a namespace with `lo` up. Nothing of the machine's own namespace is touched. */
export async function createNamespace(name: string): Promise<void> {
  prepare();
  await runOk(['ip', 'netns', 'add', name]);
  created.add(name);
  await runOk(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
}

/** Ends every process of a namespace that we made, then deletes it. */
export function removeNamespace(name: string): void {
  removeNow(name);
  created.delete(name);
  confirmed.delete(name);
}

/** `ip -n NAME ...`; returns stdout, throws on failure. */
export function ip(name: string, ...args: readonly string[]): Promise<string> {
  return runOk(['ip', '-n', name, ...args]);
}

/** Several `ip` commands in one process; the first failure throws and names the line. */
export async function ipBatch(name: string, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await runOk(['ip', '-n', name, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/**
 * The command line that runs `argv` inside a namespace of the lab. The only way to start an agent, an emulator or any other
 * program that may contact a metadata address. Throws unless NAME is a namespace of this run and not the one we are in;
 * with `metadata` also unless every one of these addresses is on an interface of the router namespace, so that a request
 * can never reach the metadata service of the machine that runs the tests.
 */
export async function inNamespace(
  name: string,
  argv: readonly string[],
  metadata?: { readonly router: string; readonly addresses: readonly string[] },
): Promise<readonly string[]> {
  if (!created.has(name)) throw new Error(`${name} is not a namespace of this run`);
  if (sameNamespace(join(runNetns, name), '/proc/self/ns/net'))
    throw new Error(`${name} is the machine's own network namespace: nothing is started`);
  for (const address of metadata?.addresses ?? []) await confirmAddress(metadata!.router, address);
  // Not `ip netns exec`: that mounts a /sys of its own for each program, which costs more than most of the programs.
  return ['nsenter', `--net=${join(runNetns, name)}`, '--', ...argv];
}

/** Asked once per address: it is put there with the router and goes with it. */
async function confirmAddress(router: string, address: string): Promise<void> {
  const known = confirmed.get(router) ?? new Set();
  if (known.has(address)) return;
  const length = address.includes(':') ? 128 : 32;
  const shown = await ip(router, '-o', 'addr', 'show', 'to', `${address}/${length}`);
  if (shown.trim() === '')
    throw new Error(`metadata address ${address} is on no interface of ${router}: nothing is started`);
  confirmed.set(router, known.add(address));
}

/** Runs a program inside a namespace, on the machine's file system. */
export async function runIn(name: string, argv: readonly string[], input?: string): Promise<string> {
  return runOk(await inNamespace(name, argv), input === undefined ? {} : { input });
}

/** Registers a scratch folder that goes when this process ends. */
export function registerScratch(dir: string): void {
  prepare();
  scratch.add(dir);
}

export function removeScratch(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
  scratch.delete(dir);
}

/** What exists of this run or, with no argument, of any run: namespaces, folders, cgroups, mounts. Empty after a clean end. */
export async function findRemains(pid?: number): Promise<readonly string[]> {
  const own = pid === undefined ? prefix : `${prefix}${pid}-`;
  const mounts = (await run(['cat', '/proc/self/mounts'])).stdout
    .split('\n')
    .filter(line => line.includes(`/${own}`));
  return [...list(runNetns, own), ...list(scratchBase(), own), ...listCgroups(own), ...mounts];
}

/** Removes what runs that no longer live have left behind; returns the names. */
export function sweepLeftovers(): readonly string[] {
  const dead = (name: string) => {
    const pid = /^enilab-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`));
  };
  const namespaces = list(runNetns, prefix).filter(dead);
  const folders = list(scratchBase(), prefix).filter(dead);
  for (const name of namespaces) removeNow(name);
  for (const name of folders) rmSync(join(scratchBase(), name), { recursive: true, force: true });
  const groups = listCgroups(prefix).filter(dead);
  for (const name of groups) removeCgroups(name);
  return [...namespaces, ...folders, ...groups];
}

const created = new Set<string>();
/** Per router, the metadata addresses that were seen on it. */
const confirmed = new Map<string, Set<string>>();
const scratch = new Set<string>();
let prepared = false;

function prepare(): void {
  if (prepared) return;
  prepared = true;
  sweepLeftovers();
  process.on('exit', removeEverything);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      removeEverything();
      process.kill(process.pid, signal);
    });
}

function removeEverything(): void {
  for (const name of created) removeNow(name);
  created.clear();
  for (const dir of scratch) rmSync(dir, { recursive: true, force: true });
  if (scratch.size > 0) removeCgroups(`${prefix}${process.pid}-`);
  scratch.clear();
}

// Synchronous, because it also runs in exit and signal handlers. Kills by pid, and only what lives in this namespace.
function removeNow(name: string): void {
  const path = join(runNetns, name);
  if (!name.startsWith(prefix) || !existsSync(path) || sameNamespace(path, '/proc/self/ns/net')) return;
  for (let step = 0; step < 20; step++) {
    const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8', timeout: 5000 })
      .stdout.split('\n')
      .filter(line => /^\d+$/.test(line))
      .map(Number)
      .filter(pid => pid !== process.pid);
    if (pids.length === 0) break;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  spawnSync('ip', ['netns', 'del', name], { timeout: 5000 });
}

function list(dir: string, start: string): readonly string[] {
  return existsSync(dir) ? readdirSync(dir).filter(name => name.startsWith(start)) : [];
}

function sameNamespace(a: string, b: string): boolean {
  const [left, right] = [statSync(a), statSync(b)];
  return left.dev === right.dev && left.ino === right.ino;
}
