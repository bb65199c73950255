// A pass in which one ENI's trouble is its own: if an apply fails for some ENIs and was taken back, the others are applied without them.
import { AgentError } from '../errors.ts';
import type { Mac } from '../model/address.ts';
import { leftContested } from './apart.ts';
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
  const before = new Map(failing.map(mac => [mac, waits?.message ?? 'it is tried again behind the others']));
  const first = before.size > 0 ? await serveOthers(context, again, before) : undefined;
  // By hand it was said that this is not wanted, and there is nothing to try.
  if (first?.pass.outcome === 'refused') return first.pass;
  if (first !== undefined && waits !== undefined) {
    const enis = [...first.reasons.keys()];
    const fresh = enis.filter(mac => !before.has(mac));
    return { ...first.pass, failed: { enis, fresh, error: first.error ?? waits } };
  }
  try {
    return joined(first?.pass, await reconcile(context, first === undefined ? options : again));
  } catch (error) {
    if (!isTakenBack(error) || error.enis.length === 0) throw error;
    const reasons = new Map(error.enis.map(mac => [mac as Mac, error.message]));
    const rest = await serveOthers(context, again, reasons);
    if (rest === undefined) throw error;
    const enis = [...rest.reasons.keys()];
    if (rest.pass.outcome === 'applied')
      context.log.warn(
        { enis: enis.join(' '), reason: error.message },
        'applied the others without this one',
      );
    return { ...joined(first?.pass, rest.pass), failed: { enis, fresh: enis, error } };
  }
}

function isTakenBack(error: unknown): error is AgentError {
  return error instanceof AgentError && takenBack.has(error.code);
}

interface Served {
  readonly pass: PassResult;
  /** Why each one was left out: those that were known, and those that failed as well. */
  readonly reasons: ReadonlyMap<Mac, string>;
  /** The first failure of one that was not known. */
  readonly error: AgentError | undefined;
}

/**
 * A pass without some ENIs, and without each that fails as well.
 *
 * @returns undefined where there is nobody else, or it cannot be told who fails
 */
async function serveOthers(
  context: PassContext,
  options: PassOptions,
  known: ReadonlyMap<Mac, string>,
): Promise<Served | undefined> {
  const reasons = new Map(known);
  let first: AgentError | undefined;
  // It ends: each turn leaves out one more.
  for (;;) {
    const result = await withoutThem(context, options, reasons);
    if (!(result instanceof AgentError)) {
      const { plan } = result.desired;
      const isAnybody =
        plan.enis.some(eni => !reasons.has(eni.mac)) ||
        [...leftContested(plan)].some(mac => !reasons.has(mac));
      return isAnybody ? { pass: result, reasons, error: first } : undefined;
    }
    const fresh = (result.enis as readonly Mac[]).filter(mac => !reasons.has(mac));
    if (fresh.length === 0) return undefined;
    for (const mac of fresh) reasons.set(mac, result.message);
    first ??= result;
  }
}

/** They are kept as they were applied before, or else, where not even that can be had, as they are. Returns a failure that was taken back. */
async function withoutThem(
  context: PassContext,
  options: PassOptions,
  enis: ReadonlyMap<Mac, string>,
): Promise<PassResult | AgentError> {
  const as = (asApplied: boolean) =>
    reconcile(context, { ...options, apart: { enis, asApplied } }).catch((error: unknown) => {
      if (isTakenBack(error)) return error;
      throw error;
    });
  const kept = await as(true);
  return kept instanceof AgentError ? as(false) : kept;
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
