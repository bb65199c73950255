// The VM of the lab: a throw-away overlay of a real Debian tree, booted in the VPC's guest namespace with the real network
// service of its image (images.ts), and the agent's real bundle on the pinned Node. With systemd as process 1 where the image
// has it; the ifupdown image has no init system, and boot() does what networking.service does.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inCgroup, removeCgroups } from './cgroup.ts';
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
import { type GuestImageName, type Image, images, maskedUnits } from './images.ts';
import { inNamespace } from './namespace.ts';
import { renewGuestNamespace, type Vpc } from './vpc.ts';
import { metadataAddresses } from './vpc-spec.ts';

export interface GuestSpec {
  /** Debian release of the root tree; bookworm unless told. */
  readonly suite?: Suite;
  /** What configures the links; ifupdown unless told. */
  readonly image?: GuestImageName;
  /** The primary's configuration: `dhcp` as in the clouds' images (IPv6 static), or all static. */
  readonly primary?: 'dhcp' | 'static';
  /** The agent's bundle; `dist/eni-agent.cjs` unless told, left out if it does not exist. */
  readonly bundle?: string;
  /** More lines for the [agent] section of /etc/eni-agent/eni-agent.conf. */
  readonly agentKeys?: readonly string[];
  /** More sections for that file. */
  readonly agentConfig?: string;
  /** More files of the image, path below / to content; they win over the image's own. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Guest {
  readonly vpc: Vpc;
  readonly tree: string;
  readonly image: Image;
  readonly disk: string;
  readonly bundle: string;
  /** Process 1 as the machine sees it. */
  pid: number;
  init: Background | undefined;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Debian releases that the lab has trees of. */
export const suites = ['bullseye', 'bookworm', 'trixie'] as const;
export type Suite = (typeof suites)[number];

/** The tree to boot, with the way out if there is none. */
export function findTree(suite: Suite = 'bookworm'): string {
  const tree = join(process.env.ENI_AGENT_TREES ?? '', suite);
  if (process.env.ENI_AGENT_TREES === undefined || !existsSync(join(tree, 'sbin/ifup')))
    throw new Error(`no guest tree of ${suite}: run the lab through "npm test", which builds it`);
  if (/[:,\\\\\n]/.test(tree))
    throw new Error(`${tree}: a mount option cannot carry this path; set ENI_AGENT_CACHE to another`);
  return tree;
}

/** Makes the disk and boots. The network comes up as in a cloud image: the primary only, and what the image's catch-all takes. */
export async function createGuest(vpc: Vpc, spec: GuestSpec = {}): Promise<Guest> {
  const disk = join(vpc.dir, 'guest');
  const bundle = spec.bundle ?? join(repository, 'dist/eni-agent.cjs');
  for (const part of ['upper', 'work', 'root', 'net']) mkdirSync(join(disk, part), { recursive: true });
  const image = images[spec.image ?? 'ifupdown'];
  const guest: Guest = {
    vpc,
    tree: findTree(spec.suite),
    image,
    disk,
    bundle: existsSync(bundle) ? bundle : '',
    pid: 0,
    init: undefined,
  };
  const [primary] = vpc.enis.values();
  const files: Readonly<Record<string, string>> = {
    // The package's own file would have a catch-all of its own.
    'etc/network/interfaces': 'source /etc/network/interfaces.d/*\n',
    ...(primary === undefined ? {} : image.files(primary, spec.primary ?? 'dhcp')),
    // A plain file: what a second DHCP client does to it can be seen.
    'etc/resolv.conf': 'nameserver 192.0.2.1\n',
    'etc/hostname': 'guest\n',
    'etc/hosts': '127.0.0.1 localhost guest\n',
    'etc/eni-agent/eni-agent.conf': agentConfig(vpc, spec),
    ...spec.files,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(disk, 'upper', path)), { recursive: true });
    // NetworkManager refuses a profile that others can read, netplan warns of it.
    const mode = /\.(nmconnection|yaml)$/.test(path) ? 0o600 : 0o644;
    writeFileSync(join(disk, 'upper', path), content, { mode });
  }
  if (image.init === 'systemd') writeUnits(join(disk, 'upper/etc/systemd/system'), image.units);
  await powerOn(guest);
  return guest;
}

/** Enables what the image wants, and masks every other unit that configures links. */
function writeUnits(folder: string, units: readonly string[]): void {
  mkdirSync(join(folder, 'multi-user.target.wants'), { recursive: true });
  symlinkSync('/lib/systemd/system/multi-user.target', join(folder, 'default.target'));
  for (const unit of units)
    symlinkSync(`/lib/systemd/system/${unit}`, join(folder, 'multi-user.target.wants', unit));
  for (const unit of maskedUnits.filter(u => !units.includes(u)))
    symlinkSync('/dev/null', join(folder, unit));
}

/** Power cycle: all processes die, the links are new, the disk stays. Then the network service starts, without the agent. */
export async function rebootGuest(guest: Guest): Promise<void> {
  await stopGuest(guest);
  await renewGuestNamespace(guest.vpc);
  await powerOn(guest);
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
  if (guest.image.init === 'systemd') removeCgroups(basename(guest.vpc.dir));
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
    guest.image.init,
  ];
  const all = [...unshare, ...init];
  const argv = guest.image.init === 'systemd' ? inCgroup(basename(guest.vpc.dir), all) : all;
  guest.init = startBackground(await inNamespace(guest.vpc.guest, argv));
  const { output, running } = guest.init;
  await waitFor(() => output().includes('ready ') || !running(), 10_000);
  guest.pid = Number(/^ready (\d+)$/m.exec(output())?.[1] ?? 0);
  if (guest.pid === 0) throw new Error(`the guest did not start: ${output().trim()}`);
  // `ready` comes before the machine's root is let go; wait until it is, or a command could still see it.
  await waitFor(() => !existsSync(`/proc/${guest.pid}/root/run/machine`), 3000);
}

/**
 * One boot in 65 of Debian 11 has no network: its dhclient (4.4.1, with threads) may miss the event of its own socket and never read an
 * answer (Ubuntu's bug 1926139; here its receive queue grew while it went on asking). Who has such a machine boots it again.
 */
async function powerOn(guest: Guest): Promise<void> {
  for (let boots = 1; ; boots++) {
    await start(guest);
    try {
      return await boot(guest);
    } catch (error) {
      const queue = (await runInGuest(guest, ['ss', '-0Hn'])).stdout;
      if (boots === 2 || !/^p_raw +[1-9]/m.test(queue)) throw error;
    }
    await stopGuest(guest);
    await renewGuestNamespace(guest.vpc);
  }
}

async function boot(guest: Guest): Promise<void> {
  if (guest.image.init === 'systemd') {
    // `degraded`: units that a guest without devices cannot start. The manager's socket comes a moment after the start.
    const state = async () => (await runInGuest(guest, ['systemctl', 'is-system-running'])).stdout.trim();
    if (!(await waitFor(async () => /^(running|degraded)$/.test(await state()), 30_000, 50)))
      throw new Error(`systemd of the guest did not come up: ${await state()}`);
  }
  await guestOk(guest, guest.image.boot, { timeout: 30_000 });
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
