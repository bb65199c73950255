// AWS EC2: metadata paths and formats as in the EC2 user guide ("Instance metadata categories"), and what its own consumers
// (amazon-ec2-net-utils 2, the VPC CNI, cloud-init) had to learn about it. Knows nothing about HTTP or the kernel.
import { AgentError } from '../../errors.ts';
import { contains, firstHost, parseIp } from '../../model/address.ts';
import type { EniFamily, Instance, Reading } from '../../model/instance.ts';
import { absent, unknown, value, valueOr } from '../../model/instance.ts';
import type { ParsedEni } from '../assemble-instance.ts';
import { assembleInstance } from '../assemble-instance.ts';
import { checkFamily, parseAddresses, parseNetworks } from '../families.ts';
import type { Provider, Responses } from '../provider.ts';
import { parseIdentifier, parseIndex, parseReading } from '../scalars.ts';
import type { EniKeys, MacTree } from './mac-tree.ts';
import { parseMacTree, readMacTree } from './mac-tree.ts';

/**
 * The live key is `network-card`; the user guide called it `network-card-index` until 2023, which no instance serves. There is no
 * plural of `subnet-ipv4-cidr-block`, and no key for a gateway or an MTU.
 */
const wantedKeys = {
  lasting: [
    'device-number',
    'network-card',
    'interface-id',
    'subnet-id',
    'subnet-ipv4-cidr-block',
    'subnet-ipv6-cidr-blocks',
  ],
  changing: ['local-ipv4s', 'ipv6s', 'ipv4-prefix', 'ipv6-prefix'],
} as const;

/** The VPC router's IPv6 address on every subnet, beside its EUI-64 one: no router advertisement is needed to find it. */
const ipv6Gateway = parseIp('fe80:ec2::1')!;

export const aws: Provider = {
  name: 'aws',
  title: 'AWS EC2',
  endpoint: 'http://169.254.169.254',
  // Only on Nitro, and only if it was enabled: that is why it comes second.
  fallbackEndpoint: 'http://[fd00:ec2::254]',
  headers: {},
  token: {
    // A versioned path (/2021-03-23/api/token) is answered with 403 by design.
    path: '/latest/api/token',
    ttlHeader: 'X-aws-ec2-metadata-token-ttl-seconds',
    tokenHeader: 'X-aws-ec2-metadata-token',
    ttlSeconds: 300,
    missingStatuses: [],
  },
  matches(dmi) {
    if (dmi.sysVendor === 'Amazon EC2') return 'sys_vendor is "Amazon EC2"';
    if (dmi.biosVendor === 'Amazon EC2') return 'bios_vendor is "Amazon EC2"';
    // Xen instance types (t2, m4, ...) have the hypervisor's vendor strings; the BIOS version ends in `.amazon` (4.11.amazon).
    if (dmi.biosVersion.toLowerCase().endsWith('.amazon')) return 'bios_version ends in ".amazon"';
    if (dmi.hypervisorUuid.toLowerCase().startsWith('ec2')) return 'the hypervisor uuid starts with "ec2"';
    // One random UUID in 2048 would fit as well, on any cloud, so it only counts on plain Xen.
    const isXen = /^xen$/i.test(dmi.sysVendor) || /^xen$/i.test(dmi.biosVendor);
    if (isXen && isEc2Uuid(dmi.productUuid)) return 'product_uuid starts with "ec2" on Xen';
    return undefined;
  },
  read: (client, memory) => readMacTree(client, wantedKeys, memory),
  parse: parseAws,
};

/** `ec2...`, or its first group with the bytes reversed (SMBIOS 2.6 is little-endian): `45e12aec-...`. */
function isEc2Uuid(uuid: string): boolean {
  const lower = uuid.trim().toLowerCase();
  const bytes = lower.slice(0, 8).match(/../g) ?? [];
  return lower.startsWith('ec2') || bytes.reverse().join('').startsWith('ec2');
}

function parseAws(responses: Responses): Instance {
  const tree = parseMacTree(responses);
  refuseAnotherFirst(tree);
  return assembleInstance({
    provider: 'aws',
    instanceId: tree.instanceId,
    enis: tree.enis.map(keys => parseEni(keys, keys.mac === tree.primaryMac)),
    problems: tree.problems,
  });
}

/**
 * The primary has device number 0 on network card 0, and nobody takes it away from there. Where "mac" names another ENI, one of the two is wrong,
 * and to guess which might take the primary over. A new ENI, whose number reads 0 for a moment, is no witness beside a primary that is in its place.
 */
function refuseAnotherFirst({ enis, primaryMac }: MacTree): void {
  const placeOf = (eni: EniKeys) => {
    const device = parseReading('device-number', 'an index', eni.text('device-number'), parseIndex);
    const card = readCard(eni);
    if (device.state !== 'value' || card.state === 'unknown') return undefined;
    return { card: valueOr(card, 0), device: device.value };
  };
  const isFirst = (place: ReturnType<typeof placeOf>) => place?.card === 0 && place.device === 0;
  const primary = enis.find(eni => eni.mac === primaryMac)!;
  const place = placeOf(primary);
  const other = enis.find(eni => eni !== primary && !isPropagating(eni) && isFirst(placeOf(eni)));
  if (isFirst(place) || (place === undefined && other === undefined)) return;
  const said =
    place === undefined
      ? `${other!.mac} has device-number 0`
      : `that has device-number ${place.device} on network card ${place.card}`;
  throw new AgentError(
    'metadata-invalid',
    `the metadata contradicts itself: the key "mac" names ${primaryMac} as the primary ENI, but ${said}`,
  );
}

