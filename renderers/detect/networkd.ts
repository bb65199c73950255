// systemd-networkd, or netplan in front of it.
import type { HostFacts } from '../../agent/model/host.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { netplanPrograms } from '../netplan/program.ts';
import { basename, deny, type Evidence, type Finding, hasFile, hasPath, saw, unusable } from './evidence.ts';

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
