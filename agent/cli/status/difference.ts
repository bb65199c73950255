// What differs from the plan, in as few lines as say it: an ENI that has nothing of what it should have needs no list of all of that. Pure.
import { describeDifference } from '../../apply/compare.ts';
import type { Comparison } from '../../pass/inspect.ts';

/** Lines that stand for themselves. */
const most = 3;

/** All of it, one line each; empty if the ENI is as planned. */
export function differencesOf({ difference, filesDiffer }: Comparison): readonly string[] {
  const file = filesDiffer ? ['a configuration file differs ("eni-agent plan" shows it)'] : [];
  return [...describeDifference(difference), ...file];
}

/** One line: the only difference, or how many there are. */
export function differenceText(eni: Comparison): string | undefined {
  const all = differencesOf(eni);
  const [first, ...more] = all;
  if (first === undefined || more.length === 0) return first;
  const { missing } = eni.difference;
  if (missing.length < 2) return `${first} (and ${more.length} more)`;
  const others = all.length - missing.length;
  const text = `${missing.length} of ${plannedCount(eni)} missing`;
  if (others === 0) return text;
  return `${text}, and ${others === 1 ? '1 other difference' : `${others} other differences`}`;
}

/** For the details: how many, the first ones, and where the others are. */
export function differenceLines(eni: Comparison, isVerbose: boolean): readonly string[] {
  const all = differencesOf(eni);
  if (all.length < 2) return all;
  const shown = isVerbose || all.length <= most + 1 ? all : all.slice(0, most);
  const rest = all.length - shown.length;
  const text = differenceText(eni)!;
  return [
    ...(eni.difference.missing.length < 2 ? [] : [text]),
    ...shown,
    ...(rest === 0 ? [] : [`and ${rest} more ("eni-agent status --verbose" lists them)`]),
  ];
}

/** Addresses, routes and rules; those that a DHCP client adds do not count, as they are no objects that are missing. */
function plannedCount({ plan }: Comparison): number {
  const mtu = plan.mtu === undefined ? 0 : 1;
  return plan.addresses.filter(a => !a.dynamic).length + plan.routes.length + plan.rules.length + mtu;
}
