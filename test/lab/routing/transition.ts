// A change of a made-up machine, in the agent's live order, with the kernel asked after each line: what stays must go on working.

import { differencesOf, planChanges } from '../../../agent/apply/eni-changes.ts';
import { additions, removals } from '../../../agent/apply/live.ts';
import { type Family, families } from '../../../agent/model/address.ts';
import { kernelOf } from '../../support/kernel-of.ts';
import type { Change } from './change-machine.ts';
import { judge, type Trial, type Wrong } from './judge.ts';
import { foundLines, linkLines, type Nic, otherLines } from './machine.ts';
import type { Said, Step } from './namespace-run.ts';
import { planLines, planOf } from './planned.ts';
import type { Question } from './questions.ts';
import { lastQuestions, stillRight } from './staying.ts';
import { awaitAddresses, sysctls } from './trial.ts';

export function transitionOf(name: string, change: Change, seed: number): Trial {
  const { before, after, bridge } = change;
  const plan = planOf(before);
  const planned = planOf(after, plan.slots);
  const live = liveLines(plan, planned);
  const parts = families.map((family): Part => {
    const questions = stillRight(change, family, seed);
    const atEnd = lastQuestions(after, family, seed);
    const found = foundLines(before, family);
    const bridgeLines = bridge === undefined ? [] : otherLines(bridge, family);
    const changes = [...bridgeLines, ...live(family)];
    const asBefore = questions
      .filter(q => typeof q.right === 'string' && q.right.startsWith('as before'))
      .map(q => q.line);
    const steps = [
      found,
      [...asBefore, ...planLines(plan, family)],
      changes.flatMap(line => [line, ...questions.map(q => q.line)]),
      atEnd.map(q => q.line),
    ].map(lines => ({ family, lines }));
    const added = [
      found,
      [...found, ...planLines(plan, family)],
      [...found, ...bridgeLines, ...planLines(planned, family)],
    ];
    const waits = added.map(lines => (family === 6 ? awaitAddresses(lines) : { shell: ':' }));
    return {
      what: change.what,
      questions,
      atEnd,
      changes,
      asBefore,
      steps: steps.flatMap((s, i) => [s, ...waits.slice(i, i + 1)]),
    };
  });
  const others = bridge === undefined ? before.others : after.others;
  const links = linkLines({ ...before, nics: allNics(change), others });
  const [four, six] = parts as [Part, Part];
  return {
    name: `${name}, ${change.what}`,
    steps: [sysctls(before), { family: 'link', lines: links }, ...four.steps, ...six.steps],
    judge: said => ({
      wrong: [four, six].flatMap((part, i) => judgePart(part, said.slice(2 + i * four.steps.length))),
      asked: parts.reduce((sum, p) => sum + p.changes.length * p.questions.length + p.atEnd.length, 0),
    }),
  };
}

interface Part {
  readonly what: string;
  readonly questions: readonly Question[];
  readonly atEnd: readonly Question[];
  readonly changes: readonly string[];
  readonly asBefore: readonly string[];
  /** Found, asked before and planned, changed, asked in the end, with a wait in between. */
  readonly steps: readonly Step[];
}

function judgePart({ what, questions, atEnd, changes, asBefore }: Part, said: Said): readonly Wrong[] {
  const [start, changed, end] = [said[2]!, said[4]!, said[6]!];
  const earlier = new Map(asBefore.map((line, i) => [line, start[i]!]));
  const wrong = changes.flatMap((line, n) => {
    const [own, ...answers] = changed.slice(n * (questions.length + 1), (n + 1) * (questions.length + 1));
    const faults = questions.flatMap((q, i) => judge(q, answers[i]!, earlier.get(q.line)) ?? []);
    const refused = own!.error === undefined ? [] : [{ what, line, said: own!.error, right: 'no error' }];
    return [...refused, ...faults.map(f => ({ ...f, what: `${what}, behind "${line}"` }))];
  });
  const last = atEnd.flatMap((q, i) => judge(q, end[i]!) ?? []);
  return [...wrong, ...last.map(f => ({ ...f, what: `${what}, in the end` }))];
}

/** The lines that the agent itself would give to `ip`. */
function liveLines(before: ReturnType<typeof planOf>, after: ReturnType<typeof planOf>) {
  const kernel = kernelOf(before.plan.enis);
  const compare = { base: 28000, ruleProtocol: true };
  const changes = planChanges({
    ...{ plan: after.plan, applied: before.plan.enis, held: [], kernel, compare },
    filesDiffer: () => false,
    superseded: () => false,
  });
  const differences = differencesOf(kernel, changes, compare);
  return (family: Family) =>
    [...additions(differences), ...removals(differences)]
      .filter(b => b.family === family)
      .flatMap(b => b.lines);
}

const allNics = ({ before, after }: Change): readonly Nic[] => [
  ...after.nics,
  ...before.nics.filter(n => !after.nics.some(o => o.number === n.number)),
];
