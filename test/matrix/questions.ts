// The questions that each step of the matrix asks: is the kernel what the plan says, to the line, does every address answer, did the primary hear
// nothing, was nothing lost, is what others own untouched?
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import type { RuleWords } from '../../agent/model/rule-words.ts';
import { letAdvertisementsGo } from '../lab/advertisements.ts';
import { agentOk } from '../lab/agent-host.ts';
import { waitFor } from '../lab/command.ts';
import { countEvents, type Events } from '../lab/event-counter.ts';
import { failedPings, pingMatrix, renderMatrix } from '../lab/ping-matrix.ts';
import { kernelOfGuest } from '../lab/proofs/proof-guest.ts';
import type { Column } from './columns.ts';
import { foreignLines, missingForeign } from './foreign.ts';
import { type Machine, planOf } from './machine.ts';
import { lossesBeyond, type Traffic } from './steady.ts';
import { changedSource, inWordsOf } from './steps.ts';

const expectedRoot = join(import.meta.dirname, 'expected');

/** A pass that must end well; returns its events, of which the primary must have none. */
export async function pass(host: Machine, settle: readonly string[] = ['eth0']): Promise<Events> {
  const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']), { settle });
  noteEvents(host, events);
  expect(events.of('eth0'), 'events of the primary').toEqual([]);
  await letAdvertisementsGo(host.vpc);
  return events;
}

export function noteEvents({ notes }: Machine, events: Events): void {
  notes.primaryEvents = (notes.primaryEvents ?? 0) + events.of('eth0').length;
}

/** @param changes of the files of the first ENI meanwhile */
export function expectNothingLost({ notes, mayLose }: Machine, traffic: Traffic, changes: number): void {
  notes.lostPings = traffic.lostPings;
  expect(lossesBeyond(traffic, { [changedSource]: changes * mayLose })).toEqual([]);
}

/**
 * The kernel equals the plan line by line, which is the same for each backend (expected/STEP-ADDRESSING.txt), every address answers in
 * all directions, and what others own is there.
 */
export async function expectPlanned(host: Machine, column: Column, step: string): Promise<void> {
  const plan = await planOf(host);
  const wanted = normalFormOfPlan(plan);
  expectSame(`${step}-${column.addressing}.txt`, wanted, host.words);
  let found: readonly string[] = [];
  let differences: readonly string[] = [];
  // A service that has just booted, or was restarted by the step, may need a moment; the agent itself has verified.
  await waitFor(
    async () => {
      found = normalFormOfKernel(await kernelOfGuest(host.vpc), plan, { foreign: foreignLines });
      differences = diffNormalForms(wanted, found);
      return differences.length === 0;
    },
    5000,
    100,
  );
  expect(differences).toEqual([]);
  host.notes.planned = { step, plan, kernel: found };
  const results = await pingMatrix(host.guest);
  expect(failedPings(results), renderMatrix(results)).toEqual([]);
}

/** @param gone what is known to go in this step */
export async function expectForeign(
  host: Machine,
  column: Column,
  gone: readonly string[] = [],
): Promise<void> {
  expect(await missingForeign(host, column.image), 'of the administrator').toEqual(gone);
}

/** One file for all backends; GOLDEN=write writes it anew, where every word of it is known. */
function expectSame(name: string, lines: readonly string[], words: RuleWords): void {
  const file = join(expectedRoot, name);
  const text = `${lines.join('\n')}\n`;
  const isWhole =
    words.suppressPrefixLength && words.links && words.boundSockets && words.primaryGroup !== undefined;
  if (process.env.GOLDEN === 'write' && isWhole) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const expected = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  expect(lines, `${name}: GOLDEN=write npm run matrix writes it`).toEqual(inWordsOf(expected, words));
}
