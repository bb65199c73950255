// The VM of the lab: a throw-away overlay of a real Debian tree, booted in the VPC's guest namespace with the real
// ifupdown and dhclient, and the agent's real bundle on the pinned Node. It has no init system: boot() does what
// networking.service does.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Background,
  type Outcome,
  type RunOptions,
  run,
  runOk,
  startBackground,
  waitFor,
} from './command.ts';
import { agentPaths, initScript } from './guest-init.ts';
import { inNamespace } from './namespace.ts';
import { renewGuestNamespace, type Vpc } from './vpc.ts';
import { metadataAddresses } from './vpc-spec.ts';

export interface GuestSpec {
  /** Root tree; the one that setup.sh built (ENI_AGENT_TREE) unless told. */
  readonly tree?: string;
  /** The primary's stanza: `dhcp` as in the clouds' images (IPv6 static), or all static. */
  readonly primary?: 'dhcp' | 'static';
  /** The agent's bundle; `dist/eni-agent.cjs` unless told, left out if it does not exist. */
  readonly bundle?: string;
  /** More lines for the [agent] section of /etc/eni-agent/eni-agent.conf. */
  readonly agentKeys?: readonly string[];
  /** More sections for that file. */
  readonly agentConfig?: string;
}

export interface Guest {
  readonly vpc: Vpc;
  readonly tree: string;
  readonly disk: string;
  readonly bundle: string;
  /** Process 1 as the machine sees it. */
  pid: number;
  init: Background | undefined;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The tree to boot, with the way out if there is none. */
export function findTree(): string {
  const tree = process.env.ENI_AGENT_TREE;
  if (tree === undefined || !existsSync(join(tree, 'sbin/ifup')))
    throw new Error('no guest tree: run the lab through "npm test", which builds it and sets ENI_AGENT_TREE');
  if (/[:,\\\\\n]/.test(tree))
    throw new Error(`${tree}: a mount option cannot carry this path; set ENI_AGENT_CACHE to another`);
  return tree;
}

/** Makes the disk and boots. The network comes up as in a cloud image: eth0 only, by /etc/network/interfaces. */
export async function createGuest(vpc: Vpc, spec: GuestSpec = {}): Promise<Guest> {
  const disk = join(vpc.dir, 'guest');
  const bundle = spec.bundle ?? join(repository, 'dist/eni-agent.cjs');
  for (const part of ['upper', 'work', 'root', 'net']) mkdirSync(join(disk, part), { recursive: true });
  const guest: Guest = {
    vpc,
    tree: spec.tree ?? findTree(),
    disk,
    bundle: existsSync(bundle) ? bundle : '',
    pid: 0,
    init: undefined,
  };
  const files: Readonly<Record<string, string>> = {
    'etc/network/interfaces': interfacesFile(vpc, spec.primary ?? 'dhcp'),
    // A plain file: what a second DHCP client does to it can be seen.
    'etc/resolv.conf': 'nameserver 192.0.2.1\n',
    'etc/hostname': 'guest\n',
    'etc/hosts': '127.0.0.1 localhost guest\n',
    'etc/eni-agent/eni-agent.conf': agentConfig(vpc, spec),
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(disk, 'upper', path)), { recursive: true });
    writeFileSync(join(disk, 'upper', path), content);
  }
  await start(guest);
  await boot(guest);
  return guest;
}

/** Power cycle: all processes die, the links are new, the disk stays. Then the network service starts, without the agent. */
export async function rebootGuest(guest: Guest): Promise<void> {
  await stopGuest(guest);
  await renewGuestNamespace(guest.vpc);
  await start(guest);
  await boot(guest);
}

/** Ends all processes of the guest; its mounts vanish with them. */
export async function stopGuest(guest: Guest): Promise<void> {
  const { init, pid } = guest;
  guest.init = undefined;
  guest.pid = 0;
  if (init === undefined) return;
  // Process 1 itself, not its parent: unshare(1) blocks SIGTERM while it waits. The kernel ends all the others with it.
  if (init.running() && pid > 0) process.kill(pid, 'SIGKILL');
  await waitFor(() => !init.running(), 3000);
  await init.stop();
}

/** Runs a program in the guest, with an environment as a service has it. Never throws for an exit code. */
export async function runInGuest(
  guest: Guest,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return run(await guestCommand(guest, argv, options.env), withoutEnv(options));
}

/** Runs a program in the guest that must succeed; returns its stdout. */
export async function guestOk(
  guest: Guest,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return runOk(await guestCommand(guest, argv, options.env), withoutEnv(options));
}

/** Runs `eni-agent ARGS`. Refused unless the metadata address is inside this lab. */
export async function runAgent(
  guest: Guest,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return run(await agentCommand(guest, args, options.env), { timeout: 60_000, ...withoutEnv(options) });
}

/** Starts `eni-agent ARGS` and leaves it running, for the daemon and for tests that kill it. */
export async function startAgent(
  guest: Guest,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Background> {
  return startBackground(await agentCommand(guest, args, env));
}

/** Content of a file of the guest, `undefined` if it does not exist. */
export function readGuestFile(guest: Guest, path: string): string | undefined {
  const real = guestPath(guest, path);
  return existsSync(real) ? readFileSync(real, 'utf8') : undefined;
}

export function writeGuestFile(guest: Guest, path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(guestPath(guest, path)), { recursive: true });
  writeFileSync(guestPath(guest, path), content, { mode });
}

