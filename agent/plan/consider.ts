// Which link an ENI has, or why it is left alone.
import type { Mac } from '../model/address.ts';
import type { Eni } from '../model/instance.ts';
import type { KernelLink } from '../model/kernel-state.ts';
import type { SkippedEni } from '../model/network-plan.ts';
import { hasTrait, type SkipReason } from '../model/skip-reason.ts';
import type { EniNetwork } from './eni-network.ts';
import { matchLink } from './match-links.ts';
import type { PlanInput } from './plan-input.ts';
import { objectionTo, type Taken } from './sanity.ts';

export interface Candidate {
  readonly eni: Eni;
  readonly link: KernelLink;
  readonly network: EniNetwork;
}

type Verdict = { readonly link: KernelLink } | Omit<SkippedEni, 'mac' | 'eniId'>;

export function consider(
  eni: Eni,
  network: EniNetwork,
  input: PlanInput,
  primaryLink: string | undefined,
  taken: Taken,
): Verdict {
  const skip = (reason: SkipReason, text: string, degraded = hasTrait(reason, 'degraded')): Verdict => ({
    reason,
    text,
    degraded,
  });
  if (eni.primary) return skip('primary', 'eni-agent does not configure the primary ENI');
  // Whose addresses must not be touched is not known then.
  if (!input.instance.enis.some(e => e.primary))
    return skip('incomplete-metadata', 'the metadata does not say which ENI is the primary');
  if (input.settings.enis.get(eni.mac)?.ignore) return skip('ignored', 'the configuration says ignore = yes');
  if (input.settings.agent.manage === 'listed' && !input.settings.enis.has(eni.mac))
    return skip('ignored', `the configuration says manage = listed, and has no section [eni "${eni.mac}"]`);
  // Before everything about the link: a CNI may have moved it into a pod's network namespace.
  if (input.containerNetwork !== undefined && !input.settings.enis.has(eni.mac))
    return skip('configured-elsewhere', input.containerNetwork, false);
  if (!eni.carriesIp) return skip('no-ip', 'EFA-only: it has no addresses and no link');
  if (network.incomplete !== undefined) return skip('incomplete-metadata', network.incomplete);
  const match = matchLink(eni.mac, input.links, input.settings.agent);
  if (match.link === undefined) return skip(match.reason, match.text);
  // Two ENIs cannot be one link; metadata that says so is lying about one of them, and the primary always wins.
  if (match.link.name === primaryLink) return skip('invalid-metadata', 'has the MAC of the primary ENI');
  const objection = objectionTo(network, taken);
  if (objection !== undefined) return skip('invalid-metadata', objection);
  if (network.ipv4.addresses.length + network.ipv6.addresses.length === 0)
    return skip('no-ip', 'has no address');
  const claim = input.claims.get(match.link.name);
  if (claim !== undefined) return skip('configured-elsewhere', claim);
  return { link: match.link };
}

/** A NIC if one can be told, else whatever stands in front of it (a bridge or a bond with its MAC). */
export function linkOfPrimary(mac: Mac, input: PlanInput): KernelLink | undefined {
  return (
    matchLink(mac, input.links, input.settings.agent).link ??
    input.links.find(l => l.mac === mac && l.master === undefined)
  );
}

/**
 * What an ENI without a slot may claim. One that had a slot keeps its rank while its link or its metadata is away, and a new one
 * takes nothing before it is there: else a subnet's connected route would move to and fro.
 */
export function claimOf(
  mac: Mac,
  skipped: readonly SkippedEni[],
  keptSlots: ReadonlyMap<Mac, number>,
): number | 'older' | 'younger' {
  const reason = skipped.find(s => s.mac === mac)?.reason;
  if (reason === undefined || !hasTrait(reason, 'keeps-rank')) return 'older';
  return keptSlots.get(mac) ?? 'younger';
}
