// Whose a link is, with the evidence: the same answer by which a pass leaves a link alone, for one link and for a person.
import { selectBackend } from '../../renderers/detect/select.ts';
import { isMissingSource } from '../../renderers/ifupdown/claims.ts';
import { renderers } from '../../renderers/registry.ts';
import type { Claim, Renderer } from '../../renderers/renderer.ts';
import { readOwnedFiles } from '../apply/ownership.ts';
import { readState } from '../apply/state-file.ts';
import { AgentError } from '../errors.ts';
import type { Mac } from '../model/address.ts';
import type { BackendName, HostFacts } from '../model/host.ts';
import type { KernelLink } from '../model/kernel-state.ts';
import { type LinkIdentity, namedLink, namesOf } from '../model/link-identity.ts';
import { strangersOf } from '../pass/claims-on.ts';
import { readFileFacts, readHostFacts } from '../system/facts/host-facts.ts';
import { identifyLink } from '../system/facts/identify-link.ts';
import { readOwners } from '../system/facts/owners.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import type { System } from '../system/system.ts';

export interface OwnerQuestion {
  readonly link: string;
  /** Instead of what the kernel says of the link. */
  readonly mac: Mac | undefined;
  /** Instead of what is recognised. */
  readonly backend: BackendName | undefined;
  /** There are only files: of a mounted image, or of an unpacked report. */
  readonly offline: boolean;
}

export interface Ownership {
  readonly link: string;
  readonly mac: Mac | undefined;
  readonly backend: BackendName;
  /** `image`: only a catch-all that the image ships for every NIC. `none`: nobody configures it. */
  readonly owner: 'eni-agent' | 'other' | 'image' | 'none';
  /** The primary, which is not configured, whoever has it; undefined where it cannot be told. */
  readonly isPrimary: boolean | undefined;
  /** All evidence: what somebody else's files say first, then what the image's do. */
  readonly claims: readonly Claim[];
  /** Our own files for this link. */
  readonly own: readonly string[];
  /** Who has it now, in the words of the service; undefined where nobody can be asked. */
  readonly now: string | undefined;
  /** The file by which it is configured at the next boot; undefined: none. */
  readonly atBoot: string | undefined;
}

/** Throws `usage` for a link that is not there, `backend-unknown` where nothing tells which service reads the files. */
export async function findOwner(system: System, question: OwnerQuestion): Promise<Ownership> {
  const facts = question.offline ? await readFileFacts(system) : await readHostFacts(system);
  const backend = question.backend ?? backendOf(facts, question.offline);
  const renderer = renderers[backend];
  const found = question.offline ? undefined : await linkNamed(system, question);
  const identity = found?.identity ?? namedLink(question.link, question.mac);
  const all = renderer.claims(identity, facts);
  const own = await ownFilesOf(system, renderer, identity);
  const strangers = strangersOf(all, own.length > 0);
  const claims = [...strangers, ...all.filter(claim => !strangers.includes(claim))];
  const port = found?.master === undefined ? undefined : `a port of ${found.master}`;
  const owner =
    strangers.length > 0 || port !== undefined
      ? 'other'
      : own.length > 0
        ? 'eni-agent'
        : claims.length > 0
          ? 'image'
          : 'none';
  return {
    link: identity.name,
    mac: identity.mac,
    backend,
    owner,
    isPrimary: await isPrimary(system, identity, facts, found?.links),
    claims,
    own,
    now: port ?? (found === undefined ? undefined : await askService(system, identity, facts)),
    atBoot: atBoot(strangers, own) ?? claims.find(claim => claim.of === 'image')?.path,
  };
}

/**
 * As the metadata named it last, if that is a link of this machine (the state may have come with an image); or else by the default route.
 *
 * @param links undefined where there are only files: then only a yes is certain
 */
async function isPrimary(
  system: System,
  { name, mac, permanentMac }: LinkIdentity,
  { primaryLink }: HostFacts,
  links: readonly KernelLink[] | undefined,
): Promise<boolean | undefined> {
  const primary = (await readState(system)).lastGood.find(eni => eni.primary)?.mac;
  if (primary !== undefined && [mac, permanentMac].includes(primary)) return true;
  if (links === undefined) return undefined;
  if (primary !== undefined && links.some(l => [l.mac, l.permanentMac].includes(primary))) return false;
  return primaryLink === undefined ? undefined : primaryLink === name;
}

/** A line that is missing configures nothing. */
function atBoot(strangers: readonly Claim[], own: readonly string[]): string | undefined {
  return (
    strangers.find(claim => !isMissingSource(claim))?.path ?? (strangers.length > 0 ? undefined : own[0])
  );
}

function backendOf(facts: HostFacts, offline: boolean): BackendName {
  const { backend, problem } = selectBackend(facts);
  if (backend !== undefined) return backend;
  const hint = 'name the backend with --backend; "eni-agent owner --help" lists them';
  const what = offline
    ? 'the files do not tell which service configures the links'
    : 'cannot tell what owns the links';
  throw new AgentError('backend-unknown', `${what}: ${problem}`, { hint });
}

async function linkNamed(system: System, { link, mac }: OwnerQuestion) {
  const { links } = await readKernelState(system);
  const found = links.find(l => l.name === link || l.altNames.includes(link));
  if (found === undefined && mac === undefined)
    throw new AgentError('usage', `there is no link ${JSON.stringify(link)}`, {
      hint: '"ip link" lists the links; for one that is not there name its MAC with --mac',
    });
  if (found === undefined) return undefined;
  const identity = await identifyLink(system, found);
  return {
    identity: mac === undefined ? identity : { ...identity, mac, permanentMac: mac },
    master: found.master,
    links,
  };
}

/** By the state where it knows the link, and by the names of our files, which all have the name of the link in them. */
async function ownFilesOf(
  system: System,
  renderer: Renderer,
  link: LinkIdentity,
): Promise<readonly string[]> {
  const owned = [...(await readOwnedFiles(system, [renderer])).keys()];
  const { applied } = await readState(system);
  const isOf = (path: string, name: string) => path.split('/').at(-1)!.split(/[-.]/).includes(name);
  const byName = owned.filter(path => namesOf(link).some(name => isOf(path, name)));
  const isApplied = applied.some(eni => eni.link === link.name || eni.mac === link.mac);
  // One file for all ENIs (netplan) does not have the name of each.
  return byName.length > 0 || !isApplied ? byName : owned;
}

/** The tool's own words, as they are shown for the primary. */
async function askService(
  system: System,
  { name }: LinkIdentity,
  { services }: HostFacts,
): Promise<string | undefined> {
  const said = await readOwners(system, name, services);
  const words = [
    said.networkdFile === undefined
      ? said.networkd && `systemd-networkd: ${said.networkd}`
      : `systemd-networkd: ${said.networkd ?? 'configured'} by ${said.networkdFile}`,
    said.networkmanagerProfile === undefined
      ? said.networkmanager && `NetworkManager: ${said.networkmanager}`
      : `NetworkManager: ${said.networkmanager ?? 'connected'} by ${said.networkmanagerProfile}`,
    said.wicked && `wicked: ${said.wicked}`,
    said.ifstate && `ifupdown: ${said.ifstate}`,
  ].filter(Boolean);
  return words.length === 0 ? undefined : words.join('; ');
}
