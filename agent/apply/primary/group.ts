// The link group of the primary, the one thing of it that is ever set. The rules of the ENIs ask main without what leads to this group
// (`suppress_ifgroup`), so that no route of the primary takes an ENI's packet. Without the group they work as they did before it.
import { marker, type OwnFiles, type RenderedFile } from '../../../renderers/renderer.ts';
import type { KernelLink, KernelState } from '../../model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../../model/network-plan.ts';
import type { ApplyContext } from '../apply-context.ts';

/** Where the rule stands by which udev sets the group when the link is made (at boot, before the network). */
const folder = '/etc/udev/rules.d';
const name = '70-eni-agent-primary.rules';
export const primaryGroupFiles: OwnFiles = { dir: folder, name: /^70-eni-agent-primary\.rules$/ };

/** The group that the plans of these ENIs ask for; undefined: none of them does. */
function groupOf(enis: readonly EniPlan[]): number | undefined {
  return enis.flatMap(eni => eni.rules.flatMap(rule => rule.suppressGroup ?? [])).at(0);
}

/** Of somebody who uses groups himself the primary stays in his: an nftables rule (`iifgroup`) may depend on it. */
function mayHave({ group }: KernelLink, wanted: number): boolean {
  return group === 0 || group === wanted;
}

/**
 * The udev rule, if there is to be one.
 *
 * @param enis all that are configured, those that are held too
 * @returns undefined where the primary is not known now: then whatever there is stays
 */
export function primaryGroupRule(
  { primaryLink }: NetworkPlan,
  enis: readonly EniPlan[],
  links: readonly KernelLink[],
): readonly RenderedFile[] | undefined {
  const group = groupOf(enis);
  if (group === undefined) return [];
  const link = links.find(l => l.name === primaryLink);
  if (link?.mac === undefined) return undefined;
  if (!mayHave(link, group)) return [];
  const content = [
    `# ${marker}`,
    `# Puts the primary into link group ${group}. A VLAN or a bridge has the same MAC, and no driver.`,
    `ACTION=="add", SUBSYSTEM=="net", DRIVERS=="?*", ATTR{address}=="${link.mac}", ATTR{netdev_group}="${group}"`,
  ];
  return [{ path: `${folder}/${name}`, mode: 0o644, content: `${content.join('\n')}\n`, enis: [] }];
}

/** What `ip` has to be told about the group, if anything. */
export function primaryGroupCommand(
  { links }: KernelState,
  primaryLink: string | undefined,
  enis: readonly EniPlan[],
  base: number,
): readonly [string, ...string[]] | undefined {
  const link = links.find(l => l.name === primaryLink);
  if (link === undefined) return undefined;
  const group = groupOf(enis) ?? 0;
  // Only ours is taken back.
  const isWrong = group === 0 ? link.group === base : link.group === 0;
  return isWrong ? setGroup(link.name, group) : undefined;
}

export function setGroup(link: string, group: number): readonly [string, ...string[]] {
  return ['ip', 'link', 'set', 'dev', link, 'group', String(group)];
}

/** After an apply: the group is taken back only when no rule asks for it any more. Before it, a rule may still. */
export async function releasePrimaryGroup(
  context: Pick<ApplyContext, 'system' | 'log' | 'compare'>,
  kernel: KernelState,
  primaryLink: string | undefined,
  enis: readonly EniPlan[],
): Promise<void> {
  if (groupOf(enis) === undefined) await settlePrimaryGroup(context, kernel, primaryLink, enis);
}

/** A failure changes no ENI, and the next pass tries it again. */
export async function settlePrimaryGroup(
  { system, log, compare }: Pick<ApplyContext, 'system' | 'log' | 'compare'>,
  kernel: KernelState,
  primaryLink: string | undefined,
  enis: readonly EniPlan[],
): Promise<void> {
  const command = primaryGroupCommand(kernel, primaryLink, enis, compare.base);
  if (command === undefined) return;
  const { exitCode, stderr } = await system.run(command);
  const words = command.join(' ');
  if (exitCode === 0) log.debug({ command: words, exit: exitCode }, 'ran');
  else log.warn({ command: words, reason: stderr.trim() }, 'cannot put the primary into its link group');
}
