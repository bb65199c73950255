// Programs that run in the lab's VM, the agent among them.
import { type Background, type Outcome, type RunOptions, run, runOk, startBackground } from './command.ts';
import type { Guest } from './guest.ts';
import { agentPaths } from './guest-init.ts';
import { inNamespace } from './namespace.ts';
import { metadataAddresses } from './vpc-spec.ts';

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

/** Starts a program in the guest and leaves it running. */
export async function startInGuest(
  guest: Guest,
  argv: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Background> {
  return startBackground(await guestCommand(guest, argv, env));
}

async function agentCommand(guest: Guest, args: readonly string[], env?: Readonly<Record<string, string>>) {
  if (guest.bundle === '')
    throw new Error('the agent is not in this guest: dist/eni-agent.cjs is missing, run "npm run build"');
  // What the launcher of the packages does: keeps what V8 made of the program's text for the next start.
  const cache = { NODE_COMPILE_CACHE: '/var/cache/eni-agent' };
  return guestCommand(guest, [agentPaths.node, agentPaths.bundle, ...args], { ...cache, ...env });
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
