// Is the VM's file system what it was? A list of every file with mode, owner, size and checksum is kept in the VM (in /var/log, which is not
// compared), and compared there: it has 15 000 lines, and the serial port is slow.
import { type Vm, vmOk } from './vm.ts';

/** What changes by itself, or is the record of what was done, each with why. */
const notCompared: Readonly<Record<string, string>> = {
  '/var/log': 'logs',
  '/var/lib/dpkg': "dpkg's own records",
  '/var/lib/apt': "apt's own records",
  '/var/cache/apt': "apt's own records",
  '/var/cache/debconf/tmp.ci': 'where dpkg-preconfigure(8) unpacks, whatever is installed',
  '/var/lib/systemd': 'seed of random numbers, times of timers, times of enablement',
  '/var/lib/cloud': "cloud-init's record of each boot",
  '/var/lib/dhcp': 'leases of the primary',
  '/var/tmp': 'private folders of services',
  '/tmp': 'private folders of services',
};

const prune = Object.keys(notCompared)
  .map(path => `-path ${path}`)
  .join(' -o ');

/** Folders without size: it depends on what they once held. */
const list = `{
  find / -xdev \\( ${prune} \\) -prune -o ! -type f ! -type d -printf '%p %y %m %u:%g %l\\n'
  find / -xdev \\( ${prune} \\) -prune -o -type d -printf '%p %y %m %u:%g\\n'
  find / -xdev \\( ${prune} \\) -prune -o -type f -printf '%p %y %m %u:%g %s\\n'
  find / -xdev \\( ${prune} \\) -prune -o -type f -exec md5sum {} +
} | sort`;

/** Writes the list; before the installation. */
export async function rememberFiles(vm: Vm): Promise<void> {
  await vmOk(vm, `${list} > /var/log/lab-files`, 240_000);
}

/** What differs from the list, as diff(1) says it; empty if nothing does. */
export async function changedFiles(vm: Vm): Promise<readonly string[]> {
  const text = await vmOk(vm, `${list} | diff /var/log/lab-files - || [ $? = 1 ]`, 240_000);
  return text.split('\n').filter(line => /^[<>]/.test(line));
}
