// Makes a machine, asks the kernel before and after the plan's lines, and holds the answers against what is right.
import { type Family, families } from '../../../agent/model/address.ts';
import { destinations } from './destinations.ts';
import { diceOf } from './dice.ts';
import { ofForwarded } from './forwarded.ts';
import { failed, judge, type Trial, type Wrong } from './judge.ts';
import { foundLines, linkLines, type Machine, managed } from './machine.ts';
import type { Answer, Step } from './namespace-run.ts';
import { planLines, planOf } from './planned.ts';
import { ofEni, ofOthers, type Question } from './questions.ts';

/** As many as one machine is asked in a family. */
const most = 260;

export function questionsOf(machine: Machine, family: Family, seed: number): readonly Question[] {
  const dice = diceOf(seed);
  const to = destinations(machine, family, dice);
  const ofEnis = managed(machine).flatMap(nic => ofEni(machine, nic, family, to, dice));
  return [
    ...dice.some(ofEnis, most * 0.7),
    ...dice.some(ofForwarded(machine, family, to), most * 0.3),
    ...dice.some(ofOthers(machine, family, to), most * 0.3),
  ];
}

/** Switches of the kernel that the machines have. */
export function sysctls({ strict }: Pick<Machine, 'strict'>): Step {
  const set = (name: string, value: number) => `echo ${value} > /proc/sys/net/${name}`;
  return {
    shell: [
      set('ipv4/ip_forward', 1),
      set('ipv6/conf/all/forwarding', 1),
      set('ipv6/conf/default/accept_dad', 0),
      ...['all', 'default'].map(name => set(`ipv4/conf/${name}/rp_filter`, strict ? 1 : 0)),
    ].join('\n'),
  };
}

export function trialOf(name: string, machine: Machine, seed: number, plan = planOf(machine)): Trial {
  const parts = families.map(family => partOf(machine, family, seed, plan));
  const of = (part: Part, from: number, to: number): Step => ({
    family: part.family,
    lines: part.lists.slice(from, to).flat(),
  });
  const [four, six] = parts as [Part, Part];
  return {
    name,
    steps: [
      sysctls(machine),
      { family: 'link', lines: linkLines(machine) },
      of(six, 0, 1),
      of(four, 0, 4),
      awaitAddresses(six.lists[0]!),
      of(six, 1, 3),
      awaitAddresses([...six.lists[0]!, ...six.lists[2]!]),
      of(six, 3, 4),
    ],
    judge: said => {
      const ofSix = [said[2]!, said[5]!, said[7]!].flat();
      const links = said[1]!.flatMap((a, i) =>
        a.error === undefined ? [] : [failed('set-up', linkLines(machine)[i]!, a)],
      );
      const wrong = [...links, ...judgeFamily(four, said[3]!), ...judgeFamily(six, ofSix)];
      return { wrong, asked: four.questions.length + six.questions.length };
    },
  };
}

/** Where a family is not used on the machine, nothing runs. */
interface Part {
  readonly family: Family;
  readonly questions: readonly Question[];
  readonly asBefore: readonly Question[];
  /** Found, asked before, planned, asked. */
  readonly lists: readonly (readonly string[])[];
}

function partOf(machine: Machine, family: Family, seed: number, plan: ReturnType<typeof planOf>): Part {
  const questions = questionsOf(machine, family, seed);
  const asBefore = questions.filter(q => typeof q.right === 'string' && q.right.startsWith('as before'));
  const lists = [
    foundLines(machine, family),
    asBefore.map(q => q.line),
    planLines(plan, family),
    questions.map(q => q.line),
  ];
  return { family, questions, asBefore, lists };
}

/**
 * Linux (6.18) adds the local route of an IPv6 address from a work queue, a moment behind the address; and a link's own fe80:: address, which
 * is the source of what goes to everybody on it, a moment behind its carrier.
 */
export function awaitAddresses(lines: readonly string[]): Step {
  const count = lines.filter(line => line.startsWith('addr add ')).length;
  const there = `ip -6 route show table local type local | grep -c '^local \\(2\\|fd\\)'`;
  const own = `ip -6 route show table local type local | grep -c '^local fe80:'`;
  const links = `ip -o link show up | grep -vc ' lo:'`;
  const isReady = `[ "$(${there})" -ge ${count} ] && [ "$(${own})" -ge "$(${links})" ]`;
  return {
    shell: `n=0; until { ${isReady}; } || [ $((n += 1)) -gt 100 ]; do sleep 0.005; done`,
  };
}

function judgeFamily({ questions, asBefore, lists }: Part, answers: readonly Answer[]): readonly Wrong[] {
  const starts = lists.map((_, i) => lists.slice(0, i).flat().length);
  const [found, before, planned, after] = lists.map((list, i) =>
    answers.slice(starts[i], starts[i]! + list.length),
  );
  const earlier = new Map(asBefore.map((q, i) => [q.line, before![i]!]));
  const broken = (what: string, list: readonly Answer[], lines: readonly string[]) =>
    list.flatMap((a, i) => (a.error === undefined ? [] : [failed(what, lines[i]!, a)]));
  return [
    ...broken('set-up', found!, lists[0]!),
    ...broken('plan', planned!, lists[2]!),
    ...questions.flatMap((q, i) => judge(q, after![i]!, earlier.get(q.line)) ?? []),
  ];
}
