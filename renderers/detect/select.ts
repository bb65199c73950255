// Which backend owns the links of this machine: a pure decision on host facts, with the evidence that led to it. The one
// that manages the live primary link now wins, not the distribution's name. To teach it a backend: one line in
// `findingsOf`, one host fixture per way in which it can be met.
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import type { Candidate, Denial, Evidence, Strength } from './evidence.ts';
import { ifupdownCandidate } from './ifupdown.ts';
import { networkdCandidate } from './networkd.ts';
import { initscriptsCandidate, networkmanagerCandidate } from './red-hat.ts';
import { sles11Candidate, wickedCandidate } from './suse.ts';

export interface Selection {
  /** Undefined if nothing was found or two have the same claim: never a guess. */
  readonly backend: BackendName | undefined;
  /** What led to the answer; for undefined, all that was seen. */
  readonly evidence: readonly Evidence[];
  /** Everything that could have been it, strongest first. */
  readonly candidates: readonly Candidate[];
  /** Why there is no answer; undefined if there is one. */
  readonly problem: string | undefined;
}

const strengths: readonly Strength[] = ['owns', 'active', 'installed'];

/** Decides by strength: the owner of the primary link, else the only active service, else the only configured one. */
export function selectBackend(facts: HostFacts): Selection {
  const { candidates, denials } = findingsOf(facts);
  const denied = denials.flatMap(denial => denial.denied);
  for (const strength of strengths) {
    const level = candidates.filter(candidate => candidate.strength === strength);
    if (level.length === 0) continue;
    // An owner that we cannot serve is still the owner. And what is merely installed is no answer while a service runs
    // that says "not mine": somebody unknown configured the link.
    if (strength !== 'owns' && denials.some(denial => denial.owner)) break;
    if (strength === 'installed' && denials.length > 0) break;
    const evidence = [...level.flatMap(candidate => candidate.evidence), ...denied];
    const [first, second] = level;
    if (first !== undefined && second === undefined)
      return { backend: first.backend, evidence, candidates, problem: undefined };
    const names = level.map(candidate => candidate.backend).join(', ');
    const what = { owns: 'own the primary link', active: 'are active', installed: 'are installed' }[strength];
    return { backend: undefined, evidence, candidates, problem: `${level.length} ${what}: ${names}` };
  }
  const problem = denials.length === 0 ? 'no backend found' : 'no usable backend owns the primary link';
  return { backend: undefined, evidence: denied, candidates, problem };
}

/** One line: `networkd=configured file=10-netplan-eth0.network -> netplan`. */
export function explainSelection(selection: Selection): string {
  const seen = selection.evidence.map(({ probe, saw }) => `${probe}=${/\s/.test(saw) ? `"${saw}"` : saw}`);
  const answer = selection.backend ?? `none (${selection.problem})`;
  return [...seen, '->', answer].join(' ');
}

function findingsOf(facts: HostFacts): {
  readonly candidates: readonly Candidate[];
  readonly denials: readonly Denial[];
} {
  const findings = [
    networkdCandidate(facts),
    networkmanagerCandidate(facts),
    wickedCandidate(facts),
    ifupdownCandidate(facts),
    initscriptsCandidate(facts),
    sles11Candidate(facts),
  ].filter(finding => finding !== undefined);
  const candidates = findings.filter((finding): finding is Candidate => 'backend' in finding);
  return {
    candidates: candidates.toSorted((a, b) => strengths.indexOf(a.strength) - strengths.indexOf(b.strength)),
    denials: findings.filter((finding): finding is Denial => 'denied' in finding),
  };
}
