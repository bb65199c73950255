// /etc/eni-agent/eni-agent.conf and eni-agent.conf.d/*.conf, INI, to validated Settings. The only place with defaults.
// Later files win, key by key; an unknown key is an error, because a misspelt safety option must not be silently off.
import ini from 'ini';
import * as v from 'valibot';
import { AgentError, reasonOf } from './errors.ts';
import { type Cidr, familyOf, type Ip, type Mac, parseCidr, parseIp, parseMac } from './model/address.ts';
import { backendNames } from './model/host.ts';
import { providerNames } from './model/instance.ts';
import type { EniOptions, Settings } from './model/settings.ts';
import { bandWidth } from './plan/numbering.ts';
import type { System } from './system/system.ts';

export const configPath = '/etc/eni-agent/eni-agent.conf';
export const configFolder = '/etc/eni-agent/eni-agent.conf.d';

const text = v.pipe(v.string(), v.trim());
const yesNo = v.pipe(
  text,
  v.picklist(['yes', 'no'], 'must be yes or no'),
  v.transform(word => word === 'yes'),
);

/** Milliseconds, from seconds in the file. */
const seconds = (least: number, most: number) =>
  v.pipe(
    integer(least, most),
    v.transform(n => n * 1000),
  );

function integer(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    text,
    v.regex(/^\d{1,9}$/, message),
    v.transform(Number),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}

const words = v.pipe(
  text,
  v.transform(line => line.split(/[\s,]+/).filter(word => word !== '')),
);

/** A list separated by blanks or commas, every word parsed. */
function listOf<T>(parse: (word: string) => T | undefined, what: string) {
  return v.pipe(
    words,
    v.rawTransform<string[], T[]>(({ dataset, addIssue, NEVER }) => {
      const parsed: T[] = [];
      for (const word of dataset.value) {
        const one = parse(word);
        if (one === undefined) {
          addIssue({ message: `${JSON.stringify(word)} is not ${what}` });
          return NEVER;
        }
        parsed.push(one);
      }
      return parsed;
    }),
  );
}

const agentSection = v.strictObject({
  backend: v.optional(v.pipe(text, v.picklist(backendNames, `must be one of ${backendNames.join(', ')}`))),
  'allow-unproven': v.optional(yesNo, 'no'),
  'virtual-links': v.optional(yesNo, 'no'),
  'ignore-drivers': v.optional(words, ''),
  'ignore-links': v.optional(words, ''),
  'log-level': v.optional(
    v.pipe(text, v.picklist(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug')),
    'info',
  ),
  'verify-timeout': v.optional(seconds(1, 300), '10'),
});

const loopbackOrLiteral = v.pipe(
  text,
  v.regex(
    /^http:\/\/(\[[0-9a-fA-F:]+\]|\d+\.\d+\.\d+\.\d+)(:\d{1,5})?\/?$/,
    'must look like http://127.0.0.1:8080 (a literal address, no name)',
  ),
);

const metadataSection = v.strictObject({
  provider: v.optional(v.pipe(text, v.picklist(providerNames, 'must be alibaba, aws or jdcloud'))),
  url: v.optional(loopbackOrLiteral),
  timeout: v.optional(seconds(1, 120), '15'),
  'confirm-delay': v.optional(seconds(0, 60), '2'),
});

// Below 256 are the kernel's own tables; the band must end before the kernel's own rule 32766.
const routingSection = v.strictObject({
  base: v.optional(integer(256, 32765 - bandWidth), '28000'),
});

/** What another program may do: `leave` it as it is, or one of the words. */
function leaveOr<const W extends string>(...others: readonly W[]) {
  const all = ['leave', ...others] as const;
  return v.optional(v.pipe(text, v.picklist(all, `must be ${all.join(' or ')}`)), 'leave');
}

const coexistenceSection = v.strictObject({
  'cloud-init': leaveOr('once', 'primary-only'),
  'networkmanager-auto-default': leaveOr('primary-only'),
  'nm-cloud-setup': leaveOr('off'),
  'ec2-net-utils': leaveOr('primary-only'),
  'cloud-netconfig': leaveOr('no-hotplug'),
  'container-network': leaveOr('ignore'),
});

const daemonSection = v.strictObject({
  period: v.optional(seconds(10, 3600), '60'),
  metrics: v.optional(yesNo, 'no'),
});

const eniSection = v.strictObject({
  ignore: v.optional(yesNo, 'no'),
  mode: v.optional(v.pipe(text, v.picklist(['static', 'dhcp'], 'must be static or dhcp'))),
  addresses: v.optional(listOf<Ip>(parseIp, 'an address'), ''),
  subnets: v.optional(listOf<Cidr>(parseCidr, 'a subnet such as 10.0.2.0/24'), ''),
  gateways: v.optional(
    v.pipe(
      listOf<Ip>(parseIp, 'an address'),
      v.check(list => new Set(list.map(familyOf)).size === list.length, 'lists two gateways of one family'),
    ),
    '',
  ),
  mtu: v.optional(integer(576, 65535)),
  table: v.optional(integer(256, 2_147_483_647)),
  'default-route': v.optional(yesNo, 'no'),
  metric: v.optional(integer(1, 2_147_483_647)),
  'connected-route': v.optional(yesNo, 'no'),
});

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

const schemas = {
  agent: agentSection,
  metadata: metadataSection,
  routing: routingSection,
  coexistence: coexistenceSection,
  daemon: daemonSection,
} as const;

type SectionName = keyof typeof schemas;

function isSectionName(name: string): name is SectionName {
  return Object.hasOwn(schemas, name);
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
