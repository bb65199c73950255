// Whether the tree is the release that the life is told of: what the agent in it finds, against the release's row in renderers/releases/table.ts,
// by which `render --release` makes the files that the recording is of.
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import { releaseNamed } from '../../../renderers/releases/lookup.ts';
import { isPartOf, type Life } from './life.ts';

/** The versions that a renderer of that backend asks for. The kernel is the machine's, and the scripts of two backends tell no version. */
const versionsOf: Readonly<Record<BackendName, readonly string[]>> = {
  ifupdown: ['ifupdown'],
  initscripts: [],
  netplan: ['netplan', 'systemd'],
  networkd: ['systemd'],
  'networkmanager-ifcfg': ['networkmanager'],
  'networkmanager-keyfile': ['networkmanager'],
  sles11: [],
  wicked: ['wicked'],
};

/** One line each; [] where tree and release agree. A release may be lived on a service that its own images do not run. */
export function disagreements(
  { release, backend, version }: Life,
  facts: HostFacts,
  selected: BackendName | undefined,
): readonly string[] {
  const row = releaseNamed(release);
  const { os } = row.facts;
  const lines: string[] = [];
  if (selected !== backend)
    lines.push(`the agent finds ${selected ?? 'no backend'}, and --backend says ${backend}`);
  if (facts.os.id !== os.id || !isPartOf(facts.os.versionId, os.versionId))
    lines.push(
      `the tree is ${facts.os.id} ${facts.os.versionId}, and ${release} is ${os.id} ${os.versionId}`,
    );
  for (const program of versionsOf[backend]) {
    const [found, wanted] = [facts.versions[program], row.facts.versions[program]];
    if (found === undefined) lines.push(`the agent reads no version of ${program} in the tree`);
    // 249.11 is the 249 of the row, but 0.106 is not its 0.106.1.
    else if (wanted !== undefined && !`${found}.`.startsWith(`${wanted}.`))
      lines.push(`the tree has ${program} ${found}, and ${release} has ${wanted}`);
  }
  const [first] = versionsOf[backend];
  const found = first === undefined ? undefined : facts.versions[first];
  if (
    version !== undefined &&
    found !== undefined &&
    !`${version}.`.startsWith(`${found}.`) &&
    !version.startsWith(`${found}-`)
  )
    lines.push(`the tree has ${first} ${found}, and --version says ${version}`);
  return lines;
}

/** What the recording names of the service, each program with its version. */
export function servicesOf({ backend, version }: Life, facts: HostFacts): Readonly<Record<string, string>> {
  const names = versionsOf[backend];
  const found = Object.fromEntries(names.map(name => [name, facts.versions[name] ?? '']));
  return version === undefined ? found : { ...found, [names[0] ?? backend]: version };
}
