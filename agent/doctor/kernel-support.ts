// Can this kernel, with its `ip`, do what the rules need? And was that tried, or is it only what its version promises?
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
  return [...suppression(facts.kernel.suppressPrefixLength, assumed), ...oif(facts.kernel.ruleOif, assumed)];
}

function suppression(isThere: boolean, assumed: string): readonly Finding[] {
  if (isThere) return [ok('kernel', `supports suppress_prefixlength${assumed}`)];
  const saw = `does not support suppress_prefixlength${assumed}: the rules that prefer specific routes of main are left out`;
  const hint =
    'with this kernel, secondary addresses do not reach containers and VPNs; with 3.12 or later they do';
  return [{ check: 'kernel', verdict: 'warning', saw, hint }];
}

/** EL6 (kernel and `ip`) and SLES 11 (its `ip`) are the only ones without it. */
function oif(isThere: boolean, assumed: string): readonly Finding[] {
  if (isThere) return [];
  const saw = `does not support oif in a rule${assumed}: the rule for sockets that are bound to a link is left out`;
  const hint = 'a program that binds the link of an ENI has to bind an address of the ENI as well';
  return [{ check: 'kernel', verdict: 'warning', saw, hint }];
}
