// Which expected trees there are. Hosts for which a renderer does the same with everything are one kind, and kinds with the same bytes
// for a plan share a tree: each outcome stands there once, below the name of the first host that it is for. A file that stands in a
// tree of the same backend already is only named in case.txt.
import type { BackendName } from '../../../agent/model/host.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { examplePlans } from '../example-plans.ts';
import { examplePlanFor } from '../recorded-proofs.ts';
import type { Tree } from './file-tree.ts';
import { type ExpectedHost, expectedHosts } from './hosts.ts';
import { changesText, outcomeOf } from './outcome.ts';

/** Shown for the default release of each backend. The other examples give no line of another shape; they are in the property tests. */
export const expectedPlans = [
  'static-dual-stack',
  'static-ipv6-only',
  'static-ipv6-without-address',
  'static-ipv4-mtu',
  'static-connected-route',
  'static-forward',
  'static-routes',
  'static-main-default',
  'static-main-default-ipv6',
  'static-ipv6-gateways',
  'dhcp-awaiting-lease',
  'dhcp-complete',
  'dhcp-two-enis',
  'dhcp-connected-route',
  'static-ipv6-off',
  'static-published-ports',
] as const;

/** Of these also what other kinds of hosts have otherwise. */
const plansForAll: readonly string[] = [
  'static-dual-stack',
  'static-connected-route',
  'dhcp-complete',
  'dhcp-connected-route',
  'static-ipv6-off',
];

/** Hosts for which a renderer does the same with everything; the first gives the name. */
export type HostKind = readonly ExpectedHost[];

const kinds = new Map<BackendName, readonly HostKind[]>();

/** By all examples, shown or not, and all changes. */
export function hostKinds(backend: BackendName): readonly HostKind[] {
  const known = kinds.get(backend);
  if (known !== undefined) return known;
  const everything = ({ facts }: ExpectedHost): string =>
    JSON.stringify([
      ...Object.keys(examplePlans).map(plan =>
        outcomeOf(backend, examplePlanFor(plan, backend, facts)!, facts),
      ),
      changesText(backend, facts),
    ]);
  const found = [...Map.groupBy(expectedHosts(backend), everything).values()];
  kinds.set(backend, found);
  return found;
}

const trees = new Map<BackendName, Readonly<Record<string, Tree>>>();

/** By plan, `HOST/...` for each outcome: case.txt, and the files that no tree before it has. */
export function planTrees(backend: BackendName): Readonly<Record<string, Tree>> {
  const known = trees.get(backend);
  if (known !== undefined) return known;
  const seen = new Map<string, string>();
  const made = expectedPlans.map(plan => [plan, planTree(backend, plan, seen)] as const);
  trees.set(backend, Object.fromEntries(made));
  return Object.fromEntries(made);
}

/** @param seen where a file of this path and content stands already */
function planTree(backend: BackendName, plan: string, seen: Map<string, string>): Tree {
  const hosts = firstHosts(backend).slice(0, plansForAll.includes(plan) ? undefined : 1);
  const outcomes = shared(hosts, ({ facts }) =>
    outcomeOf(backend, examplePlanFor(plan, backend, facts)!, facts),
  );
  const entries = outcomes.flatMap(([hosts, { files, more }]) => {
    const host = hosts[0]!.name;
    const key = ({ path, content }: RenderedFile) => `${path}\n${content}`;
    const lines = files.map(file => {
      const earlier = seen.get(key(file));
      const mode = file.mode.toString(8).padStart(4, '0');
      return `  ${mode} ${file.path}${earlier === undefined ? '' : ` (as in ${earlier})`}\n`;
    });
    const own = files.filter(file => !seen.has(key(file)));
    for (const file of own) seen.set(key(file), `${plan}/${host}`);
    return [
      [`${host}/case.txt`, `${headOf(hosts)}files\n${lines.join('')}${more}`] as const,
      ...own.map(file => [`${host}${file.path}`, file.content] as const),
    ];
  });
  return Object.fromEntries(entries);
}

/** `HOST.txt` for each way in which changes are made. */
export function changeFiles(backend: BackendName): Tree {
  const texts = shared(firstHosts(backend), ({ facts }) => changesText(backend, facts));
  return Object.fromEntries(
    texts.map(([hosts, text]) => [`${hosts[0]!.name}.txt`, `${headOf(hosts)}${text}`] as const),
  );
}

/** One line for each kind of hosts. */
export function hostsText(backend: BackendName): string {
  return hostKinds(backend)
    .map(kind => `${kind.map(host => host.name).join(' ')}\n`)
    .join('');
}

function firstHosts(backend: BackendName): readonly ExpectedHost[] {
  return hostKinds(backend).map(kind => kind[0]!);
}

function headOf(hosts: readonly ExpectedHost[]): string {
  return `for ${hosts.map(host => host.name).join(' ')}\n\n`;
}

/** Each different outcome once, with its hosts. */
function shared<T>(
  hosts: readonly ExpectedHost[],
  outcome: (host: ExpectedHost) => T,
): readonly (readonly [readonly ExpectedHost[], T])[] {
  const outcomes = hosts.map(host => ({ host, result: outcome(host) }));
  const groups = Map.groupBy(outcomes, ({ result }) => JSON.stringify(result));
  return [...groups.values()].map(group => [group.map(g => g.host), group[0]!.result] as const);
}
