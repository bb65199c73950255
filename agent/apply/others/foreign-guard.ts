// What others have beside our ENIs, made safe from the backend: networkd deletes rules that it did not add whenever it configures a link
// anew (248 and later, from 249 on unless ManageForeignRoutingPolicyRules=no), and addresses and routes of others on that link with them. They
// are put back as soon as they are missed; nothing can keep networkd from it.
import type { EniChange } from '../../../renderers/renderer.ts';
import { bits } from '../../model/address.ts';
import { addressKey, type KernelState, ruleKey } from '../../model/kernel-state.ts';
import { type EniPlan, isDefaultRoute, mainTable } from '../../model/network-plan.ts';
import type { ApplyContext } from '../apply-context.ts';
import { type CompareOptions, compareEni } from '../compare.ts';
import { additionOf, type KernelObject, keyOfRoute, planObjects } from '../kernel-objects.ts';
import { isPlannedInMain } from '../own-objects.ts';
import { keysOn } from './found.ts';

/** Routes that come and go by themselves. */
const volatileProtocols = ['kernel', 'ra', 'dhcp', 'redirect'];

interface Ours {
  /** Plans that are configured: their links are known. */
  readonly applied: readonly EniPlan[];
  readonly changes: readonly EniChange[];
  /** Plans of ENIs that are to be right afterwards. */
  readonly planned?: readonly EniPlan[];
}

/** What of others the service in charge may delete when it loads this change; nothing where it leaves others alone. */
export function foreignBeside(
  { renderer, compare }: Pick<ApplyContext, 'renderer' | 'compare'>,
  kernel: KernelState,
  { applied, changes, planned = [] }: Ours,
): readonly KernelObject[] {
  const kinds: readonly string[] = renderer.dropsForeign ?? [];
  if (kinds.length === 0) return [];
  const changed = changes.flatMap(c => [
    ...(c.kind === 'added' ? [] : [c.before]),
    ...(c.kind === 'removed' ? [] : [c.after]),
  ]);
  const known = new Set(applied.map(e => e.link));
  return foreignObjects(kernel, [...planned, ...changed, ...applied], known, compare).filter(object =>
    kinds.includes(object.kind),
  );
}

/**
 * Everything of others that an apply may cost: all rules that are not ours, and on the links of the ENIs that we have configured
 * before, the static addresses and routes that are not ours.
 *
 * @param enis plans of all ENIs, before and after: what is in them is ours
 * @param known links that were ours before this apply; on a new one the image's own configuration makes way for ours
 */
export function foreignObjects(
  state: KernelState,
  enis: readonly EniPlan[],
  known: ReadonlySet<string>,
  options: CompareOptions,
): readonly KernelObject[] {
  const own = new Set(
    enis.flatMap(eni =>
      [
        ...planObjects(eni, options),
        ...compareEni(state, undefined, eni, options).stale,
        // Its connected route in main, whoever has added that: what an apply takes away on purpose.
        ...compareEni(state, eni, undefined, options).stale,
      ].map(o => o.key),
    ),
  );
  const tables = new Set(enis.map(eni => eni.table));
  const ips = new Set(enis.flatMap(eni => eni.addresses.map(a => a.ip)));
  const rest: KernelState = {
    ...state,
    // The leased one too, whatever length the client gave it.
    addresses: state.addresses.filter(a => !ips.has(a.ip)),
    // What a backend adds to our table of its own accord, such as NetworkManager's host route to a link-local gateway.
    // A default route by an ENI in main is nobody's right.
    routes: state.routes.filter(
      r =>
        !tables.has(r.table) &&
        !(r.table === mainTable && isDefaultRoute(r)) &&
        !enis.some(eni => isPlannedInMain(r, eni)),
    ),
  };
  return foreignIn(rest, known).filter(object => !own.has(object.key));
}

/** Those of `before` that the kernel has no longer. */
export function lostForeign(before: readonly KernelObject[], now: KernelState): readonly KernelObject[] {
  const links = new Set(now.links.filter(l => l.up).map(l => l.name));
  const shown = foreignIn(now, new Set(now.links.map(l => l.name))).map(o => o.key);
  const present = new Set([...shown, ...keysOn(now)]);
  // With its link an address goes for good; on a link that is down the kernel refuses routes.
  return before.filter(o => !present.has(o.key) && (o.kind === 'rule' || links.has(linkOf(o))));
}

function foreignIn(state: KernelState, links: ReadonlySet<string>): readonly KernelObject[] {
  const rules = state.rules.flatMap((rule): readonly KernelObject[] =>
    // `[detached]` and the like are remarks, no words that `ip rule add` takes.
    rule.text === undefined || rule.text.includes('[')
      ? []
      : [
          {
            key: `${ruleKey(rule)} ${rule.opaque ?? ''}`.trim(),
            kind: 'rule',
            family: rule.family,
            add: `rule add ${rule.text} priority ${rule.priority}`,
            remove: '',
          },
        ],
  );
  const addresses = state.addresses
    .filter(a => links.has(a.link) && a.scope === 'global' && !a.dynamic && !a.tentative)
    .map((a): KernelObject => {
      const nodad = a.family === 6 ? ' nodad' : '';
      const broadcast = a.family === 4 && a.prefixLength < bits(a.ip) ? ' broadcast +' : '';
      return {
        key: addressKey(a),
        kind: 'address',
        family: a.family,
        add: `addr add ${a.ip}/${a.prefixLength} dev ${a.link}${nodad}${broadcast}`,
        remove: '',
      };
    });
  const routes = state.routes
    .filter(r => r.link !== undefined && links.has(r.link) && !volatileProtocols.includes(r.protocol))
    .map(
      (r): KernelObject => ({
        key: keyOfRoute(r),
        kind: 'route',
        family: r.family,
        add: additionOf(r),
        remove: '',
      }),
    );
  return [...addresses, ...routes, ...rules];
}

function linkOf({ key }: KernelObject): string {
  const words = key.split(' ');
  return (words[0] === 'address' ? words[1] : words[words.indexOf('dev') + 1]) ?? '';
}
