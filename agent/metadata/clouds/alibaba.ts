// Alibaba Cloud ECS: metadata keys as in its "instance metadata" page. Two ways to the same keys: meta-data/all, one JSON object
// with the whole tree, where the platform has it; else the tree itself. Knows nothing about HTTP or the kernel.
import { AgentError } from '../../errors.ts';
import type { Cidr, Ip } from '../../model/address.ts';
import { netmaskOf, networkOf } from '../../model/address.ts';
import type { EniFamily, Instance, Reading } from '../../model/instance.ts';
import { unknown, value, valueOr } from '../../model/instance.ts';
import type { ParsedEni } from '../assemble-instance.ts';
import { assembleInstance } from '../assemble-instance.ts';
import { checkFamily, parseAddresses, parseGateway, parseNetworks } from '../families.ts';
import type { MetadataClient, Provider, ReadMemory, Response, Responses } from '../provider.ts';
import { parseIdentifier, parseReading } from '../scalars.ts';
import { type AllTree, allPath, emptyKeys, parseAll } from './alibaba-all.ts';
import type { EniKeys } from './mac-tree.ts';
import { parseMacTree, readMacTree } from './mac-tree.ts';

/**
 * vpc-cidr-block is not among them: it is the whole VPC, and NetworkManager's nm-cloud-setup, which reads it as the
 * subnet, is only saved by taking the length from netmask.
 */
const wantedKeys = {
  lasting: [
    'network-interface-id',
    'vswitch-id',
    'primary-ip-address',
    'netmask',
    'vswitch-cidr-block',
    'gateway',
    'vswitch-ipv6-cidr-block',
    'ipv6-gateway',
  ],
  changing: ['private-ipv4s', 'ipv6s', 'ipv4-prefixes', 'ipv6-prefixes'],
} as const;

export const alibaba: Provider = {
  name: 'alibaba',
  title: 'Alibaba Cloud ECS',
  endpoint: 'http://100.100.100.200',
  fallbackEndpoint: undefined,
  headers: {},
  token: {
    path: '/latest/api/token',
    ttlHeader: 'X-aliyun-ecs-metadata-token-ttl-seconds',
    tokenHeader: 'X-aliyun-ecs-metadata-token',
    ttlSeconds: 300,
    // An instance with HttpTokens=required answers a request without a token with 403, the others take one and do not need it,
    // and some platforms outside the public cloud have no such path: ask for a token first, go without on 404.
    missingStatuses: [404, 405],
  },
  matches(dmi) {
    if (dmi.productName === 'Alibaba Cloud ECS') return 'product_name is "Alibaba Cloud ECS"';
    if (dmi.sysVendor === 'Alibaba Cloud') return 'sys_vendor is "Alibaba Cloud"';
    return undefined;
  },
  read: readAlibaba,
  parse: parseAlibaba,
};

async function readAlibaba(client: MetadataClient, memory?: ReadMemory): Promise<Responses> {
  const all: Record<string, Response> = { [allPath]: await client.get(allPath) };
  if (parseAll(all) === undefined) return { ...all, ...(await readMacTree(client, wantedKeys, memory)) };
  // An empty text in the JSON is either a key that is not there or one that the service failed to fill in: the key's own
  // path tells (404 or a value).
  for (const path of emptyKeys(all, [...wantedKeys.lasting, ...wantedKeys.changing]))
    all[path] = await client.get(path);
  return all;
}

function parseAlibaba(responses: Responses): Instance {
  const tree: AllTree = parseAll(responses) ?? parseMacTree(responses);
  const enis = tree.enis.map(keys => parseEni(keys, keys.mac === tree.primaryMac));
  refuseAnothersAddress(tree, enis);
  return assembleInstance({
    provider: 'alibaba',
    instanceId: tree.instanceId,
    enis,
    problems: tree.problems,
  });
}

/** Where "mac" names one ENI and the address beside it is another one's, nobody can tell which of the two is the primary. */
function refuseAnothersAddress({ primaryMac, primaryIp }: AllTree, enis: readonly ParsedEni[]): void {
  if (primaryIp === undefined) return;
  const has = ({ eni }: ParsedEni) => valueOr(eni.ipv4.addresses, []).includes(primaryIp);
  const owner = enis.find(has);
  if (owner === undefined || enis.some(parsed => parsed.eni.primary && has(parsed))) return;
  throw new AgentError(
    'metadata-invalid',
    `the metadata contradicts itself: the key "mac" names ${primaryMac} as the primary ENI, but private-ipv4 ${primaryIp} is an address of ${owner.eni.mac}`,
  );
}

