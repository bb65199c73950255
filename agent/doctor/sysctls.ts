// What the kernel does with packets by its own settings, and should not on an ENI.
import type { Inspection } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import { type Finding, ok } from './finding.ts';

/** Strict filtering works with the rules in place, and drops everything while they are missing. The larger of all and link wins. */
export async function reversePathFilter(
  inspection: Inspection,
  { system }: PassContext,
): Promise<readonly Finding[]> {
  const read = async (name: string) =>
    Number((await system.readFile(`/proc/sys/net/ipv4/conf/${name}/rp_filter`))?.trim() ?? 0);
  const all = await read('all');
  const findings: Finding[] = [];
  for (const { plan } of inspection.enis) {
    const strict = Math.max(all, await read(plan.link)) === 1;
    if (!strict || plan.rules.length > 0) continue;
    const saw = `${plan.link} has strict reverse path filtering (rp_filter 1) and no rules yet: it drops packets from outside its subnet`;
    findings.push({
      check: 'rp_filter',
      verdict: 'warning',
      saw,
      hint: `sysctl -w net.ipv4.conf.${plan.link}.rp_filter=2`,
    });
  }
  return findings.length > 0
    ? findings
    : [ok('rp_filter', 'no ENI without rules has strict reverse path filtering')];
}

/** On a configured link only: one that is down hears nothing, and configuring it turns this off. */
export function advertisements({ enis, kernel }: Inspection): readonly Finding[] {
  const findings = enis.flatMap(({ plan: { link } }): readonly Finding[] => {
    const value = kernel.acceptRa?.get(link) ?? '0';
    if (value === '0' || !kernel.links.some(l => l.name === link && l.up)) return [];
    const saw = `${link} accepts IPv6 router advertisements (accept_ra ${value}): one of them would add a default route by ${link} to main`;
    const hint = `sysctl -w net.ipv6.conf.${link}.accept_ra=0, and find out what turned it on`;
    return [{ check: 'accept_ra', verdict: 'warning', saw, hint }];
  });
  return findings.length > 0
    ? findings
    : [ok('accept_ra', 'no secondary ENI accepts IPv6 router advertisements')];
}
