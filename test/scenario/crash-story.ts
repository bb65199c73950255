// Killing the agent at a step of an apply, and what is compared afterwards.
import { expect } from 'vitest';
import { emptyState, type State } from '../../agent/apply/state-file.ts';
import { readSettings } from '../../agent/config/read-settings.ts';
import { textLine } from '../../agent/log/text.ts';
import { logAt } from '../../agent/log.ts';
import { finishInterrupted } from '../../agent/pass/finish-interrupted.ts';
import type { Machine, Picture } from '../support/fake-machine.ts';
import { strictPicture } from '../support/strict-picture.ts';

export const checkpoint = '/var/lib/eni-agent/checkpoint.json';

/** Makes a machine that is about to do one thing. */
export type Prepare = () => Promise<Machine>;

export interface End {
  readonly picture: Picture;
  readonly state: Omit<State, 'taken'> & { readonly taken: unknown };
}

/** Runs the work once without harm, for what it looks like before and after, and how many steps it takes. */
export async function rehearse(prepare: Prepare) {
  const machine = await prepare();
  machine.system.restart();
  const reset = machine.system.snapshot();
  const before = end(machine);
  const strict = await strictPicture(machine);
  const after: End[] = [];
  // A command may make two applies (DHCP): the end of each is a new state.
  machine.system.interfere({
    match: /^remove .*checkpoint/,
    when: 'after',
    act: () => after.push(end(machine)),
  });
  await onceAsIs(machine);
  const steps = machine.system.steps.length;
  const ends = [...after];
  return { machine, reset, before, strict, after: ends, steps };
}

async function onceAsIs(machine: Machine): Promise<void> {
  const outcome = await machine.agent('once');
  expect(outcome.code, `${outcome.out}${outcome.err}`).toBe(0);
}

export async function crash(machine: Machine, step: number): Promise<void> {
  machine.system.crashBefore = step;
  await machine.agent('once');
  expect(machine.system.isDead).toBe(true);
  machine.system.restart();
}

export async function finish(machine: Machine): Promise<void> {
  const { system } = machine;
  const errors: string[] = [];
  const log = logAt('error', (_level, fields, message) => errors.push(textLine(fields, message)));
  const settings = await readSettings(system);
  await finishInterrupted({ system, settings, log });
  expect(errors).toEqual([]);
  expect(system.files.has(checkpoint)).toBe(false);
}

/** Everything that counts: files and kernel, and what the agent remembers. A temporary file is no part of any configuration. */
export function end(machine: Machine): End {
  const { files, kernel } = machine.picture();
  // What dhclient remembers of a lease that it gave back is its own affair.
  const passing = /\.eni-agent\.tmp|^\/var\/lib\/dhcp\//;
  const dead = isGone(machine);
  const kept = Object.entries(files).filter(
    ([path]) => !passing.test(path) && !(dead && path.includes('ifstate')),
  );
  const state = machine.state() ?? {};
  const taken = Object.fromEntries(
    Object.entries(state.taken ?? {}).map(([mac, link]) => [mac, link.objects]),
  );
  return {
    picture: {
      files: Object.fromEntries(kept),
      kernel: kernel.filter(line => !isDeadRule(machine, line)),
    },
    // No state file and an empty one mean the same. How a link was found when is another story after each boot.
    state: { ...emptyState, ...state, taken },
  };
}

/**
 * The rules of a link that has gone lead to an empty table. ifdown deletes them one by one and forgets the link, and nothing can or has to put
 * that back.
 */
export function isDeadRule(machine: Machine, line: string): boolean {
  return isGone(machine) && /^rule \d (28[036]00|33000)[: ]/.test(line);
}

function isGone({ system }: Machine): boolean {
  return system.kernel.links.every(l => l.name !== 'eth1');
}

export function isSame(a: End, b: End): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function leftovers(machine: Machine): readonly string[] {
  return [...machine.system.files.keys()].filter(path => path === checkpoint || path.endsWith('.tmp'));
}
