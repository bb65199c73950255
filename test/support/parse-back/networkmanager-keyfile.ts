// Reads profiles as NetworkManager's keyfile plugin does (executed: 1.42): by GKeyFile's rules, routes and rules by number, and
// what it cannot parse is dropped with a warning. A route without a metric gets the device's.

import { type Cidr, type Family, type Ip, parseIp } from '../../../agent/model/address.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import { addressKey, routeKey, ruleKey } from '../../../agent/model/kernel-state.ts';
import { mainTable } from '../../../agent/model/network-plan.ts';
import { parseOwnMark } from '../../../agent/model/rule-words.ts';
import { versionAtLeast } from '../../../renderers/formats/version-order.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { networkFrom, numberOrNone, readIpScript } from './ip-script.ts';
import { type KernelLines, kernelLines, kernelMetric, leakedDefault } from './kernel-lines.ts';

type Keyfile = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Metric of a device, for routes that have none. */
const deviceMetric = 100;

export function parseBack(files: readonly RenderedFile[], link: string, facts: HostFacts): KernelLines {
  const version = facts.versions.networkmanager;
  const file = files.find(f => f.path.endsWith(`/system-connections/eni-${link}.nmconnection`));
  if (file === undefined) return kernelLines({ addresses: [], routes: [], rules: [] });
  // NetworkManager refuses a profile that anybody but root can read.
  if (file.mode !== 0o600) throw new Error(`mode ${file.mode.toString(8)}`);
  const keyfile = readKeyfile(file.content);
  if (keyfile.get('ethernet')?.get('mac-address') === undefined) throw new Error('profile for any NIC');
  const parts = ([4, 6] as const).map(family => readFamily(keyfile, family, link, version));
  const scripts = dispatcherScripts(files, link).map(text => readIpScript(text, link));
  return kernelLines({
    addresses: parts.flatMap(p => p.addresses),
    routes: parts.flatMap(p => p.routes),
    rules: [...parts.flatMap(p => p.rules), ...scripts.flatMap(s => s.rules)],
  });
}

/** Dispatcher scripts that act for this link; without the right mode they are skipped. */
export function dispatcherScripts(files: readonly RenderedFile[], link: string): readonly string[] {
  return files
    .filter(f => f.path.startsWith('/etc/NetworkManager/dispatcher.d/pre-up.d/') && f.mode === 0o755)
    .map(f => f.content)
    .filter(text => text.startsWith('#!/') && text.includes(`[ "$1" = ${link} ] || exit 0`));
}

/** Sections of a name are one; the last of equal keys counts; `\s`, `\n`, `\t`, `\\` are unescaped. */
export function readKeyfile(text: string): Keyfile {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const header = /^\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) {
      current = sections.get(header) ?? new Map();
      sections.set(header, current);
      continue;
    }
    const at = line.indexOf('=');
    if (current === undefined || at < 1) throw new Error(`GKeyFile fails on ${line}`);
    const value = line.slice(at + 1).trimStart();
    current.set(
      line.slice(0, at).trimEnd(),
      value.replace(/\\([sntr\\])/g, (_, c: string) => ({ s: ' ', n: '\n', t: '\t', r: '\r' })[c] ?? '\\'),
    );
  }
  return sections;
}

function readFamily(
  keyfile: Keyfile,
  family: Family,
  link: string,
  version: string | undefined,
): KernelLines {
  const section = keyfile.get(`ipv${family}`) ?? new Map<string, string>();
  const method = section.get('method') ?? (family === 4 ? 'disabled' : 'auto');
  const numbered = (name: RegExp) =>
    [...section].filter(([key]) => name.test(key)).sort(([a], [b]) => digits(a) - digits(b));
  // With `manual` and no address the profile is invalid; with these methods addresses are not allowed.
  const addresses = numbered(/^address\d+$/);
  if (method === 'manual' && addresses.length === 0) throw new Error(`ipv${family}: manual without address`);
  if (['disabled', 'link-local', 'ignore'].includes(method) && addresses.length > 0)
    throw new Error(`ipv${family}: ${method} with addresses`);
  const leaks = method === 'auto' && section.get('ignore-auto-routes') !== 'true';
  const never = section.get('never-default') === 'true';
  return {
    addresses: addresses.map(([, text]) => readAddress(text, link)),
    routes: [
      ...numbered(/^route\d+$/).map(([key, text]) =>
        readRoute(text, section.get(`${key}_options`) ?? '', family, link, section),
      ),
      ...(leaks || (method === 'auto' && !never) ? [leakedDefault(family === 4 ? 'dhcp' : 'ra', link)] : []),
      // `ignore` leaves the kernel's own handling of advertisements on.
      ...(family === 6 && method === 'ignore' ? [leakedDefault('ra', link)] : []),
    ],
    rules: numbered(/^routing-rule\d+$/).flatMap(([, text]) => readNetworkManagerRule(text, family, version)),
  };
}

function readAddress(text: string, link: string): string {
  const [address = '', length] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || length === undefined) throw new Error(`address ${text}`);
  return addressKey({ link, ip, prefixLength: Number(length) });
}

function readRoute(
  text: string,
  options: string,
  family: Family,
  link: string,
  section: ReadonlyMap<string, string>,
): string {
  const [destination, hop, metric] = text.split(',');
  const attributes = new Map(options.split(',').map(o => o.split('=') as [string, string]));
  for (const name of attributes.keys())
    if (!['', 'table', 'onlink', 'src'].includes(name)) throw new Error(`route option ${name}`);
  const gateway = hop === undefined || ['0.0.0.0', '::'].includes(hop) ? undefined : (hop as Ip);
  const asked = metric === undefined ? Number(section.get('route-metric') ?? deviceMetric) : Number(metric);
  return routeKey({
    // Without a table it is the profile's, which is also that of the leased address's connected route.
    table: Number(attributes.get('table') ?? section.get('route-table') ?? mainTable),
    destination: networkFrom(destination) as Cidr,
    gateway,
    link,
    metric: kernelMetric(family, asked),
  });
}

/**
 * One rule in NetworkManager's own syntax, for keyfiles and ifcfg files; nothing if this version would drop it: no rules before
 * 1.18, none without a priority, none with a word that it does not know.
 */
export function readNetworkManagerRule(
  text: string,
  family: Family,
  version: string | undefined,
): readonly string[] {
  const since = {
    priority: '1.18',
    from: '1.18',
    to: '1.18',
    iif: '1.18',
    oif: '1.18',
    table: '1.18',
    fwmark: '1.18',
  };
  const known: Readonly<Record<string, string>> = { ...since, suppress_prefixlength: '1.20' };
  const words = text.split(/\s+/);
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const word = { pref: 'priority', lookup: 'table' }[words[i]!] ?? words[i]!;
    const first = known[word];
    if (first === undefined || versionAtLeast(version, first) === false) return [];
    values.set(word, words[i + 1] ?? '');
  }
  if (!values.has('priority')) return [];
  const table = values.get('table');
  return [
    ruleKey({
      family,
      priority: Number(values.get('priority')),
      from: networkFrom(values.get('from')),
      to: networkFrom(values.get('to')),
      iif: values.get('iif'),
      oif: values.get('oif'),
      fwmark: parseOwnMark(values.get('fwmark') ?? ''),
      table: table === 'main' ? mainTable : Number(table),
      suppressPrefixLength: numberOrNone(values.get('suppress_prefixlength')),
      suppressGroup: undefined,
    }),
  ];
}

function digits(key: string): number {
  return Number(/\d+$/.exec(key)?.[0]);
}
