// Files by which the agent keeps another program off the secondary ENIs, each only where the configuration asks for it and the program is
// there. Every one is a drop-in of our own beside the other program's files, so that taking it away undoes it, and none can take
// anything from the primary that it has now. docs/coexistence.md has what was seen to work.
import { marker, type RenderedFile } from '../../renderers/renderer.ts';
import type { HostFacts } from '../model/host.ts';
import type { ProviderName } from '../model/instance.ts';
import type { KernelLink } from '../model/kernel-state.ts';
import type { Settings } from '../model/settings.ts';

export interface SettlementInput {
  readonly wanted: Settings['coexistence'];
  readonly facts: Pick<HostFacts, 'paths' | 'services'>;
  readonly provider: ProviderName;
  /** Undefined: not known now. What needs it then stays as it is on disk. */
  readonly primaryLink: string | undefined;
  readonly links: readonly KernelLink[];
}

interface OwnFile {
  readonly dir: string;
  readonly name: RegExp;
}

export interface DropIns {
  readonly files: readonly RenderedFile[];
  /** Where files of ours can be taken away if they are not among `files`. */
  readonly ownFiles: readonly OwnFile[];
}

export const settlementPaths = {
  cloudInit: '/etc/cloud/cloud.cfg.d/99-eni-agent.cfg',
  networkmanager: '/etc/NetworkManager/conf.d/60-eni-agent.conf',
  nmCloudSetup: '/etc/systemd/system/nm-cloud-setup.service.d/60-eni-agent.conf',
  cloudNetconfig: '/etc/udev/rules.d/51-cloud-netconfig-hotplug.rules',
  policyRoutes: '/etc/systemd/system/policy-routes@.service.d/60-eni-agent.conf',
  refreshPolicyRoutes: '/etc/systemd/system/refresh-policy-routes@.service.d/60-eni-agent.conf',
} as const;

type Path = (typeof settlementPaths)[keyof typeof settlementPaths];

/** All places, for `remove`. */
export const settlementFiles: readonly OwnFile[] = Object.values(settlementPaths).map(ownFile);

/** Pure: what should be on disk now. */
export function planDropIns(input: SettlementInput): DropIns {
  const texts: Readonly<Record<Path, string | undefined | 'unknown'>> = {
    [settlementPaths.cloudInit]: cloudInit(input),
    [settlementPaths.networkmanager]: networkmanager(input),
    [settlementPaths.nmCloudSetup]: nmCloudSetup(input),
    [settlementPaths.cloudNetconfig]: cloudNetconfig(input),
    [settlementPaths.policyRoutes]: policyRoutes(input),
    [settlementPaths.refreshPolicyRoutes]: policyRoutes(input),
  };
  const known = (Object.entries(texts) as [Path, string | undefined][]).filter(
    ([, text]) => text !== 'unknown',
  );
  return {
    files: known.flatMap(([path, text]) =>
      text === undefined ? [] : [{ path, mode: 0o644, content: `# ${marker}\n${text}`, enis: [] }],
    ),
    ownFiles: known.map(([path]) => ownFile(path)),
  };
}

/** cloud-init's data source that configures more than the first NIC; undefined where it has none. */
const dataSources: Readonly<Record<ProviderName, string | undefined>> = {
  alibaba: 'AliYun',
  aws: 'Ec2',
  jdcloud: undefined,
};

/**
 * `updates` replaces what the data source would do by itself: no rendering at each boot (AliYun since 23.4), no hot-plug hook (Ec2 since
 * 24.1). A new instance id always renders, and with the data source key only the NIC that cloud-init takes for the first.
 */
function cloudInit({ wanted, facts, provider, primaryLink, links }: SettlementInput): string | undefined {
  if (wanted.cloudInit === 'leave' || !has(facts, '/usr/bin/cloud-init')) return undefined;
  const updates = 'updates:\n  network:\n    when: [boot-new-instance]\n';
  if (wanted.cloudInit === 'once') return updates;
  if (primaryLink === undefined) return 'unknown';
  const source = dataSources[provider];
  if (source === undefined || !isFirstNic(primaryLink, links)) return updates;
  return `${updates}datasource:\n  ${source}:\n    apply_full_imds_network_config: false\n`;
}

/**
 * cloud-init configures eth0, or else the first name in natural order, and no other: if that were not the primary, the primary would
 * be without an address at the first boot of a new instance.
 */
export function isFirstNic(link: string, links: readonly KernelLink[]): boolean {
  const names = links.filter(l => l.physical && l.master === undefined).map(l => l.name);
  if (names.includes('eth0')) return link === 'eth0';
  return names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))[0] === link;
}

/** Except the primary by name, so that a machine which lives on an automatic connection, or a copy of it, keeps that. */
function networkmanager({ wanted, facts, primaryLink }: SettlementInput): string | undefined {
  if (wanted.networkmanagerAutoDefault === 'leave' || !has(facts, '/usr/sbin/NetworkManager'))
    return undefined;
  if (primaryLink === undefined) return 'unknown';
  return `[main]\nno-auto-default=*,except:interface-name:${primaryLink}\n`;
}

/** Not `disable`, which a package update may undo: a condition that fails while this file is there. */
function nmCloudSetup({ wanted, facts }: SettlementInput): string | undefined {
  if (wanted.nmCloudSetup === 'leave' || !has(facts, '/usr/lib/systemd/system/nm-cloud-setup.service'))
    return undefined;
  return `[Unit]\nConditionPathExists=!${settlementPaths.nmCloudSetup}\n`;
}

/**
 * A rules file with nothing in it stands in front of the packaged one of that name. Its script does nothing for eth0; without it a NIC
 * that comes gets no ifcfg file with DHCP, and one that goes does not take everybody's rules along (1.20 removes each rule whose source
 * is not an address of the machine). The timer still looks after the primary. Not where NetworkManager's dispatcher calls the same.
 */
function cloudNetconfig({ wanted, facts }: SettlementInput): string | undefined {
  const here = ['/usr/libexec/cloud-netconfig', '/usr/lib/cloud-netconfig'].some(path => has(facts, path));
  if (wanted.cloudNetconfig === 'leave' || !here || facts.services.NetworkManager === 'active')
    return undefined;
  return '';
}

/**
 * The udev rule starts policy-routes@LINK for each NIC, the primary included, whose secondary addresses it adds: so the rule stays, and
 * the unit runs for the primary alone. ExecCondition= came with systemd 243; Debian 12 and Amazon Linux 2023 have 252.
 */
function policyRoutes({ wanted, facts, primaryLink }: SettlementInput): string | undefined {
  if (wanted.ec2NetUtils === 'leave' || !has(facts, '/usr/bin/setup-policy-routes')) return undefined;
  if (primaryLink === undefined) return 'unknown';
  return `[Service]\nExecCondition=/usr/bin/test %i = ${primaryLink}\n`;
}

function has(facts: SettlementInput['facts'], path: string): boolean {
  return facts.paths.includes(path);
}

function ownFile(path: string): OwnFile {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1).replaceAll('.', '\\.');
  return { dir: path.slice(0, slash), name: new RegExp(`^${name}$`) };
}
