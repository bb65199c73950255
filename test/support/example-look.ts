// Made-up looks at a machine and reports of a daemon, for what `status` makes of them: what a test does not mention has a plain value.
import type { Difference } from '../../agent/apply/compare.ts';
import type { Report, ReportedEni } from '../../agent/daemon/report.ts';
import type { EniPlan, SkippedEni } from '../../agent/model/network-plan.ts';
import { type Comparison, type Inspection, nothingOnPrimary } from '../../agent/pass/inspect.ts';
import { examplePlans, ip, mac } from './example-plans.ts';
import { nic } from './plan-parts.ts';

/** The time of all of it. */
export const now = Date.parse('2026-01-15T10:00:00Z');
/** ISO time so many seconds before. */
export const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

export const [firstPlan, secondPlan] = examplePlans['static-two-enis']!.enis as [EniPlan, EniPlan];
const nothing: Difference = { missing: [], stale: [], faults: [] };

export function comparisonOf(plan: EniPlan, ...faults: readonly string[]): Comparison {
  return { plan, difference: { ...nothing, faults }, filesDiffer: false };
}

export function skippedOf(reason: SkippedEni['reason'], text: string, degraded = true): SkippedEni {
  return { mac: mac('00:16:3e:00:00:09'), eniId: 'eni-9', reason, text, degraded };
}

export function inspectionOf(more: Partial<Inspection> = {}): Inspection {
  const eth0 = {
    link: 'eth0',
    family: 4,
    prefixLength: 24,
    scope: 'global',
    tentative: false,
    dynamic: true,
  };
  const evidence = [{ probe: 'networkctl', saw: 'eth0 configured' }];
  const look: Omit<Inspection, 'facts'> = {
    cloud: { provider: 'aws', instanceId: 'i-1' },
    failure: undefined,
    selection: {
      backend: 'networkd',
      evidence,
      candidates: [{ backend: 'networkd', strength: 'owns', evidence }],
      problem: undefined,
    },
    backend: 'networkd',
    primaryLink: 'eth0',
    primary: { mac: mac('00:16:3e:00:00:01'), eniId: 'eni-0' },
    onPrimary: nothingOnPrimary,
    unmarked: [],
    primaryFamily: undefined,
    enis: [comparisonOf(firstPlan), comparisonOf(secondPlan)],
    held: [],
    refused: false,
    leftOver: [],
    skipped: [],
    degraded: [],
    liveOnly: undefined,
    notRead: [],
    kernel: {
      links: [nic(0), nic(9, { mac: mac('00:16:3e:00:00:09') })],
      addresses: [{ ...eth0, ip: ip('10.0.1.10') } as Inspection['kernel']['addresses'][number]],
      routes: [],
      rules: [],
    },
  };
  return { ...look, ...more } as Inspection;
}

export function reportedOf(
  plan: Pick<EniPlan, 'mac' | 'eniId' | 'link'>,
  more: Partial<ReportedEni> = {},
): ReportedEni {
  const { mac: address, eniId, link } = plan;
  const rest = { text: undefined, reason: undefined, lastError: undefined };
  return { mac: address, eniId, link, state: 'working', since: ago(7200), ...rest, ...more };
}

/** Of a daemon that has run for three hours and has nothing to do. */
export function reportOf(more: Partial<Report> = {}): Report {
  return {
    version: 1,
    build: { version: '1.4.0', commit: '0123456789ab', date: '2026-01-12' },
    pid: 812,
    startedAt: ago(10_800),
    lookedAt: ago(12),
    nextLookAt: ago(-48),
    mood: 'quiet',
    waitingFor: [],
    lastTriggers: ['timer'],
    counters: { passes: 3, quiet: 200, changes: 1, repairs: 0, failures: 0, requests: 900 },
    metadata: { state: 'answered', answeredAt: ago(12) },
    lastChange: null,
    error: null,
    liveOnly: null,
    pausedUntil: null,
    brake: null,
    notAsPlanned: [],
    leftOver: [],
    refused: false,
    degraded: [],
    lastGoodLookAt: ago(12),
    enis: [reportedOf(firstPlan), reportedOf(secondPlan)],
    answered: [],
    configProblem: null,
    problems: [],
    ...more,
  };
}
