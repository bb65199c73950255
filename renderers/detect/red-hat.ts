// NetworkManager and the initscripts, which hand links to each other on Red Hat's systems.
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { basename, deny, type Evidence, type Finding, hasFile, hasPath, saw, unusable } from './evidence.ts';

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
