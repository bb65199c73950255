// Address translation that means an ENI and does not get it: the route is chosen by the source that the packet has before (SNAT) or still has
// (the answer of a published port), which is no address of the ENI.
import { type Cidr, contains, type Ip, parseCidr, parseIp } from '../../model/address.ts';
import { listed } from '../../model/listed.ts';
import type { EniPlan } from '../../model/network-plan.ts';
import type { Inspection } from '../../pass/inspect.ts';
import type { PassContext } from '../../pass/pass.ts';
import { type Finding, ok } from '../finding.ts';
import { type AddressRule, readAddressRules } from './address-rules.ts';

export async function translation(
  inspection: Inspection,
  { system }: Pick<PassContext, 'system'>,
): Promise<readonly Finding[]> {
  const plans = inspection.enis.map(e => e.plan);
  if (plans.length === 0) return [];
  const rules = await readAddressRules({ system });
  return [...newSources(rules, plans), ...published(rules, plans, inspection)];
}

/** SNAT to an ENI's address, or masquerading by its link. */
function newSources(rules: readonly AddressRule[], plans: readonly EniPlan[]): readonly Finding[] {
  return rules.flatMap((rule): readonly Finding[] => {
    if (rule.kind === 'dnat') return [];
    const plan = plans.find(p => (rule.kind === 'snat' ? has(p, rule.to) : p.link === rule.out));
    if (plan === undefined) return [];
    const source = rule.source === undefined ? undefined : networkOf(rule.source);
    if (source !== undefined && leavesBy(plan, source)) return [];
    const how = rule.kind === 'snat' ? `SNAT to ${rule.to} of ${plan.link}` : `masquerading by ${plan.link}`;
    return [
      {
        check: 'translation',
        verdict: 'warning',
        saw: `${how}: the route is chosen before that, by ${source === undefined ? 'the source that the packet has' : source}, and leads to the primary`,
        hint: `set sources = ${source ?? 'NETWORK (where these packets come from)'} in [eni "${plan.mac}"]; all packets of that network leave by ${plan.link} then`,
      },
    ];
  });
}

/** Only said where it is meant for an ENI: most machines publish ports on the primary. */
function published(
  rules: readonly AddressRule[],
  plans: readonly EniPlan[],
  { kernel }: Inspection,
): readonly Finding[] {
  if (plans.some(plan => plan.rules.some(rule => rule.fwmark !== undefined))) return [];
  const to = rules.filter(rule => rule.kind === 'dnat' && isBehindBridge(rule.to, plans, kernel));
  if (to.length === 0) return [];
  const meant = to.flatMap(({ destination }) => {
    const network = destination === undefined ? undefined : networkOf(destination);
    if (network === undefined) return [];
    return plans.flatMap(p =>
      p.addresses.filter(a => contains(network, a.ip)).map(a => `${a.ip} of ${p.link}`),
    );
  });
  const check = 'translation';
  const hint =
    'set published-ports = yes in [routing]; not beside Calico or Cilium, which use the same bits of the mark';
  if (meant.length > 0)
    return [
      {
        check,
        verdict: 'warning',
        saw: `ports of ${listed([...new Set(meant)])} are published from containers, whose answers leave by the primary`,
        hint,
      },
    ];
  return [
    ok(
      check,
      `ports are published from containers; on the address of an ENI they need "published-ports = yes" in [routing]`,
    ),
  ];
}

function isBehindBridge(
  text: string | undefined,
  plans: readonly EniPlan[],
  { routes, links, addresses }: Inspection['kernel'],
): boolean {
  const ip = text === undefined ? undefined : parseIp(text);
  if (ip === undefined || addresses.some(a => a.ip === ip)) return false;
  const nics = new Set([...links.filter(l => l.physical).map(l => l.name), ...plans.map(p => p.link)]);
  return routes.some(
    r =>
      r.gateway === undefined &&
      r.link !== undefined &&
      !nics.has(r.link) &&
      !r.destination.endsWith('/0') &&
      contains(r.destination, ip),
  );
}

function has(plan: EniPlan, text: string | undefined): boolean {
  const ip: Ip | undefined = text === undefined ? undefined : parseIp(text);
  return ip !== undefined && plan.addresses.some(a => a.ip === ip);
}

function leavesBy(plan: EniPlan, source: Cidr): boolean {
  return plan.rules.some(
    r => r.table === plan.table && r.from !== undefined && !r.localOnly && contains(r.from, source),
  );
}

function networkOf(text: string): Cidr | undefined {
  const ip = parseIp(text);
  return parseCidr(ip === undefined ? text : `${text}/${text.includes(':') ? 128 : 32}`);
}
