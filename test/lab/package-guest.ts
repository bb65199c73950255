// A guest for the packages: nothing of the agent in it, the packages at hand, and what a person would look at after `dpkg -i`.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type AgentHost, createAgentHost } from './agent-host.ts';
import { type Outcome, runOk } from './command.ts';
import type { GuestSpec } from './guest.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { removeGuestFile, writeGuestFile } from './guest-files.ts';
import type { VpcSpec } from './vpc.ts';

/** The machine before the installation. The lab's own Node is in /opt, for the traffic that must not notice anything. */
export async function createPackageHost(vpc: VpcSpec, spec: GuestSpec): Promise<AgentHost> {
  const host = await createAgentHost(vpc, spec);
  removeGuestFile(host.guest, '/etc/eni-agent');
  // The package believes what networkd has loaded only if that was in an earlier second than the installation (packaging/deb/preinst).
  await new Promise(resolve => setTimeout(resolve, 1100));
  return host;
}

/** What the lab's machine has to be told, in a file beside the package's own: its DMI data is another machine's, a veth is no NIC. */
export function configure({ guest, vpc }: AgentHost, more = ''): void {
  const text = `[metadata]\nprovider = ${vpc.provider}\n\n[agent]\nvirtual-links = yes\n\n${more}`;
  writeGuestFile(guest, '/etc/eni-agent/eni-agent.conf.d/lab.conf', text);
}

/** Copies of a package with other versions, each changed by `edit` (the folder of the unpacked package). */
export async function repack(
  original: string,
  versions: Readonly<Record<string, ((tree: string) => void) | undefined>>,
): Promise<{ readonly path: (version: string) => string; readonly remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'eni-agent-repack.'));
  const path = (version: string) => join(folder, `eni-agent_${version}.deb`);
  const tree = join(folder, 'tree');
  for (const [version, edit] of Object.entries(versions)) {
    await runOk(['dpkg-deb', '-R', original, tree]);
    const control = join(tree, 'DEBIAN/control');
    writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${version}`));
    edit?.(tree);
    // Not compressed: this is unpacked once.
    await runOk(['dpkg-deb', '--root-owner-group', '-Znone', '-b', tree, path(version)]);
    rmSync(tree, { recursive: true });
  }
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** `dpkg -i`, as a person without a terminal runs it: a question would end in an error. */
export async function install(host: AgentHost, deb: string, ...options: string[]): Promise<Outcome> {
  const inside = `/tmp/${basename(deb)}`;
  mkdirSync(`/proc/${host.guest.pid}/root/tmp`, { recursive: true });
  copyFileSync(deb, `/proc/${host.guest.pid}/root${inside}`);
  const outcome = await dpkg(host, ...options, '-i', inside);
  removeGuestFile(host.guest, inside);
  return outcome;
}

export async function dpkg({ guest }: AgentHost, ...args: string[]): Promise<Outcome> {
  return runInGuest(guest, ['dpkg', ...args], {
    timeout: 120_000,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** Status and version of the package, as `ii 0.1.0-1`; `un` where dpkg does not know it. */
export async function packageState({ guest }: AgentHost, name = 'eni-agent'): Promise<string> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own fields
  const format = '${db:Status-Abbrev} ${Version}';
  const { stdout } = await runInGuest(guest, ['dpkg-query', '-W', '-f', format, name]);
  return stdout.replace(/\s+/g, ' ').trim() || 'un';
}

/** `active`, `inactive`, `failed`, `activating`. */
export async function daemonState({ guest }: AgentHost): Promise<string> {
  return (await runInGuest(guest, ['systemctl', 'is-active', 'eni-agent.service'])).stdout.trim();
}

export async function daemonPid({ guest }: AgentHost): Promise<string> {
  return (await guestOk(guest, ['systemctl', 'show', '-P', 'MainPID', 'eni-agent.service'])).trim();
}

/**
 * Every path of the disk with what it is: type, mode, owner, content. Left out is what lives by itself: logs, the records of dpkg and apt,
 * caches that the system makes anew, and what the network services note about their links.
 */
export async function fileTree({ guest }: AgentHost): Promise<ReadonlyMap<string, string>> {
  const script = `cd /
for d in ${left.map(path => `"${path}"`).join(' ')}; do set -- "$@" -o -path "$d"; done
find . -xdev \\( -path ./nowhere "$@" \\) -prune -o \\( -type f -printf '%p\\0' \\) | LC_ALL=C sort -z | xargs -0 sha256sum
find . -xdev \\( -path ./nowhere "$@" \\) -prune -o -printf '%y %m %U:%G %l\\t%p\\n'`;
  const text = await guestOk(guest, ['sh', '-c', script, 'sh'], { timeout: 120_000 });
  const tree = new Map<string, string>();
  for (const line of text.split('\n')) {
    const hash = /^([0-9a-f]{64}) {2}(.*)$/.exec(line);
    const [what, path] = line.split('\t');
    if (hash !== null) tree.set(hash[2]!, `${tree.get(hash[2]!) ?? ''} ${hash[1]}`);
    else if (path !== undefined) tree.set(path, `${what} ${tree.get(path) ?? ''}`.trim());
  }
  return tree;
}

const left = [
  ...['./var/log', './var/lib/dpkg', './var/lib/apt', './var/cache/apt', './var/cache/debconf'],
  ...['./var/cache/ldconfig', './var/lib/systemd/random-seed', './var/lib/systemd/timers'],
  ...['./var/lib/dhcp', './var/lib/NetworkManager', './var/lib/systemd/catalog', './opt/eni-agent'],
  // Of services with a /tmp of their own.
  './var/tmp/systemd-private-*',
];

/** Paths that are in one only or are not the same, with a word on each; empty: the same disk. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap(path => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was === is) return [];
    return [`${path}: ${was === undefined ? 'new' : is === undefined ? 'gone' : `${was} is ${is}`}`];
  });
}
