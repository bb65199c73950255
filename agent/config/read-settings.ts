// /etc/eni-agent/eni-agent.conf and eni-agent.conf.d/*.conf, INI, to validated Settings. The only place with defaults.
// Later files win, key by key; an unknown key is an error, because a misspelt safety option must not be silently off.
import * as v from 'valibot';
import { type Cidr, type Mac, overlaps } from '../model/address.ts';
import type { EniOptions, Settings } from '../model/settings.ts';
import { bandWidth, firstMetric, slotCount } from '../plan/numbering.ts';
import type { System } from '../system/system.ts';
import { checkLines, type GoodLine } from './check-lines.ts';
import { type ConfigFile, configLines } from './ini-lines.ts';
import { type ConfigProblem, configError, problemAt } from './problem.ts';
import { readConfigFiles } from './read-files.ts';
import {
  agentSection,
  coexistenceSection,
  daemonSection,
  eniSection,
  metadataSection,
  routingSection,
  type SectionName,
} from './sections.ts';

/** What the files say, and what is wrong with them: one of the two. */
export interface Configuration {
  readonly files: readonly ConfigFile[];
  readonly settings: Settings | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** Throws `config-invalid` with the first problem: file, line, section, key, value and reason. */
export async function readSettings(system: System): Promise<Settings> {
  return settingsOf(parseConfiguration(await readConfigFiles(system)));
}

/** Throws `config-invalid`. @param main the file that was read in the place of the main one */
export function settingsOf({ settings, problems }: Configuration, main?: string): Settings {
  if (settings !== undefined) return settings;
  throw configError(problems as [ConfigProblem, ...ConfigProblem[]], main);
}

/** All files together; each is checked by itself, so that a line is wrong also where a later file would win. */
export function parseConfiguration(files: readonly ConfigFile[]): Configuration {
  const checked = files.map(file => checkLines(configLines(file)));
  const good = checked.flatMap(c => c.good);
  const winners = new Map(good.map(line => [`${line.of} ${line.key}`, line]));
  const tableLines = [...winners.values()].filter(line => line.key === 'table');
  const contentOf = (of: SectionName | Mac) =>
    Object.fromEntries(good.filter(line => line.of === of).map(({ key, value }) => [key, value]));
  const enis = [...new Set(checked.flatMap(c => c.enis))];
  const routing = v.parse(routingSection, contentOf('routing'));
  const problems = [
    ...checked.flatMap(c => c.problems),
    ...checkTables(routing.base, tableLines),
    ...checkMetrics(winners),
    ...checkSources(winners),
    ...checkRoutes(winners),
  ];
  if (problems.length > 0) return { files, settings: undefined, problems };
  const { period, metrics } = v.parse(daemonSection, contentOf('daemon'));
  const settings = {
    agent: agentOf(v.parse(agentSection, contentOf('agent'))),
    metadata: metadataOf(v.parse(metadataSection, contentOf('metadata'))),
    routing: { base: routing.base, publishedPorts: routing['published-ports'] },
    coexistence: coexistenceOf(v.parse(coexistenceSection, contentOf('coexistence'))),
    daemon: { periodMs: period, metrics },
    enis: new Map(enis.map(mac => [mac, eniOptions(v.parse(eniSection, contentOf(mac)))])),
  };
  return { files, settings, problems };
}

/** Two ENIs in one table would send each other's traffic. Only shows when all files are read. */
function checkTables(base: number, lines: readonly GoodLine[]): readonly ConfigProblem[] {
  const end = base + bandWidth - 1;
  const owners = new Map<number, string>();
  return lines.flatMap(({ value, line }) => {
    const table = Number(value);
    const where = `[${line.section}] table = ${table}`;
    if (table >= base && table <= end)
      return [problemAt(line, `${where}: ${base} to ${end} are given to ENIs by the agent itself`)];
    const other = owners.get(table);
    owners.set(table, line.section!);
    return other === undefined ? [] : [problemAt(line, `${where}: [${other}] has the same table`)];
  });
}

/** Two default routes of one metric in main: IPv4 refuses the second, and IPv6 makes one route of both. */
function checkMetrics(winners: ReadonlyMap<string, GoodLine>): readonly ConfigProblem[] {
  const says = (of: string, key: string, word: string) => winners.get(`${of} ${key}`)?.value.trim() === word;
  const owners = new Map<number, string>();
  return [...winners.values()].flatMap(({ of, key, value, line }) => {
    if (key !== 'metric' || !says(of, 'default-route', 'yes') || says(of, 'ignore', 'yes')) return [];
    const metric = Number(value);
    const where = `[${line.section}] metric = ${metric}`;
    const last = firstMetric + slotCount - 1;
    if (metric >= firstMetric && metric <= last)
      return [problemAt(line, `${where}: ${firstMetric} to ${last} are given to ENIs by the agent itself`)];
    const other = owners.get(metric);
    owners.set(metric, line.section!);
    return other === undefined ? [] : [problemAt(line, `${where}: [${other}] has the same metric`)];
  });
}

/** What two ENIs have for a source would leave by the one with the lower slot. */
function checkSources(winners: ReadonlyMap<string, GoodLine>): readonly ConfigProblem[] {
  const before: { readonly cidr: Cidr; readonly section: string; readonly of: string }[] = [];
  return [...winners.values()].flatMap(({ of, key, value, line }) => {
    if (key !== 'sources') return [];
    const { sources } = v.parse(eniSection, { sources: value });
    const section = line.section!;
    const problems = sources.flatMap(cidr => {
      const other = before.find(b => b.of !== of && overlaps(b.cidr, cidr));
      const where = `[${section}] sources: ${cidr}`;
      return other === undefined ? [] : [problemAt(line, `${where}: [${other.section}] has ${other.cidr}`)];
    });
    before.push(...sources.map(cidr => ({ cidr, section, of })));
    return problems;
  });
}

/** Two routes of main to one destination: only one of the two ENIs would have it. */
function checkRoutes(winners: ReadonlyMap<string, GoodLine>): readonly ConfigProblem[] {
  const owners = new Map<Cidr, string>();
  return [...winners.values()].flatMap(({ key, value, line }) => {
    if (key !== 'routes') return [];
    return v.parse(eniSection, { routes: value }).routes.flatMap(({ destination }) => {
      const other = owners.get(destination);
      owners.set(destination, line.section!);
      const where = `[${line.section}] routes: ${destination}`;
      return other === undefined ? [] : [problemAt(line, `${where}: [${other}] has it already`)];
    });
  });
}

function agentOf(a: v.InferOutput<typeof agentSection>): Settings['agent'] {
  return {
    backend: a.backend,
    manage: a.manage,
    primaryAddresses: a['primary-addresses'],
    altNames: a.altnames,
    allowUnproven: a['allow-unproven'],
    virtualLinks: a['virtual-links'],
    ignoreDrivers: a['ignore-drivers'],
    ignoreLinks: a['ignore-links'],
    logLevel: a['log-level'],
    logFormat: a['log-format'],
    verifyTimeoutMs: a['verify-timeout'],
  };
}

function metadataOf(m: v.InferOutput<typeof metadataSection>): Settings['metadata'] {
  return { provider: m.provider, url: m.url, timeoutMs: m.timeout, confirmDelayMs: m['confirm-delay'] };
}

function coexistenceOf(c: v.InferOutput<typeof coexistenceSection>): Settings['coexistence'] {
  return {
    cloudInit: c['cloud-init'],
    networkmanagerAutoDefault: c['networkmanager-auto-default'],
    nmCloudSetup: c['nm-cloud-setup'],
    ec2NetUtils: c['ec2-net-utils'],
    cloudNetconfig: c['cloud-netconfig'],
    containerNetwork: c['container-network'],
  };
}

function eniOptions(e: v.InferOutput<typeof eniSection>): EniOptions {
  return {
    ignore: e.ignore,
    mode: e.mode,
    addresses: e.addresses,
    subnets: e.subnets,
    gateways: e.gateways,
    sources: e.sources,
    routes: e.routes,
    mtu: e.mtu,
    table: e.table,
    defaultRoute: e['default-route'],
    metric: e.metric,
    connectedRoute: e['connected-route'],
    forward: e.forward,
  };
}

/** What an empty configuration gives. */
export const defaultSettings: Settings = settingsOf(parseConfiguration([]));
