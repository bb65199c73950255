// What must not go into an image of this machine: everything that the agent keeps of this one instance. The configuration stays, and
// the programs.

import type { Settings } from '../model/settings.ts';
import { lockPath } from '../pass/lock.ts';
import type { System } from '../system/system.ts';

/** The package owns the folders themselves; the locks are held by who empties them, and have no content. */
const folders = ['/var/lib/eni-agent', '/var/cache/eni-agent', '/run/eni-agent', '/run/eni-agent/triggers'];

/** Where the init script of systems without systemd lets the daemon log; `logrotate` adds a suffix. */
const log = { folder: '/var/log', name: /^eni-agent\.log/ };

/** @returns the paths that were removed */
export async function forgetMachine(system: System): Promise<readonly string[]> {
  const stays = new Set([...folders, lockPath, '/run/eni-agent/daemon.lock']);
  const paths = (
    await Promise.all(
      folders.map(async folder => (await system.listFolder(folder)).map(name => `${folder}/${name}`)),
    )
  ).flat();
  const logs = (await system.listFolder(log.folder)).filter(name => log.name.test(name));
  const gone = [...paths, ...logs.map(name => `${log.folder}/${name}`)].filter(path => !stays.has(path));
  for (const path of gone) await system.removeTree(path);
  return gone;
}

/** What of this instance stays, and who builds the image has to decide about. */
export async function notesForImage(system: System, settings: Settings): Promise<readonly string[]> {
  const macs = [...settings.enis.keys()].map(mac => `[eni "${mac}"]`);
  const sections =
    macs.length === 0
      ? []
      : [`the configuration stays, with sections for ENIs of this instance: ${macs.join(', ')}`];
  const journal = (await system.exists('/var/log/journal'))
    ? [
        'the journal has the log of the daemon; to empty the journal: journalctl --rotate && journalctl --vacuum-time=1s',
      ]
    : [];
  return [...sections, ...journal];
}
