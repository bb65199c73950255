// What an apply does to a link that was up, or had addresses, before it was ours.
import type { EniChange } from '../../../renderers/renderer.ts';
import type { KernelState } from '../../model/kernel-state.ts';
import { noAutoconf } from '../../model/link-sysctls.ts';
import { readKernelState } from '../../system/kernel/reader.ts';
import { type ApplyContext, differences } from '../apply-context.ts';
import { additions, runBatches } from '../live.ts';

/**
 * The file of each backend turns router advertisements off before the link is up. A link that was up before us (its addresses were added by
 * hand, it was renamed under a file of somebody else) is taken over in the kernel, and would hear the next one: a default route in main.
 * Without `sysctl` there is still verify, which finds that route.
 */
export async function silenceRouters(
  { system }: ApplyContext,
  live: readonly EniChange[],
  { acceptRa }: KernelState,
): Promise<void> {
  for (const change of live) {
    if (change.kind === 'removed' || (acceptRa?.get(change.after.link) ?? '0') === '0') continue;
    await system.run(['sysctl', '-q', '-e', '-w', ...noAutoconf(change.after.link)]);
  }
}

/** Whatever the service made of an address that a lease had brought before: it is ours now, and must not end with that. */
export async function makeLasting(context: ApplyContext, changes: readonly EniChange[]): Promise<void> {
  if ((context.compare.takesOver?.size ?? 0) === 0) return;
  const { system } = context;
  const missing = differences(context, changes, await readKernelState(system)).flatMap(d => d.missing);
  const fading = missing.filter(o => o.add.startsWith('addr replace '));
  await runBatches(system, additions([{ missing: fading, stale: [], faults: [] }]), true);
}
