// What a plan is made of: the cloud, the machine, and what is remembered.
import type { Cidr, Mac } from '../model/address.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelAddress, KernelLink } from '../model/kernel-state.ts';
import type { RuleWords } from '../model/rule-words.ts';
import type { Settings } from '../model/settings.ts';
import type { Lease } from './eni-network.ts';
import type { EarlierMtu } from './inherited-mtu.ts';
import type { MainDefaults } from './main-default.ts';
import type { DefaultGateway, MainRoute } from './own-networks.ts';

export interface PlanInput {
  readonly instance: Instance;
  readonly links: readonly KernelLink[];
  readonly addresses: readonly KernelAddress[];
  readonly settings: Pick<Settings, 'agent' | 'routing' | 'enis'>;
  /** Slots of earlier passes, of ENIs that have gone too. */
  readonly keptSlots: ReadonlyMap<Mac, number>;
  /** Slots whose table or priorities are in use by others. */
  readonly occupiedSlots: ReadonlySet<number>;
  /** What DHCP said, by link name. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** IPv4 subnets that DHCP told in earlier passes. */
  readonly learnedSubnets: ReadonlyMap<Mac, Cidr>;
  /** What the MTUs were in the plans that were applied last. */
  readonly earlierMtus?: ReadonlyMap<Mac, EarlierMtu>;
  /** What the machine has to do with a default route in main; undefined: nothing is known of it. */
  readonly mainDefaults?: MainDefaults | undefined;
  readonly words: RuleWords;
  /** What main has by links of others, or by the ENI's own link without the agent. */
  readonly mainRoutes?: readonly MainRoute[];
  /** Gateways of the default routes in main. */
  readonly defaultGateways?: readonly DefaultGateway[];
  /** Links on which IPv6 is switched off. */
  readonly withoutIpv6?: ReadonlySet<string>;
  /** Links that foreign files configure, with where. */
  readonly claims: ReadonlyMap<string, string>;
  /** Why ENIs that the configuration does not name are left to a container network. */
  readonly containerNetwork?: string | undefined;
}

/** What is known about the past and the rest of a machine that was never configured: nothing. */
export const freshMachine = {
  addresses: [],
  keptSlots: new Map(),
  occupiedSlots: new Set(),
  leases: new Map(),
  learnedSubnets: new Map(),
  claims: new Map(),
} as const satisfies Partial<PlanInput>;