/** Instance types with one network card do not have the key. */
function readCard(keys: EniKeys): Reading<number> {
  return parseReading('network-card', 'an index', keys.text('network-card'), parseIndex);
}

/**
 * A new ENI's folder appears up to 30 s before all of its keys do. These two come with every ENI, so that without them an absent key is only a
 * late one.
 */
function isPropagating({ keys }: EniKeys): boolean {
  return keys.state === 'value' && !(keys.value.has('interface-id') && keys.value.has('subnet-id'));
}

function parseEni(keys: EniKeys, primary: boolean): ParsedEni {
  const has = (key: string) => keys.keys.state === 'value' && keys.keys.value.has(key);
  const propagating = isPropagating(keys);
  const late = unknown('the ENI is not complete yet: interface-id or subnet-id is missing');
  const text = (key: string): Reading<string> => {
    const reading = keys.text(key);
    return propagating && reading.state === 'absent' ? late : reading;
  };
  const id = parseReading('interface-id', 'an id', text('interface-id'), parseIdentifier);
  const subnetId = parseReading('subnet-id', 'an id', text('subnet-id'), parseIdentifier);
  const card = readCard(keys);
  const networkCard = card.state === 'value' ? card.value : 0;
  const device = trustDeviceNumber(
    parseReading('device-number', 'an index', text('device-number'), parseIndex),
    primary,
    networkCard,
  );
  return {
    eni: {
      mac: keys.mac,
      id: id.state === 'value' ? id.value : undefined,
      subnetId: subnetId.state === 'value' ? subnetId.value : undefined,
      primary,
      // EFA-only: an RDMA device without a kernel link. Its folder is complete, but has neither of the address lists.
      carriesIp: primary || keys.keys.state !== 'value' || propagating || has('local-ipv4s') || has('ipv6s'),
      networkCard,
      deviceIndex: device.state === 'value' ? device.value : undefined,
      mtu: undefined,
      needsDhcp: false,
      ipv4: parseIpv4(text),
      ipv6: parseIpv6(text),
    },
    others: [id, subnetId, card, device],
  };
}

/**
 * Before an ENI has propagated its device-number reads 0, a value that looks right and is wrong (amazon-ec2-net-utils 2 polls for
 * that reason). Card 0, device 0 is the primary, and nothing else.
 */
function trustDeviceNumber(device: Reading<number>, primary: boolean, networkCard: number): Reading<number> {
  if (primary || networkCard > 0 || device.state !== 'value' || device.value !== 0) return device;
  return unknown('device-number is 0 though this is not the primary ENI: it has not propagated yet');
}

function parseIpv4(text: (key: string) => Reading<string>): EniFamily {
  const addresses = parseAddresses('local-ipv4s', 4, text('local-ipv4s'));
  const subnets = requireSubnet(
    'subnet-ipv4-cidr-block',
    addresses,
    parseNetworks('subnet-ipv4-cidr-block', 4, text('subnet-ipv4-cidr-block')),
  );
  const prefixes = parseNetworks('ipv4-prefix', 4, text('ipv4-prefix'));
  return checkFamily({ addresses, subnets, gateway: firstAddressOf(subnets, addresses), prefixes });
}

function parseIpv6(text: (key: string) => Reading<string>): EniFamily {
  const addresses = parseAddresses('ipv6s', 6, text('ipv6s'));
  // The text may be uncompressed (2600:1f16:67f:f201:0:0:0:0/64), as on an instance that cloud-init recorded.
  const subnets = requireSubnet(
    'subnet-ipv6-cidr-blocks',
    addresses,
    parseNetworks('subnet-ipv6-cidr-blocks', 6, text('subnet-ipv6-cidr-blocks')),
  );
  const prefixes = parseNetworks('ipv6-prefix', 6, text('ipv6-prefix'));
  const gateway = subnets.state === 'value' ? value(ipv6Gateway) : subnets;
  return checkFamily({ addresses, subnets, gateway, prefixes });
}

/** An address always has a subnet on EC2, so that a subnet which is missing beside an address is late, not absent. */
function requireSubnet<T>(key: string, addresses: Reading<unknown>, subnets: Reading<T>): Reading<T> {
  if (addresses.state !== 'value' || subnets.state !== 'absent') return subnets;
  return unknown(`${key} is not there yet, though the ENI has addresses`);
}

/** EC2 keeps the first address of each IPv4 subnet for the router and does not say so in the metadata. */
function firstAddressOf(
  subnets: EniFamily['subnets'],
  addresses: EniFamily['addresses'],
): EniFamily['gateway'] {
  if (subnets.state !== 'value') return subnets;
  const first = addresses.state === 'value' ? addresses.value[0] : undefined;
  const subnet = subnets.value.find(s => first !== undefined && contains(s, first)) ?? subnets.value[0];
  return subnet === undefined ? absent : value(firstHost(subnet));
}