export function removeGuestFile(guest: Guest, path: string): void {
  rmSync(guestPath(guest, path), { force: true, recursive: true });
}

export function listGuestDir(guest: Guest, path: string): readonly string[] {
  const real = guestPath(guest, path);
  return existsSync(real) ? readdirSync(real).sort() : [];
}

// A symbolic link in the guest with an absolute target would lead out of it here; the lab's own paths have none.
function guestPath(guest: Guest, path: string): string {
  if (!path.startsWith('/') || path.includes('..')) throw new Error(`${path}: an absolute path, please`);
  return `/proc/${guest.pid}/root${path}`;
}

async function start(guest: Guest): Promise<void> {
  // Left by an init that was killed; overlayfs refuses nothing, but an empty one is certain.
  rmSync(join(guest.disk, 'work'), { recursive: true, force: true });
  mkdirSync(join(guest.disk, 'work'));
  const unshare = [
    'unshare',
    '--mount',
    '--uts',
    '--ipc',
    '--pid',
    '--fork',
    '--kill-child',
    '--propagation',
    'private',
  ];
  const init = [
    'sh',
    '-c',
    initScript,
    'init',
    guest.tree,
    guest.disk,
    'guest',
    process.execPath,
    guest.bundle,
  ];
  guest.init = startBackground(await inNamespace(guest.vpc.guest, [...unshare, ...init]));
  const { output, running } = guest.init;
  await waitFor(() => output().includes('ready ') || !running(), 10_000);
  guest.pid = Number(/^ready (\d+)$/m.exec(output())?.[1] ?? 0);
  if (guest.pid === 0) throw new Error(`the guest did not start: ${output().trim()}`);
  // `ready` comes before the machine's root is let go; wait until it is, or a command could still see it.
  await waitFor(() => !existsSync(`/proc/${guest.pid}/root/run/machine`), 3000);
}

// What networking.service runs at boot (ifupdown 0.8.41: ifup -a). `lo` is up already; ifup only notes it.
async function boot(guest: Guest): Promise<void> {
  await guestOk(guest, ['ifup', '-a'], { timeout: 60_000 });
}

async function agentCommand(guest: Guest, args: readonly string[], env?: Readonly<Record<string, string>>) {
  if (guest.bundle === '')
    throw new Error('the agent is not in this guest: dist/eni-agent.cjs is missing, run "npm run build"');
  return guestCommand(guest, [agentPaths.node, agentPaths.bundle, ...args], env);
}

async function guestCommand(
  guest: Guest,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  if (guest.pid === 0) throw new Error('the guest is switched off');
  // The guard only: nsenter enters the network namespace of process 1, which this has just shown to be the lab's.
  await inNamespace(guest.vpc.guest, argv, {
    router: guest.vpc.router,
    addresses: metadataAddresses(guest.vpc.provider),
  });
  const clean = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C', 'TERM=dumb'];
  const extra = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [
    'nsenter',
    '-t',
    String(guest.pid),
    '-m',
    '-u',
    '-i',
    '-p',
    '-n',
    '-r',
    '-w',
    '--',
    ...clean,
    ...extra,
    ...argv,
  ];
}

function withoutEnv(options: RunOptions): RunOptions {
  const { env: _env, ...rest } = options;
  return rest;
}

function interfacesFile(vpc: Vpc, primary: 'dhcp' | 'static'): string {
  const eni = [...vpc.enis.values()][0];
  const lines = ['source /etc/network/interfaces.d/*', '', 'auto lo', 'iface lo inet loopback', ''];
  if (eni === undefined) return lines.join('\n');
  lines.push(`auto ${eni.link}`);
  const first = (family: 4 | 6) => eni.subnets.find(subnet => subnet.family === family);
  const [four, six] = [first(4), first(6)];
  if (four !== undefined && primary === 'dhcp') lines.push(`iface ${eni.link} inet dhcp`);
  else if (four !== undefined)
    lines.push(
      `iface ${eni.link} inet static`,
      `    address ${four.addresses[0]}/${four.subnet.split('/')[1]}`,
      `    gateway ${four.gateway}`,
    );
  if (six !== undefined)
    lines.push(
      `iface ${eni.link} inet6 static`,
      `    address ${six.addresses[0]}/${six.subnet.split('/')[1]}`,
      `    gateway ${six.gateway}`,
      '    accept_ra 0',
      '    autoconf 0',
      '    dad-attempts 0',
    );
  return `${lines.join('\n')}\n`;
}

function agentConfig(vpc: Vpc, spec: GuestSpec): string {
  const lines = [
    // The DMI data of the guest is the machine's, so the cloud is named.
    '[metadata]',
    `provider = ${vpc.provider}`,
    '',
    '[agent]',
    // A veth is no physical NIC.
    'virtual-links = yes',
    ...(spec.agentKeys ?? []),
    '',
    spec.agentConfig ?? '',
  ];
  return `${lines.join('\n')}\n`;
}
