// What old systemd-networkd cannot say, as a script of networkd-dispatcher, which is part of Ubuntu's images. For the backends
// networkd and netplan. Source: systemd.network(5) and networkd of 237 to 246. Knows no [section].
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { addRuleOnceLine, linkWord } from '../formats/ip-commands.ts';
import { ownLinkOrExit } from '../formats/own-link.ts';
import { type FileText, marker } from '../renderer.ts';
import { speaksRule, systemdAtLeast } from './sections.ts';

const dispatcherFolder = '/etc/networkd-dispatcher/routable.d';

export const dispatcherFiles = { dir: dispatcherFolder, name: /^60-eni-[a-zA-Z0-9_.-]+$/ } as const;

/**
 * Tier 2 for systemd before 245 (Ubuntu 18.04: 237), and a lease's connected route for systemd before 246 (Ubuntu 20.04: 245): a
 * script that networkd-dispatcher runs when the link has an address. networkd before 248 leaves rules of others alone. Without
 * networkd-dispatcher there is no file: from a reboot until the agent's first pass tier 2 is missing then, and verify tells of
 * the connected route.
 */
export function dispatcherFor(eni: EniPlan, facts: HostFacts): readonly FileText[] {
  const rules = eni.rules.filter(rule => !speaksRule(rule, facts)).map(addRuleOnceLine);
  const routes = dropConnectedRoutes(eni, facts);
  const present = facts.paths.some(path => path.includes('networkd-dispatcher'));
  if (rules.length + routes.length === 0 || !present) return [];
  const link = linkWord(eni.link);
  const lines = [
    '#!/bin/sh',
    // A script needs its interpreter on line 1, so the marker is on line 2.
    `# ${marker}`,
    ...ownLinkOrExit('$IFACE', eni),
    ...(rules.length > 0
      ? ['# systemd before 245 cannot say suppress_prefixlength in a .network file.']
      : []),
    ...rules,
    ...(routes.length > 0 ? ["# systemd before 246 may leave the lease's subnet in main."] : []),
    ...routes,
  ];
  // networkd-dispatcher skips a script that is not of root or that others may write.
  return [{ path: `${dispatcherFolder}/60-eni-${link}`, mode: 0o755, content: `${lines.join('\n')}\n` }];
}

/**
 * Before 246 the kernel may make the connected route of a leased address, in main, whatever RouteTable= says. A renewal changes
 * the address in place and does not bring the route back. `proto kernel`: nobody's own route is hit.
 */
function dropConnectedRoutes(eni: EniPlan, facts: HostFacts): readonly string[] {
  if (eni.addressing !== 'dhcp' || eni.connectedRoute || systemdAtLeast(facts, 246)) return [];
  return eni.routes
    .filter(r => r.family === 4 && r.gateway === undefined && r.table === eni.table)
    .map(
      r =>
        `ip -4 route del ${r.destination} dev ${linkWord(eni.link)} proto kernel table 254 2>/dev/null || true`,
    );
}
