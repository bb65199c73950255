// /etc/eni-agent/eni-agent.conf and eni-agent.conf.d/*.conf, INI, to validated Settings. The only place with defaults.
// Later files win, key by key; an unknown key is an error, because a misspelt safety option must not be silently off.
import ini from 'ini';
import * as v from 'valibot';
import { AgentError, reasonOf } from '../errors.ts';
import { type Mac, parseMac } from '../model/address.ts';
import type { EniOptions, Settings } from '../model/settings.ts';
import { bandWidth } from '../plan/numbering.ts';
import type { System } from '../system/system.ts';
import {
  agentSection,
  coexistenceSection,
  daemonSection,
  eniSection,
  isSectionName,
  metadataSection,
  routingSection,
  type SectionName,
  schemas,
} from './sections.ts';

export const configPath = '/etc/eni-agent/eni-agent.conf';
export const configFolder = '/etc/eni-agent/eni-agent.conf.d';

type Sections = Record<string, unknown>;

/** Reads and validates. Throws `config-invalid` with file, section, key, value and reason. */
export async function readSettings(system: System): Promise<Settings> {
  const names = (await system.listFolder(configFolder)).filter(name => name.endsWith('.conf'));
  const paths = [configPath, ...names.map(name => `${configFolder}/${name}`)];
  const layers: { path: string; sections: Sections }[] = [];
  for (const path of paths) {
    const content = await system.readFile(path);
    if (content !== undefined) layers.push({ path, sections: parseIni(path, content) });
  }
  return settingsFrom(layers);
}

/** ini splits a section name at dots and unwraps quotes: `[eni "00:16:..."]` arrives as the key `eni "00:16:..."`. */
function parseIni(path: string, content: string): Sections {
  try {
    // ini turns `true`, `false` and `null` into values of their own; here every value is text until a schema says otherwise.
    return JSON.parse(JSON.stringify(ini.parse(content)), (_key, v) =>
      typeof v === 'boolean' ? String(v) : v,
    ) as Sections;
  } catch (cause) {
    throw new AgentError('config-invalid', `${path}: ${reasonOf(cause)}`, { cause });
  }
}

export function settingsFrom(
  layers: readonly { readonly path: string; readonly sections: Sections }[],
): Settings {
  const merged: Partial<Record<SectionName, Sections>> = {};
  const enis = new Map<Mac, Sections>();
  for (const { path, sections } of layers) {
    for (const [name, content] of Object.entries(sections)) {
      if (typeof content !== 'object' || content === null)
        throw new AgentError(
          'config-invalid',
          `${path}: the key ${JSON.stringify(name)} is outside of any section`,
        );
      const mac = eniOf(name, path);
      // Each file is checked by itself, so that the error names the file that is wrong.
      if (mac !== undefined) {
        check(path, name, eniSection, content);
        enis.set(mac, { ...enis.get(mac), ...content });
      } else if (isSectionName(name)) {
        check(path, name, schemas[name], content);
        merged[name] = { ...merged[name], ...content };
      } else throw new AgentError('config-invalid', `${path}: unknown section [${name}]`);
    }
  }
  const { period, metrics } = v.parse(daemonSection, merged.daemon ?? {});
  const settings = {
    agent: agentOf(v.parse(agentSection, merged.agent ?? {})),
    metadata: metadataOf(v.parse(metadataSection, merged.metadata ?? {})),
    routing: v.parse(routingSection, merged.routing ?? {}),
    coexistence: coexistenceOf(v.parse(coexistenceSection, merged.coexistence ?? {})),
    daemon: { periodMs: period, metrics },
    enis: new Map([...enis].map(([mac, content]) => [mac, eniOptions(v.parse(eniSection, content))])),
  };
  checkTables(settings);
  return settings;
}

/** Two ENIs in one table would send each other's traffic. Only shows when all files are read, so no file is named. */
function checkTables({ routing, enis }: Pick<Settings, 'routing' | 'enis'>): void {
  const owners = new Map<number, Mac>();
  for (const [mac, { table }] of enis) {
    if (table === undefined) continue;
    const end = routing.base + bandWidth - 1;
    const where = `[eni "${mac}"] table = ${table}`;
    if (table >= routing.base && table <= end)
      throw new AgentError(
        'config-invalid',
        `${where}: ${routing.base} to ${end} are given to ENIs by the agent itself`,
      );
    const other = owners.get(table);
    if (other !== undefined)
      throw new AgentError('config-invalid', `${where}: [eni "${other}"] has the same table`);
    owners.set(table, mac);
  }
}

function eniOf(section: string, path: string): Mac | undefined {
  const match = /^eni\s+"?([^"]*)"?$/.exec(section);
  if (match === null) return undefined;
  const mac = parseMac(match[1]!);
  if (mac === undefined)
    throw new AgentError('config-invalid', `${path}: [${section}] does not name a MAC address`);
  return mac;
}

function check(path: string, section: string, schema: v.GenericSchema, content: unknown): void {
  const result = v.safeParse(schema, content);
  const issue = result.issues?.[0];
  if (issue === undefined) return;
  const key = v.getDotPath(issue) ?? '';
  if (issue.type === 'strict_object')
    throw new AgentError(
      'config-invalid',
      `${path}: [${section}] has the unknown key ${JSON.stringify(key)}`,
    );
  const given = JSON.stringify((content as Sections)[key] ?? issue.input);
  throw new AgentError('config-invalid', `${path}: [${section}] ${key} = ${given}: ${issue.message}`);
}

function agentOf(a: v.InferOutput<typeof agentSection>): Settings['agent'] {
  return {
    backend: a.backend,
    allowUnproven: a['allow-unproven'],
    virtualLinks: a['virtual-links'],
    ignoreDrivers: a['ignore-drivers'],
    ignoreLinks: a['ignore-links'],
    logLevel: a['log-level'],
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
    mtu: e.mtu,
    table: e.table,
    defaultRoute: e['default-route'],
    metric: e.metric,
    connectedRoute: e['connected-route'],
  };
}

/** What an empty configuration gives. */
export const defaultSettings: Settings = settingsFrom([]);
