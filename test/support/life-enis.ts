// The ENIs of a made-up life: a primary and four others, one of which shares a subnet with another and one with the primary. What a
// cloud says about them, in the layouts of AWS and Alibaba Cloud. Data and text only.
import type { Ip, Mac } from '../../agent/model/address.ts';
import { ip, mac } from './example-plans.ts';

export type LifeProvider = 'aws' | 'alibaba';

export interface LifeEni {
  readonly number: number;
  readonly mac: Mac;
  readonly id: string;
  readonly subnet4: string;
  readonly gateway4: string;
  /** Undefined: a subnet without IPv6. */
  readonly subnet6: string | undefined;
  /** All addresses that it may have; the first is its own for life. */
  readonly pool4: readonly Ip[];
  readonly pool6: readonly Ip[];
}

/** Number 0 is the primary. */
export const lifeEnis: readonly LifeEni[] = [
  eni(0, 16, 1),
  eni(1, 32, 2),
  eni(2, 48, undefined),
  eni(3, 32, 2),
  eni(4, 16, 1),
];
export const lifePrimary = lifeEnis[0]!;
export const lifeSecondaries = lifeEnis.slice(1);

function eni(number: number, third: number, net6: number | undefined): LifeEni {
  const prefix6 = `2600:1f16:292:10${net6}`;
  return {
    number,
    mac: mac(`0a:07:84:3d:6e:0${number}`),
    id: `eni-0000000000000000${number}`,
    subnet4: `172.31.${third}.0/20`,
    gateway4: `172.31.${third}.1`,
    subnet6: net6 === undefined ? undefined : `${prefix6}::/64`,
    pool4: [0, 1, 2].map(n => ip(`172.31.${third}.${20 + 10 * number + n}`)),
    pool6: net6 === undefined ? [] : [0, 1].map(n => ip(`${prefix6}::${20 + 10 * number + n}`)),
  };
}

/** What one ENI has at some moment, and how much of it has reached the metadata: 3 is all. */
export interface ShownEni {
  readonly eni: LifeEni;
  readonly v4: readonly Ip[];
  readonly v6: readonly Ip[];
  readonly stage: number;
}

/** All answers of the service by path, as a recording has them. */
export function lifeResponses(provider: LifeProvider, shown: readonly ShownEni[]): Record<string, string> {
  const responses: Record<string, string> = {
    '/latest/meta-data/instance-id': 'i-0af01c0123456789a',
    '/latest/meta-data/mac': lifePrimary.mac,
  };
  const keys = provider === 'aws' ? awsKeys : alibabaKeys;
  for (const one of shown)
    for (const [key, text] of Object.entries(keys(one)))
      if (text !== undefined)
        responses[`/latest/meta-data/network/interfaces/macs/${one.eni.mac}/${key}`] = text;
  return responses;
}

type Keys = Readonly<Record<string, string | undefined>>;

function awsKeys({ eni, v4, v6, stage }: ShownEni): Keys {
  const from = (first: number, text: string) => (stage >= first ? text : undefined);
  return {
    mac: eni.mac,
    'device-number': stage >= 1 ? String(eni.number) : '0',
    'interface-id': from(1, eni.id),
    'local-ipv4s': from(1, v4.join('\n')),
    'subnet-id': from(2, `subnet-${eni.subnet4.replace(/\D/g, '')}`),
    'subnet-ipv4-cidr-block': from(2, eni.subnet4),
    ...(eni.subnet6 === undefined ? {} : { 'subnet-ipv6-cidr-blocks': from(2, eni.subnet6) }),
    ...(v6.length === 0 ? {} : { ipv6s: from(3, v6.join('\n')) }),
  };
}

function alibabaKeys({ eni, v4, v6, stage }: ShownEni): Keys {
  const from = (first: number, text: string) => (stage >= first ? text : undefined);
  return {
    'network-interface-id': eni.id,
    'primary-ip-address': from(1, v4[0]!),
    'private-ipv4s': from(1, JSON.stringify(v4)),
    'vswitch-id': from(1, `vsw-${eni.subnet4.replace(/\D/g, '')}`),
    netmask: from(2, '255.255.240.0'),
    'vswitch-cidr-block': from(2, eni.subnet4),
    gateway: from(2, eni.gateway4),
    ...(eni.subnet6 === undefined
      ? {}
      : {
          'vswitch-ipv6-cidr-block': from(2, eni.subnet6),
          'ipv6-gateway': from(2, eni.subnet6.replace('::/64', ':ffff:ffff:ffff:fff7')),
        }),
    ...(v6.length === 0 ? {} : { ipv6s: from(3, `[${v6.join(',')}]`) }),
  };
}
