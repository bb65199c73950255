// The sections of the configuration, what each key may be, and what it is where the file does not say.
import * as v from 'valibot';
import { type Cidr, familyOf, hostCidr, type Ip, parseCidr, parseIp } from '../model/address.ts';
import { backendNames } from '../model/host.ts';
import { providerNames, providerWords } from '../model/instance.ts';
import type { RouteWish } from '../model/settings.ts';
import { bandFront, bandWidth } from '../plan/numbering.ts';

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
    v.regex(/^\d{1,10}$/, message),
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

export const agentSection = v.strictObject({
  backend: v.optional(v.pipe(text, v.picklist(backendNames, `must be one of ${backendNames.join(', ')}`))),
  manage: v.optional(v.pipe(text, v.picklist(['all', 'listed'], 'must be all or listed')), 'all'),
  'primary-addresses': v.optional(yesNo, 'no'),
  altnames: v.optional(yesNo, 'yes'),
  'allow-unproven': v.optional(yesNo, 'no'),
  'virtual-links': v.optional(yesNo, 'no'),
  'ignore-drivers': v.optional(words, ''),
  'ignore-links': v.optional(words, ''),
  'log-level': v.optional(
    v.pipe(text, v.picklist(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug')),
    'info',
  ),
  'log-format': v.optional(v.pipe(text, v.picklist(['text', 'json'], 'must be text or json')), 'text'),
  'verify-timeout': v.optional(seconds(1, 300), '10'),
});

const loopbackOrLiteral = v.pipe(
  text,
  v.regex(
    /^http:\/\/(\[[0-9a-fA-F:]+\]|\d+\.\d+\.\d+\.\d+)(:\d{1,5})?\/?$/,
    'must look like http://127.0.0.1:8080 (a literal address, no name)',
  ),
);

export const metadataSection = v.strictObject({
  provider: v.optional(v.pipe(text, v.picklist(providerNames, `must be ${providerWords}`))),
  url: v.optional(loopbackOrLiteral),
  timeout: v.optional(seconds(1, 120), '15'),
  'confirm-delay': v.optional(seconds(0, 60), '2'),
});

// The band begins behind the kernel's own rule 0 and its tables up to 255, and ends before its rule 32766.
export const routingSection = v.strictObject({
  base: v.optional(integer(bandFront + 1, 32765 - bandWidth), '28000'),
  'published-ports': v.optional(yesNo, 'no'),
});

/** What another program may do: `leave` it as it is, or one of the words. */
function leaveOr<const W extends string>(...others: readonly W[]) {
  const all = ['leave', ...others] as const;
  return v.optional(v.pipe(text, v.picklist(all, `must be ${all.join(' or ')}`)), 'leave');
}

export const coexistenceSection = v.strictObject({
  'cloud-init': leaveOr('once', 'primary-only'),
  'networkmanager-auto-default': leaveOr('primary-only'),
  'nm-cloud-setup': leaveOr('off'),
  'ec2-net-utils': leaveOr('primary-only'),
  'cloud-netconfig': leaveOr('no-hotplug'),
  'container-network': leaveOr('ignore'),
});

export const daemonSection = v.strictObject({
  period: v.optional(seconds(10, 3600), '60'),
  metrics: v.optional(yesNo, 'no'),
});

/** An address with the length of its network is a typing error more often than not: 10.20.0.1/16. */
function parseNetwork(text: string): Cidr | undefined {
  const ip = parseIp(text);
  if (ip !== undefined) return hostCidr(ip);
  const cidr = parseCidr(text);
  const host = parseIp(text.split('/')[0]!);
  return cidr === undefined || host === undefined || !cidr.startsWith(`${host}/`) ? undefined : cidr;
}

function hint(word: string): string {
  const ip = parseIp(word);
  if (ip !== undefined) return `; write "via ${word}" for a gateway, and ${hostCidr(ip)} for one host`;
  const cidr = parseCidr(word);
  return cidr === undefined ? '' : `; the network is ${cidr}`;
}

/** `10.20.0.0/16, 10.30.0.0/16 via 10.0.2.9`: `via` and what follows belong to the network before. */
const routes = v.pipe(
  words,
  v.rawTransform<string[], RouteWish[]>(({ dataset, addIssue, NEVER }) => {
    const list: RouteWish[] = [];
    for (let at = 0; at < dataset.value.length; at++) {
      const word = dataset.value[at]!;
      // An address alone is rather the gateway of the network before it.
      const destination = parseIp(word) === undefined ? parseNetwork(word) : undefined;
      const via = dataset.value[at + 1] === 'via' ? (dataset.value[at + 2] ?? '') : undefined;
      const gateway = via === undefined ? undefined : parseIp(via);
      if (destination === undefined) {
        addIssue({ message: `${JSON.stringify(word)} is not a network such as 10.20.0.0/16${hint(word)}` });
        return NEVER;
      }
      if (via !== undefined && (gateway === undefined || familyOf(gateway) !== familyOf(destination))) {
        const wrong = gateway === undefined ? 'is not an address' : 'is of the other family';
        addIssue({ message: `${destination} via ${JSON.stringify(via)}: the gateway ${wrong}` });
        return NEVER;
      }
      list.push({ destination, gateway });
      if (via !== undefined) at += 2;
    }
    return list;
  }),
);

export const eniSection = v.strictObject({
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
  sources: v.optional(listOf<Cidr>(parseNetwork, 'a network or an address such as 172.17.0.0/16'), ''),
  routes: v.optional(routes, ''),
  mtu: v.optional(integer(576, 65535)),
  table: v.optional(integer(256, 2_147_483_647)),
  'default-route': v.optional(yesNo, 'no'),
  metric: v.optional(integer(1, 2_147_483_647)),
  'connected-route': v.optional(yesNo, 'no'),
  forward: v.optional(yesNo, 'no'),
});

export const schemas = {
  agent: agentSection,
  metadata: metadataSection,
  routing: routingSection,
  coexistence: coexistenceSection,
  daemon: daemonSection,
} as const;

export type SectionName = keyof typeof schemas;

export function isSectionName(name: string): name is SectionName {
  return Object.hasOwn(schemas, name);
}
