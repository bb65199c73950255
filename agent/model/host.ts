// What this machine is: facts probed once per pass (system/facts/host-facts.ts), or written down in a fixture. Data only.

export const backendNames = [
  'ifupdown',
  'initscripts',
  'netplan',
  'networkd',
  'networkmanager-ifcfg',
  'networkmanager-keyfile',
  'sles11',
  'wicked',
] as const;
export type BackendName = (typeof backendNames)[number];

export type ServiceState = 'active' | 'inactive' | 'absent';

/** Everything is what a probe saw; undefined or missing means that the probe found nothing. */
export interface HostFacts {
  readonly os: { readonly id: string; readonly versionId: string; readonly prettyName: string };
  readonly primaryLink: string | undefined;
  /** State of the units and daemons that can own a link, by bare name (`NetworkManager`, `systemd-networkd`, `network`, ...). */
  readonly services: Readonly<Record<string, ServiceState>>;
  /** Who says it owns the primary link now, in the tool's own words. */
  readonly owners: {
    /** `nmcli -g GENERAL.STATE device show LINK`, e.g. `100 (connected)`, `10 (unmanaged)`. */
    readonly networkmanager?: string;
    /** The file that the profile of the primary link came from. */
    readonly networkmanagerProfile?: string;
    /** Of each link that has an active profile: the file that it came from, which may have gone since. */
    readonly networkmanagerProfiles?: Readonly<Record<string, string>>;
    /** SetupState of networkctl, e.g. `configured`, `unmanaged`. */
    readonly networkd?: string;
    /** `Network File` of networkctl: `/run/systemd/network/10-netplan-eth0.network` tells that netplan is in front. */
    readonly networkdFile?: string;
    /** `wicked ifstatus --brief`, e.g. `up`. */
    readonly wicked?: string;
    /** The line of /run/network/ifstate, e.g. `eth0=eth0`. */
    readonly ifstate?: string;
  };
  /** Versions as the tools print them, reduced to digits and dots: `netplan`, `systemd`, `networkmanager`, `wicked`, `ifupdown`, `iproute2`, `kernel`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Paths out of a fixed list that exist on this machine. */
  readonly paths: readonly string[];
  /** Backend files of others, path to content, read because renderers have to look for claims on a link. */
  readonly files: Readonly<Record<string, string>>;
  /** Files of the same kind that are there and were not read: too large, binary, or one of too many. */
  readonly unreadFiles?: readonly string[];
  /** By what a file may be for certain machines only. Looked up where a file asks, since it is nobody else's business. */
  readonly machine?: {
    readonly hostname?: string;
    /** /etc/machine-id */
    readonly id?: string;
    readonly commandLine?: string;
  };
  /** What the kernel and its `ip` can do (probed in a private network namespace). */
  readonly kernel: {
    readonly suppressPrefixLength: boolean;
    readonly suppressGroup: boolean;
    readonly ruleOif: boolean;
    readonly ruleProtocol: boolean;
    /** A link can have alternative names (Linux 5.5, iproute2 5.5); absent: no, or not known. */
    readonly altNames?: boolean;
  };
}

export interface Dmi {
  readonly sysVendor: string;
  readonly productName: string;
  readonly productFamily: string;
  readonly productUuid: string;
  readonly biosVendor: string;
  readonly biosVersion: string;
  readonly boardAssetTag: string;
  readonly chassisAssetTag: string;
  readonly hypervisorUuid: string;
}
