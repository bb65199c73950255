// A guest of the lab whose programs are those of arm64 (set-up.sh), and its daemon: as the unit of systemd starts it, by hand, or by the init
// script, since no systemd runs on an emulated processor of one program.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentHost, destroyAgentHost } from '../lab/agent-host.ts';
import { type Background, startBackground, waitFor } from '../lab/command.ts';
import { readReport } from '../lab/daemon-host.ts';
import { guestOk, runInGuest, startInGuest } from '../lab/guest-commands.ts';
import { readGuestFile, writeGuestFile } from '../lab/guest-files.ts';
import { images } from '../lab/images.ts';
import { createPackageHost } from '../lab/package-guest.ts';
import { packageIn, packagesFolder } from '../lab/packages.ts';
import type { EniSpec } from '../lab/vpc-spec.ts';

export type PackageName = 'eni-agent' | 'eni-agent-legacy';

export interface Machine {
  readonly host: AgentHost;
  readonly deb: string;
}

export interface Daemon {
  /** Starts it, and waits until its first look is over. */
  start(): Promise<void>;
  /** SIGTERM; returns what it said as it ended. */
  stop(): Promise<string>;
  /** What systemd has heard of it; undefined where the init script starts it. */
  readiness(): string | undefined;
  log(): string;
}

/** The machine before the installation, with the way out if something is missing. */
export async function createMachine(name: PackageName, enis: readonly EniSpec[]): Promise<Machine> {
  const { ENI_AGENT_TREE_ARM64: tree = '' } = process.env;
  if (!existsSync(join(tree, 'sbin/ifup')))
    throw new Error('no tree of arm64: run the test through "npm run arm64", which builds it');
  const deb = packageIn(packagesFolder, name, 'deb', 'arm64');
  if (deb === undefined)
    throw new Error(
      `no deb of ${name} for arm64 in ${packagesFolder}: run "npm run package -- --arch arm64"`,
    );
  const host = await createPackageHost(
    { name: name.replaceAll('-', ''), provider: 'aws', enis },
    { brought: { tree, image: images.ifupdown }, primary: 'static', bundle: '' },
  );
  // What a machine without systemd has: invoke-rc.d starts nothing where there is no init, and no runlevel.
  writeGuestFile(host.guest, '/usr/sbin/init', '#!/bin/sh\n', 0o755);
  writeGuestFile(host.guest, '/usr/sbin/runlevel', '#!/bin/sh\necho N 2\n', 0o755);
  return { host, deb };
}

export async function destroyMachine(machine: Machine | undefined): Promise<void> {
  await destroyAgentHost(machine?.host);
}

/** The daemon of the installed package. */
export function daemonOf({ host }: Machine, name: PackageName): Daemon {
  return name === 'eni-agent' ? daemonOfUnit(host) : daemonOfInitScript(host);
}

const unitPath = '/usr/lib/systemd/system/eni-agent.service';
const socketPath = '/run/notify';

function daemonOfUnit(host: AgentHost): Daemon {
  let [listener, daemon]: (Background | undefined)[] = [];
  return {
    start: async () => {
      const inside = `/proc/${host.guest.pid}/root${socketPath}`;
      await guestOk(host.guest, ['rm', '-f', socketPath]);
      listener = startBackground(['perl', join(import.meta.dirname, 'ready-socket.pl'), inside]);
      if (!(await waitFor(() => listener?.output().includes('listening') === true, 5000)))
        throw new Error(listener.output());
      const unit = readGuestFile(host.guest, unitPath) ?? '';
      const words = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1]?.split(' ') ?? [];
      const pairs = words('Environment').map(word => word.split('=') as [string, string]);
      const env = { ...Object.fromEntries(pairs), NOTIFY_SOCKET: socketPath };
      daemon = await startInGuest(host.guest, words('ExecStart'), env);
      if (!(await waitFor(() => readReport(host) !== undefined || daemon?.running() !== true, 60_000)))
        throw new Error(`the daemon did not look: ${daemon.output()}`);
    },
    stop: async () => {
      await guestOk(host.guest, ['kill', '-TERM', String(readReport(host)?.pid)]);
      const ended = await waitFor(() => daemon?.running() !== true, 20_000);
      await listener?.stop();
      if (!ended) throw new Error('the daemon does not end');
      return daemon?.output() ?? '';
    },
    readiness: () => listener?.output(),
    log: () => daemon?.output() ?? '',
  };
}

function daemonOfInitScript(host: AgentHost): Daemon {
  const script = '/etc/init.d/eni-agent';
  const log = () => readGuestFile(host.guest, '/var/log/eni-agent.log') ?? '';
  return {
    start: async () => {
      const { exitCode, stdout, stderr } = await runInGuest(host.guest, [script, 'start'], {
        timeout: 60_000,
      });
      if (exitCode !== 0) throw new Error(stdout + stderr + log());
    },
    stop: async () => (await guestOk(host.guest, [script, 'stop'], { timeout: 60_000 })) + log(),
    readiness: () => undefined,
    log,
  };
}
