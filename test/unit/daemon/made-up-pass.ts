// A pass as the pure folds of the daemon see it: what a test does not mention is empty.
import type { EniPlan, SkippedEni } from '../../../agent/model/network-plan.ts';
import type { PassResult } from '../../../agent/pass/pass.ts';
import { mac } from '../../support/example-plans.ts';

export const [macA, macB] = [mac('0a:07:84:3d:6e:01'), mac('0a:07:84:3d:6e:02')];

export interface PassWords {
  readonly outcome?: PassResult['outcome'];
  readonly enis?: readonly Partial<EniPlan>[];
  readonly skipped?: readonly Partial<SkippedEni>[];
  readonly problems?: PassResult['instance']['problems'];
}

export function passOf(words: PassWords = {}): PassResult {
  const enis = (words.enis ?? []).map(eni => ({ mac: macA, eniId: 'eni-1', link: 'eth1', ...eni }));
  const skipped = (words.skipped ?? []).map(s => ({ mac: macB, eniId: 'eni-2', text: 'why', ...s }));
  return {
    outcome: words.outcome ?? 'unchanged',
    instance: { problems: words.problems ?? [], enis: [] },
    desired: { plan: { enis, skipped }, held: [], whole: enis },
    changes: words.outcome === 'applied' ? [{ kind: 'changed', after: enis[0] }] : [],
    files: words.outcome === 'applied' ? [{ path: '/etc/x', after: 'text' }] : [],
  } as unknown as PassResult;
}
