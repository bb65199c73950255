// What the history keeps of a change: what came and went for each ENI, and what became of it.
import { type EniChange, eniOf } from '../../../renderers/renderer.ts';
import { AgentError, reasonOf } from '../../errors.ts';
import type { ChangedEni, ChangeResult } from '../../history/entry.ts';
import { recordInHistory } from '../../history/store.ts';
import type { KernelState } from '../../model/kernel-state.ts';
import type { ApplyContext } from '../apply-context.ts';
import { differencesOf } from '../eni-changes.ts';
import type { FileChange } from '../ownership.ts';
import { deltaOf, deltaOfPlans } from './describe-change.ts';

interface Noted {
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  readonly result: ChangeResult;
  /** Why it was not done. */
  readonly error?: unknown;
  /** As it was before; without it the difference of the plans is noted. */
  readonly kernel?: KernelState | undefined;
}

/** Never throws, and waits for the disk only when the change is over. */
export async function noteChange(context: ApplyContext, noted: Noted): Promise<void> {
  const { system, log, renderer, by = 'once', trigger } = context;
  const at = new Date(system.now()).toISOString();
  await recordInHistory(system, log, {
    at,
    since: at,
    times: 1,
    by,
    trigger,
    result: noted.result,
    error: noted.error === undefined ? undefined : errorOf(noted.error),
    backend: renderer.name,
    enis: enisOf(context, noted),
    files: noted.files.map(({ path, after }) => ({
      path,
      action: after === undefined ? 'removed' : 'wrote',
    })),
  });
}

function enisOf({ compare }: ApplyContext, { changes, kernel }: Noted): readonly ChangedEni[] {
  const differences = kernel === undefined ? [] : differencesOf(kernel, changes, compare);
  return changes.map((change, index) => {
    const { eniId, mac, link } = eniOf(change);
    const before = change.kind === 'added' ? undefined : change.before;
    const after = change.kind === 'removed' ? undefined : change.after;
    const delta =
      kernel === undefined
        ? deltaOfPlans(before, after, compare)
        : deltaOf(change, differences[index]!, kernel, compare);
    return { kind: change.kind, eniId, mac, link, ...delta };
  });
}

function errorOf(error: unknown): { readonly code: string; readonly message: string } {
  return { code: error instanceof AgentError ? error.code : 'bug', message: reasonOf(error) };
}
