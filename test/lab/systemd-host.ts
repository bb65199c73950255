// A guest that has the files of systemd/ where the packages put them, and the agent at its installed paths: the units as they are
// shipped, under the guest's own systemd.
import { readdirSync, readFileSync } from 'node:fs';
import { launcherInterpreter } from '../../packaging/bundle.ts';
import { type AgentHost, createAgentHost } from './agent-host.ts';
import { noteDenials } from './denials.ts';
import type { GuestSpec } from './guest.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { agentPaths } from './guest-init.ts';
import { type VpcSpec, withoutAdvertisements } from './vpc.ts';

const source = new URL('../../systemd/', import.meta.url);

/** Where the packages put a file of systemd/, without the first slash; undefined: it is not for systems of today. */
function installedPath(name: string): string | undefined {
  if (/\.(service|path|timer)$/.test(name)) return `usr/lib/systemd/system/${name}`;
  if (name.endsWith('.rules')) return `usr/lib/udev/rules.d/${name}`;
  return name === 'eni-agent.tmpfiles' ? 'usr/lib/tmpfiles.d/eni-agent.conf' : undefined;
}

/** A file of systemd/ as it stands there. */
export function shippedText(name: string): string {
  return readFileSync(new URL(name, source), 'utf8');
}

/** Path below / to content. */
export function shippedFiles(): Readonly<Record<string, string>> {
  const files = readdirSync(source).flatMap(name => {
    const path = installedPath(name);
    return path === undefined ? [] : [[path, shippedText(name)] as const];
  });
  return Object.fromEntries(files);
}

/** No unit runs yet. What the sandbox denies is noted (denials.ts). */
export async function createSystemdHost(vpc: VpcSpec, guest: GuestSpec): Promise<AgentHost> {
  const services = ['eni-agent.service', 'eni-agent-once.service'];
  const host = await createAgentHost(withoutAdvertisements(vpc), {
    ...guest,
    files: { ...shippedFiles(), ...noteDenials(services), ...guest.files },
  });
  await installAgent(host);
  await guestOk(host.guest, ['systemd-tmpfiles', '--create', 'eni-agent.conf']);
  return host;
}

/** The agent at the paths of the packages, with `/usr/sbin/eni-agent` as its command. */
export async function installAgent({ guest }: AgentHost): Promise<void> {
  const launcher = readFileSync(new URL('../../dist/launcher.cjs', import.meta.url), 'utf8');
  writeGuestFile(
    guest,
    '/usr/lib/eni-agent/launcher.cjs',
    launcher.replace(/^#!.*/, launcherInterpreter),
    0o755,
  );
  const links = [
    [agentPaths.node, '/usr/lib/eni-agent/node'],
    [agentPaths.bundle, '/usr/lib/eni-agent/eni-agent.cjs'],
    ['../lib/eni-agent/launcher.cjs', '/usr/sbin/eni-agent'],
  ] as const;
  for (const [target, path] of links) await guestOk(guest, ['ln', '-s', target, path]);
}

/** What the kernel says of the sandbox of a unit's main process. */
export async function confinementOf(
  { guest }: AgentHost,
  unit: string,
): Promise<Readonly<Record<string, string>>> {
  const pid = (await guestOk(guest, ['systemctl', 'show', '-P', 'MainPID', unit])).trim();
  const status = readGuestFile(guest, `/proc/${pid}/status`) ?? '';
  return Object.fromEntries(status.split('\n').map(line => line.split(/:\s+/) as [string, string]));
}

/** Tries to write as a process of the unit's mount namespace would; the answer of the kernel, empty if it let it. */
export async function tryToWrite({ guest }: AgentHost, unit: string, path: string): Promise<string> {
  const pid = (await guestOk(guest, ['systemctl', 'show', '-P', 'MainPID', unit])).trim();
  const { stderr } = await runInGuest(guest, [
    'nsenter',
    '-t',
    pid,
    '-m',
    'sh',
    '-c',
    ': >> "$1"',
    'sh',
    path,
  ]);
  return stderr.trim();
}

/** Process ids, as the guest has them, of the programs with such a name. */
export async function pidsOf({ guest }: AgentHost, name: string): Promise<readonly string[]> {
  const { stdout } = await runInGuest(guest, ['pgrep', '-x', name]);
  return stdout.split('\n').filter(line => line !== '');
}
