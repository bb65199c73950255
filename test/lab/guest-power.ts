// The switch of the lab's VM: on, off, and off and on again.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inCgroup, removeCgroups } from './cgroup.ts';
import { startBackground, waitFor } from './command.ts';
import type { Guest } from './guest.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile } from './guest-files.ts';
import { initScript } from './guest-init.ts';
import { inNamespace, ip } from './namespace.ts';
import { renewGuestNamespace } from './vpc.ts';

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

/** Starts process 1 and the network service; ends when the network of the boot is there. */
export async function powerOn(guest: Guest): Promise<void> {
  await start(guest);
  await boot(guest);
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

async function boot(guest: Guest): Promise<void> {
  await groupAsUdev(guest);
  if (guest.image.init === 'systemd') {
    // `degraded`: units that a guest without devices cannot start. The manager's socket comes a moment after the start.
    const state = async () => (await runInGuest(guest, ['systemctl', 'is-system-running'])).stdout.trim();
    if (!(await waitFor(async () => /^(running|degraded)$/.test(await state()), 30_000, 50)))
      throw new Error(`systemd of the guest did not come up: ${await state()}`);
  }
  await guestOk(guest, guest.image.boot, { timeout: 30_000 });
}

/** A guest of the lab has no udev: what the agent's rule would do when the link is made (test/vm has a real one). */
async function groupAsUdev(guest: Guest): Promise<void> {
  const rule = readGuestFile(guest, '/etc/udev/rules.d/70-eni-agent-primary.rules') ?? '';
  const [, mac, group] = /ATTR\{address\}=="([^"]+)", ATTR\{netdev_group\}="(\d+)"/.exec(rule) ?? [];
  const eni = [...guest.vpc.enis.values()].find(e => e.mac === mac);
  if (eni !== undefined) await ip(guest.vpc.guest, 'link', 'set', 'dev', eni.link, 'group', group!);
}
