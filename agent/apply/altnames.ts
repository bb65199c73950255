// Alternative names: `ip addr show eni-0123` finds the link of an ENI by the name that the cloud's console has for it. Live only. An altname
// is one more name by which a service may match the link, so one that a file would match (networkd's catch-all `Name=en*`) is not given.
import type { HostFacts } from '../model/host.ts';
import type { KernelLink, KernelState } from '../model/kernel-state.ts';
import type { LinkIdentity } from '../model/link-identity.ts';
import type { EniPlan } from '../model/network-plan.ts';
import { type OwnFile, recall } from '../records/own-file.ts';
import * as s from '../records/shapes.ts';
import { identifyLink } from '../system/facts/identify-link.ts';
import type { System } from '../system/system.ts';
import type { ApplyContext } from './apply-context.ts';
import { readBootId } from './checkpoint.ts';

/** Below the runtime directory: the names do not outlive a boot either. */
export const altNamesPath = '/run/eni-agent/altnames.json';

/** ALTIFNAMSIZ with its NUL; the kernel forbids less than this, and a name is also a word in files of others. */
const goodName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,126}$/;

export interface GivenName {
  /** The link's number: names are exchanged, numbers are not. */
  readonly index: number;
  readonly name: string;
}

/**
 * What is to be told to `ip`. A name that any link has already, whoever has given it, is not given; one that is not ours is not taken.
 *
 * @param given what this program has given since the boot
 */
export function altNameChanges(
  links: readonly KernelLink[],
  enis: readonly Pick<EniPlan, 'link' | 'mac' | 'eniId'>[],
  given: readonly GivenName[],
): { readonly add: readonly GivenName[]; readonly remove: readonly GivenName[] } {
  const wanted = enis.flatMap(({ link, mac, eniId }) => {
    const found = links.find(l => l.name === link && (l.mac === mac || l.permanentMac === mac));
    return found === undefined || eniId === undefined || !goodName.test(eniId)
      ? []
      : [{ index: found.index, name: eniId }];
  });
  const has = (of: GivenName) => links.some(l => l.index === of.index && l.altNames.includes(of.name));
  const isWanted = (of: GivenName) => wanted.some(w => w.index === of.index && w.name === of.name);
  const remove = given.filter(g => has(g) && !isWanted(g));
  const freed = (link: KernelLink, name: string) =>
    remove.some(r => r.index === link.index && r.name === name);
  const isTaken = (name: string) =>
    links.some(l => l.name === name || (l.altNames.includes(name) && !freed(l, name)));
  return { add: wanted.filter(w => !isTaken(w.name)), remove };
}

export interface AltNameWish {
  readonly enis: readonly EniPlan[];
  /** `altnames = no`, or everything is removed: then what was given goes. */
  readonly on: boolean;
  readonly facts: HostFacts;
  /** Files of the network service by which somebody configures such a link. */
  readonly claims: (link: LinkIdentity) => readonly unknown[];
}

/** A failure is logged and changes nothing else: it is a convenience. */
export async function settleAltNames(
  { system, log }: Pick<ApplyContext, 'system' | 'log'>,
  { links }: Pick<KernelState, 'links'>,
  wish: AltNameWish,
): Promise<void> {
  if (wish.facts.kernel.altNames !== true) return;
  const given = await readGivenNames(system);
  const { add, remove } = altNameChanges(links, wish.on ? wish.enis : [], given);
  const harmless: GivenName[] = [];
  for (const one of add) {
    const link = links.find(l => l.index === one.index)!;
    if (!(await isMatched(system, link, one.name, wish.claims))) harmless.push(one);
  }
  if (harmless.length + remove.length === 0) return;
  const kept = given.filter(g => !remove.includes(g) && links.some(l => l.index === g.index));
  // Before they are given: what is not known to be ours would stay.
  await remember(system, [...kept, ...harmless]);
  const nameOf = (index: number) => links.find(l => l.index === index)?.name ?? '';
  const lines = [
    ...remove.map(({ index, name }) => ['del', nameOf(index), name] as const),
    ...harmless.map(({ index, name }) => ['add', nameOf(index), name] as const),
  ];
  for (const [verb, link, name] of lines) {
    const { exitCode, stderr } = await system.run([
      ...(['ip', 'link', 'property', verb, 'dev', link, 'altname', name] as const),
    ]);
    if (exitCode !== 0) log.warn({ link, name, error: stderr.trim() }, 'an alternative name was not set');
  }
}

/** Whether somebody's file would match the link because of this name, or another one than now. */
async function isMatched(
  system: System,
  link: KernelLink,
  name: string,
  claims: AltNameWish['claims'],
): Promise<boolean> {
  const identity = await identifyLink(system, link);
  const named = claims({ ...identity, altNames: [...identity.altNames, name] });
  return JSON.stringify(named) !== JSON.stringify(claims(identity));
}

export async function readGivenNames(system: System): Promise<readonly GivenName[]> {
  const memory = await recall(system, memoryFile);
  return memory !== undefined && memory.bootId === (await readBootId(system)) ? memory.given : [];
}

interface Memory {
  readonly bootId: string | undefined;
  readonly given: readonly GivenName[];
}

const memoryFile: OwnFile<Memory> = {
  path: altNamesPath,
  shape: s.shapeOf({
    bootId: s.optional(s.line),
    given: s.listOf(s.shapeOf<GivenName>({ index: s.count, name: s.line })),
  }),
};

async function remember(system: System, given: readonly GivenName[]): Promise<void> {
  if (given.length === 0) return system.removeFile(altNamesPath);
  const memory = { bootId: await readBootId(system), given };
  await system.writeFile(altNamesPath, `${JSON.stringify(memory)}\n`, 0o600);
}
