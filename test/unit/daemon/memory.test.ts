import { describe, expect, test } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  afterPass,
  afterQuiet,
  errorOf,
  type Memory,
  newMemory,
  type PassOccasion,
} from '../../../agent/daemon/memory.ts';
import type { Moment } from '../../../agent/daemon/timing/moment.ts';
import { AgentError } from '../../../agent/errors.ts';
import { macA, passOf } from './made-up-pass.ts';

const t0 = Date.parse('2026-01-15T10:00:00Z');
const drift = [{ mac: macA, lines: ['missing: rule'], byService: false }];
const down = new AgentError('metadata-unreachable', 'nobody there');
const lost = new AgentError('verify-failed', 'missing: rule');
const late = passOf({ problems: [{ subject: 'x', text: 'late' }] });

/** A look so many seconds after the start. */
function pass(memory: Memory, second: number, more: Partial<PassOccasion> = {}): Memory {
  const look = { ...moment(second), triggers: ['timer'] as const, pass: passOf({ enis: [{}] }) };
  return afterPass(memory, {
    ...look,
    repaired: [],
    unclaimed: [],
    news: false,
    otherLinks: false,
    owes: false,
    isEvicted: false,
    ...more,
  });
}

function fail(
  memory: Memory,
  second: number,
  error = down,
  failed: 'metadata' | 'pass' = 'metadata',
): Memory {
  const look = { ...moment(second), triggers: ['timer'] as const };
  return afterFailure(memory, look, error, failed === 'pass' ? [macA] : 'metadata');
}

function quiet(memory: Memory, second: number, scheduled = true): Memory {
  return afterQuiet(memory, { ...moment(second), triggers: ['timer'] }, scheduled);
}

const settled: Memory = { ...pass(newMemory(iso(0)), 0), mood: 'quiet', tries: 3 };

describe('the mood after a look', () => {
  test.each<[string, Memory, Memory['mood'], number]>([
    ['a change', pass(settled, 1, { pass: passOf({ outcome: 'applied', enis: [{}] }) }), 'watchful', 0],
    ['news', pass(settled, 1, { news: true }), 'watchful', 0],
    ['nothing', pass(settled, 1), 'quiet', 4],
    ['something late', pass(settled, 1, { pass: late }), 'lagging', 0],
    ['late again', pass(pass(settled, 1, { pass: late }), 2, { pass: late }), 'lagging', 1],
    ['a link that nobody knows', pass(settled, 1, { unclaimed: ['eth7'], otherLinks: true }), 'lagging', 0],
    ['a quiet look', quiet(settled, 1), 'quiet', 4],
    ['a look that the clock did not ask for', quiet(settled, 1, false), 'quiet', 3],
    ['a failure', fail(settled, 1), 'failing', 0],
    ['two', fail(fail(settled, 1), 2), 'failing', 1],
    ['a failed apply after a failed service', fail(fail(fail(settled, 1), 2), 3, lost, 'pass'), 'failing', 0],
    ['a failed service after a failed apply', fail(fail(settled, 1, lost, 'pass'), 2), 'failing', 1],
    ['the end of a failure', quiet(afterAnswer(fail(settled, 1), iso(0)), 2), 'quiet', 0],
  ])('%s', (_name, memory, mood, tries) => {
    expect([memory.mood, memory.tries]).toEqual([mood, tries]);
  });

  test('watching ends by itself', () => {
    let memory = pass(settled, 0, { news: true });
    for (let i = 1; i < 8; i += 1) memory = quiet(memory, i);
    expect(memory.mood).toBe('watchful');
    expect(quiet(memory, 9).mood).toBe('quiet');
  });

  test('another thing that is late is no reason to hurry, another link is', () => {
    const other = passOf({ problems: [{ subject: 'y', text: 'late as well' }] });
    const waiting = { ...pass(settled, 1, { pass: late }), tries: 5 };
    expect(pass(waiting, 2, { pass: other, news: true }).tries).toBe(6);
    expect(pass(waiting, 2, { pass: other, otherLinks: true }).tries).toBe(0);
  });

  test('a service that goes to and fro between holes and no answer is asked less and less', () => {
    let memory = settled;
    const seen: (readonly [string, number])[] = [];
    for (let i = 0; i < 10; i += 1) {
      memory = i % 2 === 0 ? fail(memory, i) : pass(afterAnswer(memory, iso(0)), i, { pass: late });
      seen.push([memory.mood, memory.tries]);
    }
    expect(seen.slice(0, 6)).toEqual([
      ['failing', 0],
      ['lagging', 3],
      ['failing', 2],
      ['lagging', 5],
      ['failing', 4],
      ['lagging', 7],
    ]);
    expect(memory.mood).toBe('lagging');
  });
});

