// Short makers of the planner's inputs for table tests: what a row does not mention has a plain value. Data only.
import type { Mac } from '../../agent/model/address.ts';
import { absent, type Eni, type EniFamily, type Instance, value } from '../../agent/model/instance.ts';
import type {
  KernelAddress,
  KernelLink,
  KernelRoute,
  KernelRule,
  KernelState,
} from '../../agent/model/kernel-state.ts';
import type { EniOptions } from '../../agent/model/settings.ts';
import { cidr, ip, mac } from './example-plans.ts';

/** `mac(n)`: 0 is the primary's. */
export const macOf = (n: number): Mac => mac(`02:00:00:00:00:0${n}`);

export function familyOf(
  addresses: readonly string[],
  subnets: readonly string[] = [],
  gateway?: string,
  prefixes: readonly string[] = [],
): EniFamily {
  return {
    addresses: addresses.length === 0 ? absent : value(addresses.map(ip)),
    subnets: subnets.length === 0 ? absent : value(subnets.map(cidr)),
    gateway: gateway === undefined ? absent : value(ip(gateway)),
    prefixes: prefixes.length === 0 ? absent : value(prefixes.map(cidr)),
  };
}

export const noFamily: EniFamily = familyOf([]);

/** ENI n; 0 is the primary. */
export function eniOf(n: number, ipv4: EniFamily, more: Partial<Eni> = {}): Eni {
  return {
    mac: macOf(n),
    id: `eni-${n}`,
    subnetId: undefined,
    primary: n === 0,
    carriesIp: true,
    networkCard: 0,
    deviceIndex: n,
    mtu: undefined,
    needsDhcp: false,
    ipv4,
    ipv6: noFamily,
    ...more,
  };
}

export function instanceOf(...enis: readonly Eni[]): Instance {
  return { provider: 'aws', instanceId: 'i-1', enis, problems: [] };
}

/** The NIC of ENI n, eth0 being the primary's. */
export function nic(n: number, more: Partial<KernelLink> = {}): KernelLink {
  return {
    name: `eth${n}`,
    index: n + 2,
    altNames: [],
    mac: macOf(n),
    permanentMac: undefined,
    up: true,
    mtu: 1500,
    master: undefined,
    kind: undefined,
    physical: true,
    driver: 'ena',
    group: 0,
    ...more,
  };
}

export function addressOn(link: string, text: string, more: Partial<KernelAddress> = {}): KernelAddress {
  const [address = '', length = ''] = text.split('/');
  return {
    link,
    family: text.includes(':') ? 6 : 4,
    ip: ip(address),
    prefixLength: Number(length),
    scope: 'global',
    tentative: false,
    dynamic: false,
    ...more,
  };
}

/** Destination `default` or a network; table main unless told. */
export function routeBy(link: string, destination: string, more: Partial<KernelRoute> = {}): KernelRoute {
  const family = destination.includes(':') ? 6 : 4;
  return {
    family,
    destination: cidr(destination === 'default' ? '0.0.0.0/0' : destination),
    gateway: undefined,
    link,
    table: 254,
    protocol: 'static',
    metric: undefined,
    opaque: undefined,
    text: `${destination} dev ${link}`,
    ...more,
  };
}

export function ruleOf(
  priority: number,
  from: string,
  table: number,
  more: Partial<KernelRule> = {},
): KernelRule {
  return {
    family: from.includes(':') ? 6 : 4,
    priority,
    from: cidr(from),
    to: undefined,
    iif: undefined,
    table,
    oif: undefined,
    suppressPrefixLength: undefined,
    suppressGroup: undefined,
    protocol: undefined,
    opaque: undefined,
    ...more,
  };
}

export const emptyKernel: KernelState = { links: [], addresses: [], routes: [], rules: [] };

export const plainOptions: EniOptions = {
  ignore: false,
  mode: undefined,
  addresses: [],
  subnets: [],
  gateways: [],
  sources: [],
  routes: [],
  mtu: undefined,
  table: undefined,
  defaultRoute: false,
  metric: undefined,
  connectedRoute: false,
  forward: false,
};
