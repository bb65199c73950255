// What the host facts say about each backend: a candidate with its strength and evidence, a denial (the service says
// itself that the link is not its own), or nothing. Pure; select.ts weighs them against each other.
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { netplanPrograms } from '../netplan/program.ts';
import type { Candidate, Evidence } from './select.ts';

/** This service runs and is not the answer: the link is not its own, or (`owner`) it is, and we cannot serve the service. */
export interface Denial {
  readonly denied: readonly Evidence[];
  readonly owner: boolean;
}

export type Finding = Candidate | Denial | undefined;

function deny(...denied: readonly Evidence[]): Denial {
  return { denied, owner: false };
}

function unusable(...denied: readonly Evidence[]): Denial {
  return { denied, owner: true };
}

function saw(probe: string, text: string): Evidence {
  return { probe, saw: text };
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function hasFile(facts: HostFacts, pattern: RegExp): boolean {
  return Object.keys(facts.files).some(path => pattern.test(path));
}

function hasPath(facts: HostFacts, ...paths: readonly string[]): boolean {
  return paths.some(path => facts.paths.includes(path));
}

/** The name that netplan gives to the networkd files it generates: `10-netplan-ID.network`. */
const netplanUnit = /^\/run\/systemd\/network\/\d+-netplan-.+\.network$/;
const netplanYaml = /^\/(etc|run|lib|usr\/lib)\/netplan\/.+\.yaml$/;

/** networkd, or netplan in front of it: the file that networkd loaded for the link tells which. */
export function networkdCandidate(facts: HostFacts): Finding {
  const { networkd: state, networkdFile: file } = facts.owners;
  const service = facts.services['systemd-networkd'];
  // [RoutingPolicyRule] came with systemd 235. An older networkd (Alibaba Cloud Linux 2 images from before February 2021
  // have 219, and it owns their links) reads our file and installs no rule: not a backend that we can serve.
  if (service === 'active' && versionAtLeast(facts.versions.systemd, '235') === false)
    return (state === 'unmanaged' ? deny : unusable)(
      saw('networkd', state ?? 'active'),
      saw('version', `${facts.versions.systemd}<235`),
    );
  if (state === 'configured' || state === 'configuring') {
    const evidence = [saw('networkd', state), ...(file === undefined ? [] : [saw('file', basename(file))])];
    if (file !== undefined)
      return { backend: netplanUnit.test(file) ? 'netplan' : 'networkd', strength: 'owns', evidence };
    return networkdWithoutFile(facts, 'owns', evidence);
  }
  if (service === 'active') {
    // `unmanaged`: no .network file matches the link. `failed` is none of it: networkd took the link and stumbled.
    if (state === 'unmanaged') return deny(saw('networkd', 'unmanaged'));
    const evidence = [saw('networkd', state ?? 'active')];
    if (file !== undefined)
      return {
        backend: netplanUnit.test(file) ? 'netplan' : 'networkd',
        strength: 'active',
        evidence: [...evidence, saw('file', basename(file))],
      };
    return networkdWithoutFile(facts, 'active', evidence);
  }
  // The binary alone says nothing: Debian ships it with systemd, and ifupdown beside it. Debian's netplan.io is often
  // installed and unused as well, hence a configuration file is asked for.
  const generator = hasPath(facts, ...netplanPrograms);
  if (generator && hasFile(facts, netplanYaml) && service === 'inactive')
    return { backend: 'netplan', strength: 'installed', evidence: [saw('netplan', 'installed')] };
  if (hasFile(facts, /^\/etc\/systemd\/network\/.+\.network$/) && service === 'inactive')
    return { backend: 'networkd', strength: 'installed', evidence: [saw('networkd', 'installed')] };
  return undefined;
}

/** networkctl did not name the file: only if all generated files, or none, are netplan's is the answer clear. */
function networkdWithoutFile(
  facts: HostFacts,
  strength: 'owns' | 'active',
  evidence: readonly Evidence[],
): Finding {
  const generated = hasFile(facts, netplanUnit);
  const own = hasFile(facts, /^\/etc\/systemd\/network\/.+\.network$/);
  if (generated && own) return unusable(...evidence, saw('files', 'netplan-and-networkd'));
  return { backend: generated ? 'netplan' : 'networkd', strength, evidence };
}

/**
 * True while NetworkManager has the primary link: 40 to 100 is from "preparing" to "activated"; 10 is unmanaged, 20
 * unavailable, 30 disconnected. "connected (externally)", said since 1.16 or so, is a link that somebody else configured
 * and that NetworkManager only looks at.
 */
function networkmanagerOwns(state: string): boolean {
  const number = Number.parseInt(state, 10);
  return number >= 40 && number <= 100 && !state.includes('externally');
}

export function networkmanagerCandidate(facts: HostFacts): Finding {
  const state = facts.owners.networkmanager;
  const service = facts.services.NetworkManager;
  if (service !== 'active') {
    if (service !== 'inactive' || !hasFile(facts, /\/NetworkManager\/system-connections\//)) return undefined;
    const evidence = [saw('networkmanager', 'installed')];
    return { backend: 'networkmanager-keyfile', strength: 'installed', evidence };
  }
  const format = profileFormat(facts);
  const tooOld = withoutTables(facts);
  if (state === undefined) {
    if (tooOld) return deny(saw('networkmanager', 'active'), ...tooOld);
    const evidence = [saw('networkmanager', 'active'), ...format.evidence];
    return { backend: format.backend, strength: 'active', evidence };
  }
  if (!networkmanagerOwns(state)) return deny(saw('networkmanager', state));
  const evidence = [saw('networkmanager', state), ...format.evidence];
  if (!initscriptsHandOver(facts) && tooOld) return unusable(saw('networkmanager', state), ...tooOld);
  if (initscriptsHandOver(facts))
    return { backend: format.backend, strength: 'active', evidence: [saw('networkmanager', state)] };
  return { backend: format.backend, strength: 'owns', evidence };
}

/**
 * A route with a table came with NetworkManager 1.10 (RHEL 7.5, Ubuntu 18.04). An older one would put the routes of the
 * ENI into main, its default included. Rules came later (1.18), but those a dispatcher script can add.
 */
function withoutTables(facts: HostFacts): readonly Evidence[] | undefined {
  const version = facts.versions.networkmanager;
  return versionAtLeast(version, '1.10') === false ? [saw('version', `${version}<1.10`)] : undefined;
}

/** The format in which NetworkManager is to get our profiles. */
function profileFormat(facts: HostFacts): { backend: BackendName; evidence: readonly Evidence[] } {
  const profile = facts.owners.networkmanagerProfile;
  const evidence = profile === undefined ? [] : [saw('profile', basename(profile))];
  const keyfile = (...more: readonly Evidence[]) =>
    ({ backend: 'networkmanager-keyfile', evidence: [...evidence, ...more] }) as const;
  // netplan with `renderer: NetworkManager` (Ubuntu desktop) writes its profiles to /run. Our netplan files need
  // networkd: the rules live in a drop-in of a .network file, since netplan's routing-policy can say neither
  // suppress_prefixlength nor iif. A keyfile can, and NetworkManager reads /etc beside the /run of netplan. (Ubuntu's
  // NetworkManager turns a profile that is saved through it into netplan YAML since 23.10; ours is written as a file.)
  if (profile?.startsWith('/run/NetworkManager/system-connections/netplan-')) return keyfile();
  const plugin = facts.paths.some(path => path.endsWith('/libnm-settings-plugin-ifcfg-rh.so'));
  if (!plugin) return keyfile(saw('ifcfg-plugin', 'no'));
  if (profile !== undefined && !/\/ifcfg-[^/]+$/.test(profile)) return keyfile();
  // RHEL 9 still reads ifcfg (its cloud-init even writes it), but the format is deprecated there, warns since 1.44, and
  // migrate-ifcfg-rh may convert a file of ours away. The readme is laid by the package where keyfile is the default;
  // EL8 and EL9 overlap in their NetworkManager versions (1.36 to 1.40), so the version cannot tell them apart.
  if (hasPath(facts, '/etc/sysconfig/network-scripts/readme-ifcfg-rh.txt'))
    return keyfile(saw('default', 'keyfile'));
  return { backend: 'networkmanager-ifcfg', evidence: [...evidence, saw('ifcfg-plugin', 'yes')] };
}

/** The init script has run. A link that is in ifcfg and has gone makes its unit `failed`; the lock file stays. */
function initscriptsRan(facts: HostFacts): boolean {
  const functions = hasPath(facts, '/etc/sysconfig/network-scripts/network-functions');
  return functions && (facts.services.network === 'active' || hasPath(facts, '/var/lock/subsys/network'));
}

/**
 * True where `network` runs and NetworkManager owns the link only because ifup gave it away: EL7's ifup passes every
 * ifcfg file without NM_CONTROLLED=no to a running NetworkManager. The files of the initscripts are then right (with
 * NM_CONTROLLED=no in ours). EL7 ends with NetworkManager 1.18; from 1.20 on (EL8) the init script is a relic that
 * somebody installed, and NetworkManager is the owner.
 */
function initscriptsHandOver(facts: HostFacts): boolean {
  return initscriptsRan(facts) && versionAtLeast(facts.versions.networkmanager, '1.20') !== true;
}

export function initscriptsCandidate(facts: HostFacts): Finding {
  if (!initscriptsRan(facts)) return installedInitscripts(facts);
  const state = facts.owners.networkmanager;
  const given = state !== undefined && networkmanagerOwns(state);
  const ifcfg = `/etc/sysconfig/network-scripts/ifcfg-${facts.primaryLink ?? ''}`;
  const named = facts.files[ifcfg] !== undefined;
  const owns = named && (!given || initscriptsHandOver(facts));
  return {
    backend: 'initscripts',
    strength: owns ? 'owns' : 'active',
    evidence: [
      saw('network', facts.services.network === 'active' ? 'active' : 'lock-file'),
      ...(named ? [saw('file', basename(ifcfg))] : []),
      ...(given ? [saw('networkmanager', state)] : []),
    ],
  };
}

function installedInitscripts(facts: HostFacts): Finding {
  const configured = hasFile(facts, /^\/etc\/sysconfig\/network-scripts\/ifcfg-(?!lo$)/);
  return facts.services.network === 'inactive' && configured
    ? { backend: 'initscripts', strength: 'installed', evidence: [saw('network', 'installed')] }
    : undefined;
}

export function wickedCandidate(facts: HostFacts): Finding {
  const active = facts.services.wickedd === 'active' || facts.services.wicked === 'active';
  const state = facts.owners.wicked;
  if (state === 'up' || state === 'setup-in-progress')
    return { backend: 'wicked', strength: 'owns', evidence: [saw('wicked', state)] };
  if (active) {
    // `device-unconfigured` and the like: wicked runs and has no configuration for the link.
    if (state !== undefined) return deny(saw('wicked', state));
    return { backend: 'wicked', strength: 'active', evidence: [saw('wicked', 'active')] };
  }
  const configured = hasFile(facts, /^\/etc\/sysconfig\/network\/ifcfg-(?!lo$)/);
  return facts.services.wicked === 'inactive' && configured
    ? { backend: 'wicked', strength: 'installed', evidence: [saw('wicked', 'installed')] }
    : undefined;
}

export function ifupdownCandidate(facts: HostFacts): Finding {
  const ifstate = facts.owners.ifstate;
  // The state file outranks the unit: networking.service is `failed` as soon as one `auto` link is missing, and the
  // primary that it brought up is still its own.
  if (ifstate !== undefined)
    return { backend: 'ifupdown', strength: 'owns', evidence: [saw('ifstate', ifstate)] };
  if (!hasPath(facts, '/sbin/ifquery', '/usr/sbin/ifquery')) return undefined;
  // The unit also runs for `lo` alone, next to another owner: a link that is not in its state file is not its own.
  if (facts.services.networking === 'active')
    return facts.primaryLink === undefined
      ? { backend: 'ifupdown', strength: 'active', evidence: [saw('networking', 'active')] }
      : deny(saw('networking', 'active'), saw('ifstate', `no-${facts.primaryLink}`));
  const configured = Object.entries(facts.files).some(
    ([path, text]) => path.startsWith('/etc/network/interfaces') && /^\s*iface\s+(?!lo\s)\S+/m.test(text),
  );
  return configured
    ? { backend: 'ifupdown', strength: 'installed', evidence: [saw('ifupdown', 'installed')] }
    : undefined;
}

/** SLES 11: sysconfig's own ifup scripts. ifup-route is what wicked's packages no longer have. */
export function sles11Candidate(facts: HostFacts): Finding {
  const scripts = hasPath(facts, '/etc/sysconfig/network/scripts/ifup-route');
  if (!scripts || hasPath(facts, '/usr/sbin/wicked')) return undefined;
  const ifcfg = `/etc/sysconfig/network/ifcfg-${facts.primaryLink ?? ''}`;
  const named = facts.files[ifcfg] !== undefined;
  const ran = facts.services.network === 'active' || hasPath(facts, '/dev/.sysconfig/network/started');
  return {
    backend: 'sles11',
    strength: ran && named ? 'owns' : ran ? 'active' : 'installed',
    evidence: [
      saw('network', ran ? 'active' : 'installed'),
      saw('scripts', 'ifup-route'),
      ...(named ? [saw('file', basename(ifcfg))] : []),
    ],
  };
}
