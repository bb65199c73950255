// What a change has added and removed, as one line for a person. Pure.
import { type EniChange, eniOf } from '../../../renderers/renderer.ts';
import { fewOf } from '../../log/text.ts';
import type { KernelState } from '../../model/kernel-state.ts';
import type { EniPlan } from '../../model/network-plan.ts';
import { type CompareOptions, type Difference, describeDifference } from '../compare.ts';
import { type KernelObject, leasedKey, planObjects } from '../kernel-objects.ts';

/** Keys of objects of the kernel. */
export interface Delta {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * What an apply does to the kernel.
 *
 * @param kernel as it is before
 * @param difference between that and the plan, for this change
 */
export function deltaOf(
  change: EniChange,
  difference: Difference,
  kernel: KernelState,
  options: CompareOptions,
): Delta {
  // Where the link has gone its addresses have gone with it: they are named all the same.
  if (change.kind === 'removed') return { added: [], removed: keysOf(change.before, options) };
  const { link, addresses } = change.after;
  const isThere = (ip: string) => kernel.addresses.some(a => a.link === link && a.ip === ip);
  const leased = addresses.filter(a => a.dynamic && !isThere(a.ip)).map(a => leasedKey(link, a.ip));
  return {
    added: [...leased, ...difference.missing.map(o => o.key)],
    removed: difference.stale.map(o => o.key),
  };
}

/** What one plan has and the other does not. Undefined: nothing of the ENI. */
export function deltaOfPlans(
  before: EniPlan | undefined,
  after: EniPlan | undefined,
  options: CompareOptions,
): Delta {
  const [then, now] = [before, after].map(plan => (plan === undefined ? [] : keysOf(plan, options)));
  return {
    added: now!.filter(key => !then!.includes(key)),
    removed: then!.filter(key => !now!.includes(key)),
  };
}

function keysOf(plan: EniPlan, options: CompareOptions): readonly string[] {
  const leased = plan.addresses.filter(a => a.dynamic).map(a => leasedKey(plan.link, a.ip));
  return [...leased, ...planObjects(plan, options).map((o: KernelObject) => o.key)];
}

/** `added: +10.0.1.12, +4 routes, +6 rules`. @param drift what was wrong, if this only repairs it */
export function describeChange(change: EniChange, delta: Delta, drift: readonly string[]): string {
  const parts = [...describeDelta(delta), ...otherThan(delta, drift)];
  const word = drift.length > 0 ? 'repaired' : change.kind;
  return parts.length === 0 ? word : `${word}: ${fewOf(parts, ', ', 8)}`;
}

/** Addresses by name; routes and rules as well if they are few, else how many. */
export function describeDelta({ added, removed }: Delta): readonly string[] {
  const isShort = [...added, ...removed].filter(key => !/^(address|mtu) /.test(key)).length <= 2;
  return [...signed('+', added, isShort), ...signed('-', removed, isShort)];
}

const mostAddresses = 5;

function signed(sign: '+' | '-', keys: readonly string[], isShort: boolean): readonly string[] {
  const of = (kind: string) => keys.filter(key => key.startsWith(`${kind} `));
  const named = (kind: string) => of(kind).map(key => `${sign}${nameOf(key)}`);
  const addresses = named('address');
  const counted = (kind: 'route' | 'rule') => {
    const { length } = of(kind);
    return length === 0 ? [] : [`${sign}${length} ${length === 1 ? kind : `${kind}s`}`];
  };
  return [
    ...(addresses.length === 0 ? [] : [fewOf(addresses, ', ', mostAddresses)]),
    ...named('mtu'),
    ...(isShort ? [...named('route'), ...named('rule')] : [...counted('route'), ...counted('rule')]),
  ];
}

/** The key without what the line says anyway: the link, the length of a single address, the family of a rule. */
function nameOf(key: string): string {
  return key
    .replace(/^address \S+ ([\da-f.:]+)(\/(32|128)(?!\d))?/, '$1')
    .replace(/^mtu \S+/, 'mtu')
    .replace(/^route (\d+) (.*?) dev \S+/, 'route $2 table $1')
    .replace(/^rule \d+ /, 'rule ');
}

/** Of what was wrong that which is no object: a link that was down, a file that was edited. */
function otherThan({ added, removed }: Delta, drift: readonly string[]): readonly string[] {
  const objects = (keys: readonly string[]) => keys.map(key => ({ key }) as KernelObject);
  const said = describeDifference({ missing: objects(added), stale: objects(removed), faults: [] });
  return drift.filter(line => !said.includes(line));
}

/** Fields of the log that say which ENI it is. */
export function fieldsOf(change: EniChange) {
  const eni = eniOf(change);
  return { eni: eni.eniId ?? eni.mac, link: eni.link, table: eni.table };
}
