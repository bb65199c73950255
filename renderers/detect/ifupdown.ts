// ifupdown of Debian and Ubuntu.
import type { HostFacts } from '../../agent/model/host.ts';
import { deny, type Finding, hasPath, saw } from './evidence.ts';

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
    ([path, text]) => path.startsWith('/etc/network/interfaces') && /^[ \t]*iface\s+(?!lo\s)\S+/m.test(text),
  );
  return configured
    ? { backend: 'ifupdown', strength: 'installed', evidence: [saw('ifupdown', 'installed')] }
    : undefined;
}
