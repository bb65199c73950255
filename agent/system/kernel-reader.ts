// Reads the kernel's links, addresses, routes and rules through `ip`: six short processes side by side, about 7 ms.
import { AgentError } from '../errors.ts';
import type { KernelLink, KernelState } from '../model/kernel-state.ts';
import {
  parseAddresses,
  parseLinks,
  parseRoutes,
  parseRules,
  parseTableNames,
  type TableNames,
} from './ip-text.ts';
import type { System } from './system.ts';

/** Where distributions keep the names of routing tables; the later ones are newer iproute2. */
const tableNameFiles = [
  '/etc/iproute2/rt_tables',
  '/usr/share/iproute2/rt_tables',
  '/usr/lib/iproute2/rt_tables',
] as const;

/** Throws `command-failed` if `ip` fails: a kernel that cannot be read must never look like an empty one. */
export async function readKernelState(system: System): Promise<KernelState> {
  const tables = await readTableNames(system);
  const [links, addresses, routes4, routes6, rules4, rules6] = await Promise.all([
    ip(system, ['-d', '-o', 'link', 'show']),
    ip(system, ['-o', 'addr', 'show']),
    ip(system, ['-4', '-o', 'route', 'show', 'table', 'all']),
    ip(system, ['-6', '-o', 'route', 'show', 'table', 'all'], true),
    ip(system, ['-4', 'rule', 'show']),
    ip(system, ['-6', 'rule', 'show'], true),
  ]);
  const named = parseLinks(links);
  return {
    links: await Promise.all(named.map(link => withDevice(system, link))),
    addresses: parseAddresses(addresses),
    routes: [...parseRoutes(routes4, 4, tables), ...parseRoutes(routes6, 6, tables)],
    rules: [...parseRules(rules4, 4, tables), ...parseRules(rules6, 6, tables)],
    acceptRa: new Map((await Promise.all(named.map(({ name }) => readAcceptRa(system, name)))).flat()),
  };
}

async function readTableNames(system: System): Promise<TableNames> {
  const dropIns = (await system.listFolder('/etc/iproute2/rt_tables.d')).filter(name =>
    name.endsWith('.conf'),
  );
  const paths = [...tableNameFiles, ...dropIns.map(name => `/etc/iproute2/rt_tables.d/${name}`)];
  const texts = await Promise.all(paths.map(path => system.readFile(path)));
  return new Map(texts.flatMap(text => [...parseTableNames(text ?? '')]));
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
