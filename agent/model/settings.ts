// What the administrator asked for, validated. The defaults live in config/sections.ts alone.
import type { Cidr, Ip, Mac } from './address.ts';
import type { BackendName } from './host.ts';
import type { ProviderName } from './instance.ts';
import type { Addressing } from './network-plan.ts';

/** A network behind an ENI, by the ENI's gateway unless told. */
export interface RouteWish {
  readonly destination: Cidr;
  readonly gateway: Ip | undefined;
}

export interface EniOptions {
  readonly ignore: boolean;
  /** Undefined: static where the metadata gives subnet and gateway, else DHCP. */
  readonly mode: Addressing | undefined;
  /** Addresses that the metadata does not list (JD Cloud), beside those that it does. */
  readonly addresses: readonly Ip[];
  /** Subnets that the metadata does not give. */
  readonly subnets: readonly Cidr[];
  /** At most one per family. */
  readonly gateways: readonly Ip[];
  /** What else leaves by this ENI: containers, an administrator's own addresses. */
  readonly sources: readonly Cidr[];
  /** Networks behind it: in its table, and in main. */
  readonly routes: readonly RouteWish[];
  readonly mtu: number | undefined;
  readonly table: number | undefined;
  /** A default route in main, with `metric`, as a fallback behind the primary's. */
  readonly defaultRoute: boolean;
  readonly metric: number | undefined;
  /** The ENI's subnets on-link in main, so that traffic without a source of its own takes this ENI to reach them. */
  readonly connectedRoute: boolean;
  /** The machine forwards to the ENI's subnets: a router or NAT appliance. */
  readonly forward: boolean;
}

export interface Settings {
  readonly agent: {
    readonly backend: BackendName | undefined;
    /** `listed`: only ENIs with a section of their own. */
    readonly manage: 'all' | 'listed';
    /** The cloud's secondary addresses of the primary on its link. */
    readonly primaryAddresses: boolean;
    /** The id of an ENI as one more name of its link. */
    readonly altNames: boolean;
    /** Apply through a backend that the lab has not proven. */
    readonly allowUnproven: boolean;
    /** Manage links that are no physical device (veth): for tests in namespaces. */
    readonly virtualLinks: boolean;
    readonly ignoreDrivers: readonly string[];
    /** Names or patterns with `*`. */
    readonly ignoreLinks: readonly string[];
    readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
    /** `text` for people, `json` for programs; a terminal gets text in any case. */
    readonly logFormat: 'text' | 'json';
    /** How long verify waits for the kernel to have what the plan asks for. */
    readonly verifyTimeoutMs: number;
  };
  readonly metadata: {
    readonly provider: ProviderName | undefined;
    readonly url: string | undefined;
    readonly timeoutMs: number;
    /** Pause before the second reading that every removal needs. */
    readonly confirmDelayMs: number;
  };
  readonly routing: {
    /** First table and first priority; 1456 numbers from here belong to the agent. */
    readonly base: number;
    /** What is asked of an address of an ENI, and a container answers (DNAT), is answered by that ENI. */
    readonly publishedPorts: boolean;
  };
  /** What other programs on this machine may do; every default leaves them as they are. */
  readonly coexistence: {
    /** `once`: renders when the instance is new and then never. `primary-only`: and then the primary alone. */
    readonly cloudInit: 'leave' | 'once' | 'primary-only';
    /** The connection that NetworkManager makes up for a link without a profile. */
    readonly networkmanagerAutoDefault: 'leave' | 'primary-only';
    readonly nmCloudSetup: 'leave' | 'off';
    readonly ec2NetUtils: 'leave' | 'primary-only';
    readonly cloudNetconfig: 'leave' | 'no-hotplug';
    /** Whether ENIs without a section of their own are left to a container network that is here. */
    readonly containerNetwork: 'leave' | 'ignore';
  };
  readonly daemon: {
    /** The slow timer: how long it waits at most where nothing happens. */
    readonly periodMs: number;
    /** Write the counters to a file for Prometheus. */
    readonly metrics: boolean;
  };
  readonly enis: ReadonlyMap<Mac, EniOptions>;
}
