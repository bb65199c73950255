// An administrator's own lines for a second NIC, as a vendor's instructions have them.
import { bootScripts, linesByHand, placesOf, ruleByHand } from '../../coexistence/by-hand.ts';
import { bandWidth } from '../../plan/numbering.ts';
import { type Rival, secondaryLinks } from './rival.ts';

export const routesByHand: Rival = {
  name: 'a set of routes by hand',
  traces: [...bootScripts, 'from ADDRESS lookup N'],
  effect:
    'adds routes and rules of its own for the ENI: its default route in main keeps the agent from it, its rules may win',
  step: 'remove these lines, and what they have added (a reboot does); the agent then makes routes and rules of its own',
  find: view => {
    const { inspection, settings, rival } = view;
    const links = secondaryLinks(view);
    const lines = linesByHand(rival.files, links);
    if (lines.length > 0) return { evidence: placesOf(lines) };
    const { base } = settings.routing;
    const rule = ruleByHand(
      inspection.kernel,
      links,
      // A table in the agent's band is looked at by another check.
      r => r.table !== undefined && r.table >= base && r.table < base + bandWidth,
    );
    return rule && { evidence: `the rule ${rule.priority}: from ${rule.from} lookup ${rule.table}` };
  },
};
