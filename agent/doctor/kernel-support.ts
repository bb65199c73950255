// Can this kernel, with its `ip`, do what tier 2 needs? And was that tried, or is it only what its version promises?
import type { Inspection } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import { readKernelProbe } from '../system/kernel/probe.ts';
import { type Finding, ok } from './finding.ts';

/** Before Linux 3.12 the attribute is ignored without a word, and tier 2 would send the ENI's traffic to main's default. */
export async function kernelSupport(
  { facts }: Inspection,
  { system }: PassContext,
): Promise<readonly Finding[]> {
  const { source, why } = await readKernelProbe(system, facts.versions.kernel);
  // Without root no namespace can be made; a distribution may have ported the feature back, so the version may be wrong.
  const assumed = source === 'assumed' ? ` (${why})` : '';
  if (facts.kernel.suppressPrefixLength) return [ok('kernel', `supports suppress_prefixlength${assumed}`)];
  const saw = `does not support suppress_prefixlength${assumed}: the rules that prefer specific routes of main are left out`;
  const hint =
    'with this kernel, secondary addresses do not reach containers and VPNs; with 3.12 or later they do';
  return [{ check: 'kernel', verdict: 'warning', saw, hint }];
}