describe('errors', () => {
  test('the same in a row are counted, another begins anew', () => {
    const twice = fail(fail(settled, 1), 2);
    expect(errorOf(twice)).toMatchObject({ code: 'metadata-unreachable', times: 2, since: iso(1) });
    expect(errorOf(fail(twice, 3, lost, 'pass'))).toMatchObject({
      code: 'verify-failed',
      times: 1,
      since: iso(3),
    });
  });

  test('a failed service says nothing about the ENIs, a failed apply does', () => {
    expect(fail(settled, 1).enis).toEqual(settled.enis);
    expect(fail(settled, 1).metadata.state).toBe('failing');
    const failed = fail(settled, 1, lost, 'pass');
    expect(failed.enis).toMatchObject([{ mac: macA, state: 'failed', since: iso(1), text: 'missing: rule' }]);
    expect(failed.metadata).toEqual(settled.metadata);
    expect(fail(failed, 2, lost, 'pass').enis[0]).toMatchObject({ since: iso(1), lastError: { at: iso(2) } });
  });

  test('an ENI that never worked is shown as failed, too', () => {
    expect(fail(newMemory(iso(0)), 1, lost, 'pass').enis).toMatchObject([{ mac: macA, state: 'failed' }]);
  });

  test('an answer ends the error of the service, a pass that of an apply', () => {
    expect(errorOf(afterAnswer(fail(settled, 1), iso(0)))).toBeNull();
    const failed = fail(settled, 1, lost, 'pass');
    expect(errorOf(afterAnswer(failed, iso(0)))).not.toBeNull();
    expect(errorOf(pass(failed, 2))).toBeNull();
    expect(pass(failed, 2).tookBack).toBe(false);
  });

  test('an apply that failed is still told when the service has failed and answers again', () => {
    const both = fail(fail(settled, 1, lost, 'pass'), 2);
    expect(errorOf(both)).toMatchObject({ code: 'verify-failed', times: 1 });
    expect(errorOf(afterAnswer(both, iso(0)))).toMatchObject({ code: 'verify-failed', since: iso(1) });
  });

  test('a pass by what was believed before ends nothing of it', () => {
    const failed = fail(newMemory(iso(0)), 1, lost, 'pass');
    const other = pass(failed, 2, { owes: true, pass: passOf({ enis: [] }) });
    expect(other).toMatchObject({ mood: 'failing', tookBack: true, enis: [{ mac: macA, state: 'failed' }] });
    expect(errorOf(other)).toMatchObject({ code: 'verify-failed' });
  });

  test('a repair while the service fails does not end the error of the service', () => {
    const repaired = pass(fail(settled, 1), 2, {
      pass: passOf({ outcome: 'applied', enis: [{}] }),
      repaired: drift,
    });
    expect(errorOf(repaired)).toMatchObject({ code: 'metadata-unreachable' });
    expect(repaired.metadata.state).toBe('failing');
  });

  test('an apply that failed stays to be tried again when the service fails in between', () => {
    expect(fail(fail(settled, 1, lost, 'pass'), 2).tookBack).toBe(true);
  });
});

