// What a provider says about this VM, in words that no cloud owns. Data only.
import type { Cidr, Ip, Mac } from './address.ts';

export const providerNames = ['alibaba', 'aws', 'jdcloud'] as const;
export type ProviderName = (typeof providerNames)[number];

/** For a message: `alibaba, aws or jdcloud`. */
export const providerWords = `${providerNames.slice(0, -1).join(', ')} or ${providerNames.at(-1)}`;

/**
 * The three states of a metadata key. "No data is not empty data": `absent` is an answer (the listing lacks the key),
 * `unknown` is not (timeout, 5xx, garbage, or a 404 where the listing promised the key). Only a value or an absence may
 * ever take something away from the machine.
 */
export type Reading<T> =
  | { readonly state: 'value'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly why: string };

export const absent: Reading<never> = { state: 'absent' };

export function value<T>(v: T): Reading<T> {
  return { state: 'value', value: v };
}

export function unknown(why: string): Reading<never> {
  return { state: 'unknown', why };
}

/** The value, or `otherwise` for absent and unknown: for callers that have already ruled `unknown` out. */
export function valueOr<T>(reading: Reading<T>, otherwise: T): T {
  return reading.state === 'value' ? reading.value : otherwise;
}

/** One address family of one ENI. */
export interface EniFamily {
  /** Private addresses; the primary address of the ENI is first. */
  readonly addresses: Reading<readonly Ip[]>;
  readonly subnets: Reading<readonly Cidr[]>;
  readonly gateway: Reading<Ip>;
  /** Delegated prefixes: networks routed to this ENI for containers. */
  readonly prefixes: Reading<readonly Cidr[]>;
}

export interface Eni {
  readonly mac: Mac;
  /** The cloud's id (`eni-0abc`, `port-xyz`). */
  readonly id: string | undefined;
  readonly subnetId: string | undefined;
  readonly primary: boolean;
  /** False for an EFA-only ENI: it has no addresses and no kernel link, and that is not an error. */
  readonly carriesIp: boolean;
  readonly networkCard: number;
  readonly deviceIndex: number | undefined;
  /** Bytes; only where the metadata says one. */
  readonly mtu: number | undefined;
  /** What the metadata cannot say, so DHCP has to: JD Cloud gives neither subnet nor gateway. */
  readonly needsDhcp: boolean;
  readonly ipv4: EniFamily;
  readonly ipv6: EniFamily;
}

/** One thing that was wrong with the metadata, in words for a person. `subject` names the ENI or the key. */
export interface Problem {
  readonly subject: string;
  readonly text: string;
}

export interface Instance {
  readonly provider: ProviderName;
  readonly instanceId: string | undefined;
  /** Sorted by network card, device index, id, MAC: never in the order of the metadata. */
  readonly enis: readonly Eni[];
  /** Readings that were unknown and ENIs that were dropped. Empty means that the picture is complete. */
  readonly problems: readonly Problem[];
}
