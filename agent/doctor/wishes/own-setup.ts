// What an administrator has set up on the link of an ENI, and what it does that he may not expect.
import { bits, networkOf } from '../../model/address.ts';
import { listed } from '../../model/listed.ts';
import { mainTable } from '../../model/network-plan.ts';
import type { Inspection } from '../../pass/inspect.ts';
import type { PassContext } from '../../pass/pass.ts';
import type { Finding } from '../finding.ts';

/** An address of his own with the length of the subnet: the kernel puts that subnet into main, by this link. */
export function wideAddresses({ enis, kernel }: Inspection): readonly Finding[] {
  return enis.flatMap(({ plan }) =>
    kernel.addresses.flatMap((a): readonly Finding[] => {
      const isHis = a.link === plan.link && a.scope === 'global' && !plan.addresses.some(p => p.ip === a.ip);
      if (!isHis || a.prefixLength === bits(a.ip)) return [];
      const network = networkOf(a.ip, a.prefixLength);
      const isInMain = kernel.routes.some(
        r =>
          r.table === mainTable &&
          r.link === plan.link &&
          r.destination === network &&
          r.gateway === undefined,
      );
      if (!isInMain) return [];
      return [
        {
          check: 'own address',
          verdict: 'warning',
          saw: `${a.ip}/${a.prefixLength} on ${plan.link} puts ${network} into main: hosts there no longer reach the primary`,
          hint: `give it as ${a.ip}/${bits(a.ip)}`,
        },
      ];
    }),
  );
}

const igmp = '/proc/net/igmp';
/** All hosts; and what systemd-resolved and mDNS programs listen for on every link (RFC 6762, RFC 4795). */
const usual = new Set(['224.0.0.1', '224.0.0.251', '224.0.0.252']);

/** Strict filtering looks for the way back without a source, and finds the primary's (Linux 6.18, `ip_mc_validate_source`). */
export async function multicast(
  { enis }: Inspection,
  { system }: Pick<PassContext, 'system'>,
): Promise<readonly Finding[]> {
  const joined = groupsIn((await system.readFile(igmp)) ?? '');
  const filter = async (name: string) =>
    Number((await system.readFile(`/proc/sys/net/ipv4/conf/${name}/rp_filter`))?.trim() ?? 0);
  const all = await filter('all');
  const findings: Finding[] = [];
  for (const { plan } of enis) {
    const groups = (joined.get(plan.link) ?? []).filter(group => !usual.has(group));
    if (groups.length === 0 || Math.max(all, await filter(plan.link)) !== 1) continue;
    findings.push({
      check: 'multicast',
      verdict: 'warning',
      saw: `a program listens for ${listed(groups)} on ${plan.link}, and strict reverse path filtering (rp_filter 1) drops what comes`,
      hint: `sysctl -w net.ipv4.conf.${plan.link}.rp_filter=2, and the same in a file in /etc/sysctl.d`,
    });
  }
  return findings;
}

/** By link. The kernel prints the number of a group as this machine keeps it in memory: the last byte first on x86 and arm64. */
export function groupsIn(text: string): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  let link = '';
  for (const line of text.split('\n')) {
    link = /^\d+\s+(\S+)\s*:/.exec(line)?.[1] ?? link;
    const hex = /^\s+([0-9A-F]{8})\s/.exec(line)?.[1];
    if (hex === undefined) continue;
    const bytes = hex.match(/../g)!.map(byte => Number.parseInt(byte, 16));
    groups.set(link, [...(groups.get(link) ?? []), bytes.toReversed().join('.')]);
  }
  return groups;
}
