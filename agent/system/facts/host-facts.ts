// What this machine is, probed once per pass: cheap looks at files first, a tool only where its trace exists. The facts are
// data that renderers/detect/select.ts and the renderers decide on; nothing is decided here, and nothing is changed.
import type { HostFacts } from '../../model/host.ts';
import { isSame, oncePer, sameOr } from '../../model/value.ts';
import { readKernelProbe } from '../kernel/probe.ts';
import type { System } from '../system.ts';
import { readAllNetworkFiles } from './files.ts';
import { readMachine } from './networkd-files.ts';
import { readOs } from './os-release.ts';
import { readOwners, readPrimaryLink } from './owners.ts';
import { readPaths } from './paths.ts';
import { readServices } from './services.ts';
import { readVersions } from './versions.ts';

/**
 * Reads all facts. Never throws for a probe: a tool that is missing, fails, hangs or prints garbage leaves its fact out.
 * Writes two files, what the kernel and the tools have said (readKernelProbe tells whether the kernel was probed or assumed).
 */
export async function readHostFacts(system: System): Promise<HostFacts> {
  const [os, primaryLink, services, paths] = await Promise.all([
    readOs(system),
    readPrimaryLink(system),
    readServices(system),
    readPaths(system),
  ]);
  const [{ files, unread }, versions, owners] = await Promise.all([
    readAllNetworkFiles(system, services),
    readVersions(system, services),
    primaryLink === undefined ? {} : readOwners(system, primaryLink, services),
  ]);
  const { suppressPrefixLength, suppressGroup, ruleOif, ruleProtocol, altNames } = await readKernelProbe(
    system,
    versions.kernel,
  );
  lastFiles = sameOr(lastFiles, files);
  const facts: HostFacts = {
    os,
    primaryLink,
    services,
    owners,
    versions,
    paths,
    files: lastFiles,
    ...(unread.length === 0 ? {} : { unreadFiles: unread }),
    ...(await readMachine(system, lastFiles)),
    kernel: {
      ...{ suppressPrefixLength, suppressGroup, ruleOif, ruleProtocol },
      ...(altNames === undefined ? {} : { altNames }),
    },
  };
  lastFacts = sameOr(lastFacts, facts);
  return lastFacts;
}

/** Where nobody has changed them, what was worked out of them still holds (oncePer). */
let lastFiles: HostFacts['files'] | undefined;
let lastFacts: HostFacts | undefined;

/** Of a machine of which there are only files (a mounted image): no tool is asked, no kernel is probed, and nothing is written. */
export async function readFileFacts(system: System): Promise<HostFacts> {
  const [os, services, paths, { files, unread }] = await Promise.all([
    readOs(system),
    readServices(system),
    readPaths(system),
    readAllNetworkFiles(system),
  ]);
  const unknown = { primaryLink: undefined, owners: {}, versions: {} };
  // Nothing is rendered by them, so that the kernel does not matter.
  return {
    ...unknown,
    os,
    services,
    paths,
    files,
    ...(unread.length === 0 ? {} : { unreadFiles: unread }),
    ...(await readMachine(system, files)),
    kernel: { suppressPrefixLength: true, suppressGroup: true, ruleOif: true, ruleProtocol: true },
  };
}

/**
 * The facts as seen from the link that is the primary's. readHostFacts can only guess it by the default route, and a catch-all with DHCP on
 * each NIC gives every ENI one of the same metric (systemd-networkd: any of them comes first, by chance).
 */
export async function withPrimaryLink(
  system: System,
  facts: HostFacts,
  link: string | undefined,
): Promise<HostFacts> {
  if (link === undefined || link === facts.primaryLink) return facts;
  const owners = await readOwners(system, link, facts.services);
  const known = seenFrom(facts);
  const before = known.get(link);
  const seen =
    before !== undefined && isSame(before.owners, owners) ? before : { ...facts, primaryLink: link, owners };
  known.set(link, seen);
  return seen;
}

/** By primary link. */
const seenFrom = oncePer((_: HostFacts) => new Map<string, HostFacts>());
