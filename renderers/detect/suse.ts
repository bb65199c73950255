// wicked, and the scripts of SLES 11 that were there before it.
import type { HostFacts } from '../../agent/model/host.ts';
import { basename, deny, type Finding, hasFile, hasPath, saw } from './evidence.ts';

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
