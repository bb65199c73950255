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

/** The groups that these plans ask for: one, or two while `[routing] base` changes. */
export const groupsOf = (enis: readonly EniPlan[]): ReadonlySet<number> =>
  new Set(enis.flatMap(eni => eni.rules.flatMap(rule => rule.suppressGroup ?? [])));

/** Of somebody who uses groups himself the primary stays in his: an nftables rule (`iifgroup`) may depend on it. */
function mayJoin({ group }: KernelLink, ours: ReadonlySet<number>): boolean {
  return group === 0 || (group !== undefined && ours.has(group));
}

/**
 * The udev rule, if there is to be one.
 *
 * @param enis all that are configured, those that are held too
 * @param before what was configured before
 * @returns undefined where the primary is not known now: then whatever there is stays
 */
export function primaryGroupRule(
  { primaryLink }: NetworkPlan,
  enis: readonly EniPlan[],
  links: readonly KernelLink[],
  before: readonly EniPlan[] = [],
): readonly RenderedFile[] | undefined {
  const group = groupOf(enis);
  if (group === undefined) return [];
  const link = links.find(l => l.name === primaryLink);
  if (link?.mac === undefined) return undefined;
  if (!mayJoin(link, groupsOf([...enis, ...before]))) return [];
  // A bridge or a bond has the MAC of its port; the port is not what the routes of the primary go by.
  const isMade = link.kind !== undefined && link.kind !== 'veth';
  // A name may have quotes and wildcards, which udev would read as more of the rule. Such a bridge is put into the group by each pass.
  if (isMade && !/^[\w.-]+$/.test(link.name)) return [];
  const which = isMade ? `KERNEL=="${link.name}"` : `DRIVERS=="?*", ATTR{address}=="${link.mac}"`;
  const content = [
    `# ${marker}`,
    `# Puts the primary into link group ${group}. A VLAN or a bridge has the same MAC, and no driver.`,
    `ACTION=="add", SUBSYSTEM=="net", ${which}, ATTR{netdev_group}="${group}"`,
  ];
  return [{ path: `${folder}/${name}`, mode: 0o644, content: `${content.join('\n')}\n`, enis: [] }];
}

export type GroupCommand = readonly [string, ...string[]];

export interface Membership {
  readonly primaryLink: string | undefined;
  /** Who asks for the group. */
  readonly enis: readonly EniPlan[];
  /** Who asked for it before: with another `[routing] base` for another one. */
  readonly before?: readonly EniPlan[];
  readonly base: number;
}

/**
 * What `ip` has to be told. Nobody but the primary stays in a group of ours: not a NIC that has become the port of a bridge, which is the
 * primary now, nor one that an image has put there.
 */
export function primaryGroupCommands(
  { links }: Pick<KernelState, 'links'>,
  { primaryLink, enis, before = [], base }: Membership,
): { readonly joins: readonly GroupCommand[]; readonly releases: readonly GroupCommand[] } {
  const wanted = groupOf(enis);
  const ours = new Set([base, ...groupsOf([...enis, ...before])]);
  const primary = links.find(l => l.name === primaryLink);
  // Who it is comes back with its default route.
  if (wanted !== undefined && primary === undefined) return { joins: [], releases: [] };
  const joins = wanted !== undefined && primary?.group !== wanted && mayJoin(primary!, ours);
  const stays = (link: KernelLink) => wanted !== undefined && link === primary;
  // The same number may be somebody's on links that are no ENI's: containers and tunnels keep it.
  const macs = new Set([primary?.mac, ...[...enis, ...before].map(eni => eni.mac)]);
  const isEnis = (link: KernelLink) =>
    link === primary || link.physical || (link.mac !== undefined && macs.has(link.mac));
  const left = links.filter(
    l => l.group !== undefined && l.group !== 0 && ours.has(l.group) && isEnis(l) && !stays(l),
  );
  return {
    joins: joins ? [setGroup(primary!.name, wanted)] : [],
    releases: left.map(link => setGroup(link.name, 0)),
  };
}

function setGroup(link: string, group: number): GroupCommand {
  return ['ip', 'link', 'set', 'dev', link, 'group', String(group)];
}

type Settler = Pick<ApplyContext, 'system' | 'log' | 'compare'>;
type Wish = Omit<Membership, 'base'>;

/** Before an apply: the rules that it brings ask for the group. */
export async function joinPrimaryGroup(context: Settler, kernel: KernelState, wish: Wish): Promise<void> {
  const { base } = context.compare;
  await runAll(context, primaryGroupCommands(kernel, { ...wish, base }).joins);
}

/** After an apply: a group is taken back only when no rule asks for it any more. */
export async function releasePrimaryGroup(context: Settler, kernel: KernelState, wish: Wish): Promise<void> {
  const { base } = context.compare;
  await runAll(context, primaryGroupCommands(kernel, { ...wish, base }).releases);
}

export async function settlePrimaryGroup(context: Settler, kernel: KernelState, wish: Wish): Promise<void> {
  await joinPrimaryGroup(context, kernel, wish);
  await releasePrimaryGroup(context, kernel, wish);
}

/** A failure changes no ENI, and the next pass tries it again. */
async function runAll({ system, log }: Settler, commands: readonly GroupCommand[]): Promise<void> {
  for (const command of commands) {
    const { exitCode, stderr } = await system.run(command);
    const words = command.join(' ');
    if (exitCode === 0) log.debug({ command: words, exit: exitCode }, 'ran');
    else log.warn({ command: words, reason: stderr.trim() }, 'cannot put the primary into its link group');
  }
}
