// Which protocol number the agent's own additions to the kernel carry: some services delete what does not carry theirs.
import type { ApplyContext } from './apply-context.ts';
import type { Batch } from './live.ts';

/**
 * @param loads true if the service has loaded a file that has these objects: they are marked as its own. networkd deletes a rule of another
 * protocol as foreign when it configures the next link (252)
 */
export function marked(
  { reloadHazard }: Pick<ApplyContext, 'reloadHazard'>,
  batches: readonly Batch[],
  { loads }: { readonly loads: boolean },
): readonly Batch[] {
  if (reloadHazard !== undefined) return withProtocol(batches, /^rule .* protocol /, 'kernel');
  return loads ? withProtocol(batches, / (proto|protocol) /, 'static') : batches;
}

/**
 * Under a hazard networkd has loaded no file with these rules, and whenever it configures any link it deletes each rule that is in none, but
 * for those of the kernel: protocol 2 is left alone (manager_drop_routing_policy_rules_internal; executed on 252: a hot-plug deleted
 * `static` and 129 and left `kernel`). Once it has loaded our files it adds its own, and the next pass takes ours away.
 */
function withProtocol(batches: readonly Batch[], which: RegExp, name: string): readonly Batch[] {
  return batches.map(b => ({
    ...b,
    lines: b.lines.map(l => (which.test(l) ? l.replace(/ (proto|protocol) \d+$/, ` $1 ${name}`) : l)),
  }));
}
