// Is the primary in its link group, without which routes by the primary take packets of the ENIs? And what is lost if it is not?
import { type Cidr, contains, isLinkLocal, networkAddress } from '../model/address.ts';
import { listed } from '../model/listed.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';
import type { Inspection } from '../pass/inspect.ts';
import { type Finding, ok } from './finding.ts';

const check = 'link group';

/** No finding where no ENI has a rule that asks main. */
export function linkGroup(inspection: Inspection): readonly Finding[] {
  const { enis, kernel, primaryLink } = inspection;
  const link = kernel.links.find(l => l.name === primaryLink);
  const askMain = enis.flatMap(({ plan }) => plan.rules).filter(rule => rule.table === mainTable);
  if (link === undefined || askMain.length === 0) return [];
  const wanted = askMain.find(rule => rule.suppressGroup !== undefined)?.suppressGroup;
  if (wanted !== undefined && link.group === wanted) return [ok(check, `${link.name} is in group ${wanted}`)];
  const { saw, hint } =
    wanted === undefined
      ? unspoken(inspection, link.name)
      : link.group === 0
        ? {
            saw: `${link.name} is not in group ${wanted}`,
            hint: 'run "eni-agent once" as root, which sets it',
          }
        : {
            saw: `${link.name} is in group ${link.group}, which is somebody's own, and not in ${wanted}`,
            hint: `if nothing needs that group: ip link set dev ${link.name} group 0, then "eni-agent once"`,
          };
  const costs = costsOf(inspection, link.name);
  if (costs.length === 0) return [ok(check, `${saw}; nothing is lost by that now`)];
  return [{ check, verdict: 'warning', saw: `${saw}: ${costs.join('; ')}`, hint }];
}

/** The service or the kernel has no word for it. */
function unspoken({ backend, facts }: Inspection, link: string) {
  const version = facts.versions.systemd;
  const who = facts.kernel.suppressGroup ? `${backend} here (systemd ${version})` : 'this kernel';
  return {
    saw: `${who} has no rule that leaves out the routes by ${link}`,
    hint: 'nothing can be set here; see "Known limits" in docs/safety.md',
  };
}

function costsOf({ enis, kernel }: Inspection, primaryLink: string): readonly string[] {
  const hasIpv6 = enis.some(({ plan }) => plan.addresses.some(a => a.family === 6));
  // What the ENI's table has more than its default route for comes first (tier 1), and a link-local gateway is no destination.
  const isCovered = (destination: Cidr) =>
    enis.every(({ plan }) =>
      plan.routes.some(
        r => r.table === plan.table && !isDefaultRoute(r) && contains(r.destination, destination),
      ),
    );
  const statics = kernel.routes.filter(
    r =>
      r.link === primaryLink &&
      r.table === mainTable &&
      !isDefaultRoute(r) &&
      r.protocol !== 'kernel' &&
      !isLinkLocal(networkAddress(r.destination)) &&
      !isCovered(r.destination),
  );
  return [
    ...(hasIpv6
      ? [
          `once a host has told ${primaryLink} a smaller MTU, the ENIs' IPv6 to that host is lost for ten minutes`,
        ]
      : []),
    ...(statics.length > 0
      ? [`what the ENIs send to ${listed(statics.map(r => r.destination))} leaves by ${primaryLink}`]
      : []),
  ];
}
