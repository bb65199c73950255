// One line of the log for each ENI that a change was about: what came, what went, and why.
import type { EniChange } from '../../../renderers/renderer.ts';
import { fewOf } from '../../log/text.ts';
import type { Log, LogFields } from '../../log.ts';
import type { KernelState } from '../../model/kernel-state.ts';
import type { CompareOptions } from '../compare.ts';
import { differencesOf } from '../eni-changes.ts';
import type { FileChange } from '../ownership.ts';
import { deltaOf, deltaOfPlans, describeChange, describeDelta, fieldsOf } from './describe-change.ts';

export interface Done {
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  /** As it was before. */
  readonly kernel: KernelState;
  readonly compare: CompareOptions;
  /** What started it. */
  readonly why?: LogFields;
  /** What it has repaired of an ENI. */
  readonly driftOf?: (change: EniChange) => readonly string[];
}

export function logChanges(log: Log, { changes, files, kernel, compare, why, driftOf }: Done): void {
  const differences = differencesOf(kernel, changes, compare);
  for (const [index, change] of changes.entries()) {
    const delta = deltaOf(change, differences[index]!, kernel, compare);
    const drift = driftOf?.(change) ?? [];
    const fields = { ...fieldsOf(change), ...delta, ...(drift.length === 0 ? {} : { drift }), ...why };
    log.info(fields, describeChange(change, delta, drift));
  }
  if (changes.length === 0) log.info({ ...why }, describeFiles(files));
}

/** @param time of the change that was taken back */
export function logRollback(
  log: Log,
  { changes, files, compare }: Pick<Done, 'changes' | 'files' | 'compare'>,
  time: string,
): void {
  for (const change of changes) {
    const after = change.kind === 'added' ? undefined : change.before;
    const before = change.kind === 'removed' ? undefined : change.after;
    const delta = deltaOfPlans(before, after, compare);
    const parts = ['rolled back', ...describeDelta(delta)];
    log.info({ ...fieldsOf(change), ...delta, change: time }, parts.join(', ').replace(', ', ': '));
  }
  const back = files.map(file => ({ ...file, before: file.after, after: file.before }));
  if (changes.length === 0) log.info({ change: time }, `rolled back: ${describeFiles(back)}`);
}

function describeFiles(files: readonly FileChange[]): string {
  const words = files.map(({ path, after }) => `${after === undefined ? 'removed' : 'wrote'} ${path}`);
  return fewOf(words, ', ', 3);
}
