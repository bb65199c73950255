// What is asked while something changes: of ENIs and addresses that stay.
import type { Family } from '../../../agent/model/address.ts';
import type { Change } from './change-machine.ts';
import { destinations } from './destinations.ts';
import { diceOf } from './dice.ts';
import { ofForwarded } from './forwarded.ts';
import { localAddresses, type Machine, managed, type Nic, networkOf } from './machine.ts';
import { isIn, same } from './net.ts';
import { ofEni, ofOthers, type Question } from './questions.ts';

/** Asked behind each line. */
const perLine = 30;

/** What is asked all the time: of ENIs and addresses that stay, to what is nobody's before and after. Either answer is right on the way. */
export function stillRight(
  { before, after, bridge }: Change,
  family: Family,
  seed: number,
): readonly Question[] {
  const coming = (bridge?.addresses ?? []).map(networkOf);
  const own = [...localAddresses(before), ...localAddresses(after)];
  const all = [
    ...destinations(before, family, diceOf(seed)),
    ...destinations(after, family, diceOf(seed + 1)),
  ];
  const to = all.filter(
    (d, i) =>
      !own.some(a => same(a, d)) && !coming.some(c => isIn(d, c)) && all.findIndex(o => same(o, d)) === i,
  );
  const listOf = (machine: Machine, other: Machine) => [
    ...managed(machine).flatMap(nic => {
      const staying = stayingOf(nic, other);
      return staying === undefined ? [] : ofEni(machine, staying, family, to, diceOf(seed));
    }),
    ...ofOthers(machine, family, to),
    ...ofForwarded(machine, family, to),
  ];
  const later = new Map(listOf(after, before).map(q => [q.line, q.right]));
  const both = listOf(before, after).flatMap(q => {
    const right = later.get(q.line);
    if (right === undefined) return [];
    if (typeof right === 'string' || typeof q.right === 'string') {
      // A machine without an address of its own takes one of the bridge that comes.
      const link = { ...q, right: 'as before, link' as const };
      return right !== q.right ? [] : right === 'as before' && bridge !== undefined ? [link] : [q];
    }
    return [{ ...q, right: [...q.right, ...right] }];
  });
  return diceOf(seed).some(both, perLine);
}

/** The ENI with those of its addresses that the other machine has as well. */
function stayingOf(nic: Nic, other: Machine): Nic | undefined {
  const there = managed(other).find(n => n.number === nic.number);
  if (there === undefined) return undefined;
  const staying = (f: Family) => ({
    ...nic.sides[f],
    vips: [],
    prefixes: nic.sides[f].prefixes.filter(p => there.sides[f].prefixes.some(o => same(o, p))),
    addresses: nic.sides[f].addresses.filter(a => there.sides[f].addresses.some(o => same(o, a))),
  });
  return { ...nic, sides: { 4: staying(4), 6: staying(6) } };
}

/** Of an ENI that comes they are not there. */
function withoutVips(nic: Nic): Nic {
  const bare = (f: Family) => ({ ...nic.sides[f], vips: [] });
  return { ...nic, sides: { 4: bare(4), 6: bare(6) } };
}

/** What is asked in the end: everything of every ENI. */
export function lastQuestions(after: Machine, family: Family, seed: number): readonly Question[] {
  const dice = diceOf(seed + 2);
  const to = destinations(after, family, dice);
  const asked = managed(after).flatMap(nic => ofEni(after, withoutVips(nic), family, to, dice));
  return dice.some(
    asked.filter(q => q.right !== 'as before, link'),
    60,
  );
}
