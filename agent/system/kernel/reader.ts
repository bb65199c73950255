// Reads the kernel's links, addresses, routes and rules through `ip`: two short processes side by side, or one per question where `ip` does
// not take them together.
import { AgentError } from '../../errors.ts';
import type { Family } from '../../model/address.ts';
import { isSameKernel, type KernelLink, type KernelState } from '../../model/kernel-state.ts';
import type { System } from '../system.ts';
import { type Listings, readListings } from './ip-batch.ts';
import { parseAddresses, parseLinks } from './ip-links.ts';
import { parseRoutes } from './ip-routes.ts';
import { parseRules } from './ip-rules.ts';
import { type Names, parseNames } from './ip-words.ts';

/** Where distributions keep the names of routing tables and link groups; the later ones are newer iproute2. */
const nameFolders = ['/etc/iproute2', '/usr/share/iproute2', '/usr/lib/iproute2'] as const;

/** `group eni-primary`, `suppress_ifgroup eni-primary`: somebody has given the number a name. */
const namedGroup = /\b(suppress_if)?group (?!default\b)[^\s\d]/;

/** Throws `command-failed` if `ip` fails: a kernel that cannot be read must never look like an empty one. */
export async function readKernelState(system: System): Promise<KernelState> {
  const tables = await readNames(system, 'rt_tables');
  const [four, six] = await Promise.all([listingsOf(system, 4), listingsOf(system, 6)]);
  // Seldom, so the files are read only for it.
  const hasNamedGroup = [four.links, four.rules, six.rules].some(text => namedGroup.test(text));
  const groups = hasNamedGroup ? await readNames(system, 'group') : undefined;
  const named = parseLinks(four.links, groups);
  const state: KernelState = {
    links: await Promise.all(named.map(link => withDevice(system, link))),
    addresses: [...parseAddresses(four.addresses, 4), ...parseAddresses(six.addresses, 6)],
    routes: [...parseRoutes(four.routes, 4, tables), ...parseRoutes(six.routes, 6, tables)],
    rules: [...parseRules(four.rules, 4, tables, groups), ...parseRules(six.rules, 6, tables, groups)],
    acceptRa: new Map((await Promise.all(named.map(({ name }) => readAcceptRa(system, name)))).flat()),
  };
  lastState = lastState !== undefined && isSameKernel(lastState, state) ? lastState : state;
  return lastState;
}

/** Where nothing has changed, what was worked out of it still holds (oncePer). */
let lastState: KernelState | undefined;

async function readNames(system: System, kind: 'rt_tables' | 'group'): Promise<Names> {
  const dropIns = (await system.listFolder(`/etc/iproute2/${kind}.d`)).filter(name => name.endsWith('.conf'));
  const paths = [
    ...nameFolders.map(folder => `${folder}/${kind}`),
    ...dropIns.map(name => `/etc/iproute2/${kind}.d/${name}`),
  ];
  const texts = await Promise.all(paths.map(path => system.readFile(path)));
  const text = texts.join('\n');
  const last = lastNames.get(kind);
  if (last?.text === text) return last.names;
  const names = parseNames(text);
  lastNames.set(kind, { text, names });
  return names;
}

/** Which names they are decides whether what was parsed with them still holds. */
const lastNames = new Map<string, { readonly text: string; readonly names: Names }>();

/** A batch that fails tells nothing about the kernel: a question alone does, by its error. */
async function listingsOf(system: System, family: Family): Promise<Listings> {
  const together = await readListings(system, family);
  if (together !== undefined) return together;
  const option = `-${family}`;
  const optional = family === 6;
  const [addresses, rules, routes, links] = await Promise.all([
    ip(system, [option, '-o', 'addr', 'show'], optional),
    ip(system, [option, 'rule', 'show'], optional),
    ip(system, [option, '-o', 'route', 'show', 'table', 'all'], optional),
    family === 4 ? ip(system, ['-d', '-o', 'link', 'show']) : '',
  ]);
  return { addresses, rules, routes, links };
}

/** @param optional a kernel booted with ipv6.disable=1 answers with an error, which means none of that family */
async function ip(system: System, args: readonly string[], optional = false): Promise<string> {
  const result = await system.run(['ip', ...args]);
  if (result.exitCode === 0) return result.stdout;
  const ipv6Missing = optional && /not supported|No such file|Address family/i.test(result.stderr);
  if (ipv6Missing) return '';
  throw new AgentError(
    'command-failed',
    `ip ${args.join(' ')} failed (exit ${result.exitCode}): ${result.stderr.trim()}`,
  );
}

async function withDevice(
  system: System,
  link: Omit<KernelLink, 'physical' | 'driver'>,
): Promise<KernelLink> {
  const device = `/sys/class/net/${link.name}/device`;
  const driver = await system.readLink(`${device}/driver`);
  return { ...link, physical: await system.exists(device), driver: driver?.split('/').at(-1) };
}

/** Nothing for a link without IPv6: the file is not there (ipv6.disable=1), or says what does not matter (disable_ipv6). */
async function readAcceptRa(system: System, link: string): Promise<readonly (readonly [string, string])[]> {
  const read = async (key: string) =>
    (await system.readFile(`/proc/sys/net/ipv6/conf/${link}/${key}`).catch(() => undefined))?.trim();
  const value = await read('accept_ra');
  if (value === undefined) return [];
  if (value !== '0' && (await read('disable_ipv6')) === '1') return [];
  return [[link, value]];
}