function parseEni(keys: EniKeys, primary: boolean): ParsedEni {
  // Every ENI has these; a folder without them is still being filled (seen for up to 10 s after an attach).
  const late = (key: string): Reading<string> => {
    const reading = keys.text(key);
    return reading.state === 'absent' ? unknown(`${key} is not there yet`) : reading;
  };
  const id = parseReading('network-interface-id', 'an id', late('network-interface-id'), parseIdentifier);
  const subnetId = parseReading('vswitch-id', 'an id', keys.text('vswitch-id'), parseIdentifier);
  return {
    eni: {
      mac: keys.mac,
      id: id.state === 'value' ? id.value : undefined,
      subnetId: subnetId.state === 'value' ? subnetId.value : undefined,
      primary,
      carriesIp: true,
      // The metadata has neither a network card nor a device number.
      networkCard: 0,
      deviceIndex: undefined,
      mtu: undefined,
      needsDhcp: false,
      ipv4: parseIpv4(keys, late),
      ipv6: parseIpv6(keys, id.state === 'value'),
    },
    others: [id, subnetId],
  };
}

function parseIpv4(keys: EniKeys, late: (key: string) => Reading<string>): EniFamily {
  const listed = parseAddresses('private-ipv4s', 4, keys.text('private-ipv4s'));
  const primary = parseGateway('primary-ip-address', 4, late('primary-ip-address'));
  const addresses = primaryFirst(listed, primary);
  const cidrs = parseNetworks('vswitch-cidr-block', 4, keys.text('vswitch-cidr-block'));
  return checkFamily({
    addresses,
    subnets: cidrs.state === 'absent' ? subnetFromNetmask(primary, late('netmask')) : cidrs,
    // Never inferred: .253 in every example, but only because those are /24.
    gateway: parseGateway('gateway', 4, late('gateway')),
    prefixes: parseNetworks('ipv4-prefixes', 4, keys.text('ipv4-prefixes')),
  });
}

function parseIpv6(keys: EniKeys, settled: boolean): EniFamily {
  // Before the ENI has its id, no IPv6 keys means nothing yet; afterwards it means no IPv6 (the service answers 404 for none).
  const text = (key: string): Reading<string> => {
    const reading = keys.text(key);
    return reading.state === 'absent' && !settled ? unknown(`${key} is not there yet`) : reading;
  };
  return checkFamily({
    addresses: parseAddresses('ipv6s', 6, text('ipv6s')),
    subnets: parseNetworks('vswitch-ipv6-cidr-block', 6, text('vswitch-ipv6-cidr-block')),
    // A global address of the vSwitch (...:ffff:ffff:ffff:fff7), not a link-local one.
    gateway: parseGateway('ipv6-gateway', 6, text('ipv6-gateway')),
    prefixes: parseNetworks('ipv6-prefixes', 6, text('ipv6-prefixes')),
  });
}

/** private-ipv4s contains the primary address, but not always first: nm-cloud-setup reorders it by primary-ip-address, too. */
function primaryFirst(listed: EniFamily['addresses'], primary: Reading<Ip>): EniFamily['addresses'] {
  if (primary.state !== 'value') return primary;
  if (listed.state === 'unknown') return listed;
  // An ENI always has its primary address: a list that is missing is a late one.
  if (listed.state === 'absent') return unknown('private-ipv4s is not there yet');
  if (!listed.value.includes(primary.value))
    return unknown(`private-ipv4s lacks the primary-ip-address ${primary.value}`);
  return value([primary.value, ...listed.value.filter(ip => ip !== primary.value)]);
}

/** For a platform without vswitch-cidr-block: the primary address and the dotted netmask say the same. */
function subnetFromNetmask(primary: Reading<Ip>, netmask: Reading<string>): Reading<readonly Cidr[]> {
  if (primary.state !== 'value') return primary;
  if (netmask.state !== 'value') return netmask;
  const length = parseReading('netmask', 'a netmask', netmask, lengthOfNetmask);
  if (length.state !== 'value') return length;
  return value([networkOf(primary.value, length.value)]);
}

/** 8 to 32, or undefined for text that is no netmask of that length. */
function lengthOfNetmask(text: string): number | undefined {
  const lengths = Array.from({ length: 25 }, (_, i) => i + 8);
  return lengths.find(length => netmaskOf(length) === text);
}
