// The kernel numbers links anew at each boot, and a change that is taken back or removed after one may name a link that is another NIC's by
// now. Nothing of ours takes that one down.
import { type Command, type EniChange, eniOf } from '../../../renderers/renderer.ts';
import type { KernelLink } from '../../model/kernel-state.ts';
import type { EniPlan } from '../../model/network-plan.ts';
import { readKernelState } from '../../system/kernel/reader.ts';
import type { ApplyContext } from '../apply-context.ts';

/** True if the name that an ENI was configured under is that of another NIC by now. */
export function isAnothers(links: readonly KernelLink[], { link, mac }: EniPlan): boolean {
  return links.some(l => l.name === link && l.mac !== undefined && l.mac !== mac);
}

/**
 * The commands without those that would take down a link of somebody else, or the primary. One that is down has nothing to lose, and a command
 * that ends what the old link left behind (a DHCP client, a line in a state file) is good for it too.
 */
export async function withoutOthersLinks(
  { system, facts, log }: Pick<ApplyContext, 'system' | 'facts' | 'log'>,
  commands: readonly Command[],
  changes: readonly EniChange[],
): Promise<readonly Command[]> {
  if (commands.every(({ takesDown }) => takesDown === undefined)) return commands;
  const ours = new Set(changes.map(change => eniOf(change).mac));
  const { links } = await readKernelState(system);
  const isOthers = (name: string): boolean =>
    name === facts.primaryLink ||
    links.some(link => link.name === name && link.up && link.mac !== undefined && !ours.has(link.mac));
  return commands.filter(({ argv, takesDown }) => {
    if (takesDown === undefined || !isOthers(takesDown)) return true;
    log.debug({ command: argv.join(' ') }, 'not run: the name is another link by now');
    return false;
  });
}
