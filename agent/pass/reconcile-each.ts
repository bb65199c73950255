// A pass in which one ENI's trouble is its own: if an apply fails for some ENIs and was taken back, the others are applied without them.
import { AgentError } from '../errors.ts';
import type { Mac } from '../model/address.ts';
import type { PassContext, PassOptions, PassResult } from './pass.ts';
import { reconcile } from './reconcile.ts';

/** The two failures after which everything is as it was before. After any other, another try could make it worse. */
const takenBack: ReadonlySet<string> = new Set(['verify-failed', 'command-failed']);

/** ENIs that failed the last time. */
export interface Failing {
  readonly enis: readonly Mac[];
  /** Why: they are not tried in this pass. Undefined: they are, behind the others. */
  readonly waits: AgentError | undefined;
}

const nobody: Failing = { enis: [], waits: undefined };

/**
 * Throws what `reconcile` throws where it cannot be told whose trouble it is, or where there is nobody else. Else the result has what failed.
 * The others come first, and are not held up by those that failed the last time.
 */
export async function reconcileEach(
  context: PassContext,
  options: PassOptions,
  { enis: failing, waits }: Failing = nobody,
): Promise<PassResult> {
  if (!options.apply) return reconcile(context, options);
  const { facts: _, ...again } = options;
  const first =
    failing.length > 0
      ? await withoutThem(context, again, failing, waits?.message ?? 'it is tried again behind the others')
      : undefined;
  if (first !== undefined && waits !== undefined)
    return { ...first, failed: { enis: failing, error: waits, isOld: true } };
  try {
    return joined(first, await reconcile(context, first === undefined ? options : again));
  } catch (error) {
    const enis = culpritsOf(error);
    if (enis.length === 0) throw error;
    const { message } = error as AgentError;
    const rest = await withoutThem(context, again, enis, message);
    if (rest === undefined) throw error;
    if (rest.outcome === 'applied')
      context.log.warn({ enis: enis.join(' '), reason: message }, 'applied the others without this one');
    return { ...joined(first, rest), failed: { enis, error: error as AgentError, isOld: false } };
  }
}

/** Empty: it cannot be told, or it is not over. */
function culpritsOf(error: unknown): readonly Mac[] {
  return error instanceof AgentError && takenBack.has(error.code) ? (error.enis as readonly Mac[]) : [];
}

/**
 * Kept as they were applied before, or else, where not even that can be had, as they are.
 *
 * @returns undefined where there is nobody else, or the others fail as well
 */
async function withoutThem(
  context: PassContext,
  options: PassOptions,
  macs: readonly Mac[],
  reason: string,
): Promise<PassResult | undefined> {
  const enis = new Map(macs.map(mac => [mac, reason]));
  const as = (asApplied: boolean) => reconcile(context, { ...options, apart: { enis, asApplied } });
  const unlessTakenBack = (error: unknown) => {
    if (culpritsOf(error).length === 0) throw error;
    return undefined;
  };
  const pass = (await as(true).catch(unlessTakenBack)) ?? (await as(false).catch(unlessTakenBack));
  return pass?.desired.plan.enis.some(eni => !macs.includes(eni.mac)) ? pass : undefined;
}

/** What both have done. The plan and the state of things are those of the second. */
function joined(first: PassResult | undefined, second: PassResult): PassResult {
  if (first === undefined || first.outcome !== 'applied') return second;
  return {
    ...second,
    outcome: 'applied',
    changes: [...first.changes, ...second.changes],
    files: [...first.files, ...second.files],
    commands: [...first.commands, ...second.commands],
  };
}