test('counters', () => {
  const applied = { pass: passOf({ outcome: 'applied', enis: [{}] }) };
  let memory = newMemory(iso(0));
  memory = pass(memory, 1, applied);
  memory = pass(memory, 2, { ...applied, repaired: drift });
  memory = quiet(fail(fail(memory, 3), 4, lost, 'pass'), 5);
  expect(memory.counters).toEqual({ passes: 3, quiet: 1, changes: 2, repairs: 1, failures: 2 });
  expect(memory.lastChange).toEqual({
    at: iso(2),
    triggers: ['timer'],
    lines: ['changed eni-1 on eth1', 'wrote /etc/x'],
  });
});

test('the fifth repair in a minute puts the brake on: braked, and the ENI is contested', () => {
  const repair = { pass: passOf({ outcome: 'applied', enis: [{}] }), repaired: drift };
  let memory = settled;
  for (let i = 1; i <= 4; i += 1) memory = pass(memory, i, repair);
  expect(memory).toMatchObject({ mood: 'watchful', enis: [{ state: 'working' }] });
  memory = pass(memory, 5, repair);
  expect(memory).toMatchObject({
    mood: 'braked',
    fights: [{ drift: drift[0] }],
    enis: [{ state: 'contested' }],
  });
  // A pass that repairs nothing keeps the picture while the brake is on, and ends it afterwards.
  expect(pass(memory, 30).enis).toMatchObject([{ state: 'contested' }]);
  expect(pass(memory, 66)).toMatchObject({ fights: [{ drift: undefined }], enis: [{ state: 'working' }] });
});

describe('while the brake of one ENI is on', () => {
  const repair = { pass: passOf({ outcome: 'applied', enis: [{}] }), repaired: drift };
  const braked = [1, 2, 3, 4, 5].reduce((memory, second) => pass(memory, second, repair), settled);
  const leftAlone = passOf({ skipped: [{ mac: macA, reason: 'contested' }] });

  test('what is late is looked for as often as ever', () => {
    const waiting = pass(braked, 6, { pass: leftAlone, unclaimed: ['eth7'], otherLinks: true });
    expect(waiting).toMatchObject({ mood: 'lagging', tries: 0, enis: [{ state: 'contested' }] });
    expect(pass(waiting, 7, { pass: leftAlone })).toMatchObject({ mood: 'braked' });
  });

  test('a pass that leaves it alone does not say that it is as planned', () => {
    const undone = { ...braked, picture: { ...braked.picture, notAsPlanned: [macA] } };
    expect(pass(undone, 6, { pass: leftAlone }).picture.notAsPlanned).toEqual([macA]);
    expect(pass(undone, 6).picture.notAsPlanned).toEqual([]);
  });

  test('a repair that failed goes on to be told, though a pass for the others ends well', () => {
    const look = { ...moment(1), triggers: ['kernel'] as const, repaired: drift };
    const once = afterFailure(settled, look, lost, [macA]);
    const again = afterFailure(afterFailure(once, look, lost, [macA]), look, lost, [macA]);
    expect(again).toMatchObject({ mood: 'braked', enis: [{ state: 'contested' }] });
    const served = pass(again, 10, { pass: leftAlone });
    expect(served).toMatchObject({ failure: { message: lost.message, times: 3 }, tookBack: false });
    expect(pass(served, 70).failure).toBeNull();
  });

  test('a claim of somebody else is told before the fight', () => {
    const claimed = passOf({ skipped: [{ mac: macA, reason: 'configured-elsewhere' }] });
    expect(pass(braked, 6, { pass: claimed }).enis).toMatchObject([{ state: 'left-alone' }]);
  });
});

function moment(second: number): Moment {
  return { now: t0 + second * 1000, at: iso(second) };
}

function iso(second: number): string {
  return new Date(t0 + second * 1000).toISOString();
}
