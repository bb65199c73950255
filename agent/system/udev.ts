// Whether udev is done with a link. It renames a new NIC (eth0 to ens6) some milliseconds after the kernel has announced it; to
// configure the first name would be to configure it twice.
import type { KernelLink } from '../model/kernel-state.ts';
import type { System } from './system.ts';

/** Physical links that udev knows nothing of yet; none where udev does not run (containers, namespaces). */
export async function linksBeingNamed(
  system: System,
  links: readonly KernelLink[],
): Promise<readonly string[]> {
  if (!(await system.exists('/run/udev/control'))) return [];
  const found = await Promise.all(
    links
      .filter(link => link.physical)
      // sd-device(3): the record of a network link, written when its rules have run.
      .map(async link => ((await system.exists(`/run/udev/data/n${link.index}`)) ? [] : [link.name])),
  );
  return found.flat();
}
