// What is read back of a file of ours: the declared fields in the order in which they were written, or an error that names the place.
import { describe, expect, test } from 'vitest';
import { checkpointFile } from '../../../agent/apply/checkpoint.ts';
import { emptyState, stateFile } from '../../../agent/apply/state-file.ts';
import { parseOwn, readOwn, recall } from '../../../agent/records/own-file.ts';
import * as s from '../../../agent/records/shapes.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const [plan] = examplePlans['static-ipv4-mtu']!.enis;
const state = { ...emptyState, slots: { [plan!.mac]: 0 }, applied: [plan!] };
const parse = (value: unknown) => parseOwn(stateFile, JSON.stringify(value));

test('what was written comes back, byte for byte', () => {
  for (const { enis } of Object.values(examplePlans)) {
    const written = JSON.stringify({ ...emptyState, applied: enis });
    expect(JSON.stringify(parseOwn(stateFile, written))).toBe(written);
  }
});

test('a field that is not known is not read, at any depth', () => {
  const later = { ...state, later: 1, applied: [{ ...plan, later: { at: 1 } }], __proto__: undefined };
  expect(JSON.stringify(parse(later))).toBe(JSON.stringify(state));
  const polluted = JSON.stringify(state).replace('{', '{"__proto__":{"refused":"x"},"constructor":1,');
  const found = parseOwn(stateFile, polluted);
  expect(found.refused).toBeUndefined();
  expect(Object.keys(found)).toEqual(Object.keys(JSON.parse(JSON.stringify(state))));
});

describe('what is wrong is named', () => {
  const changed = (fields: object) => ({ ...state, applied: [{ ...plan, ...fields }] });
  test.each<[string, unknown, RegExp]>([
    ['nothing', null, /state\.json: all of it is not what it should be/],
    ['a version of later', { ...state, version: 2 }, /version is not .*Expected 1 but received 2/],
    ['a missing list', { ...state, applied: undefined }, /applied is missing/],
    ['a MAC in another form', changed({ mac: '02-00-00-00-00-01' }), /applied\.0\.mac .*not a MAC address/],
    [
      'a network that is none',
      changed({ routes: [{ ...plan!.routes[0], destination: '10.0.0.0/33' }] }),
      /applied\.0\.routes\.0\.destination/,
    ],
    ['a link with a slash', changed({ link: '../eth0' }), /applied\.0\.link .*not a link/],
    ['a link of two lines', changed({ link: 'eth0\nx' }), /applied\.0\.link/],
    ['a number as text', changed({ table: '254' }), /applied\.0\.table/],
    ['a number that no table has', changed({ table: -1 }), /applied\.0\.table/],
    ['a table of other things', { ...state, slots: [] }, /slots/],
  ])('%s', (_name, value, message) => {
    expect(() => parse(value)).toThrow(message);
  });

  test('no text of it reaches the terminal as it is', () => {
    expect(() => parseOwn(checkpointFile, '\u001b]0;x\u0007')).toThrow(/cannot read \S+checkpoint\.json/);
  });
});

test('the same text is read once; another one anew', async () => {
  const system = new FakeSystem();
  const file = { path: '/run/eni-agent/x.json', shape: s.shapeOf<{ n: number }>({ n: s.count }) };
  system.put(file.path, '{"n":1}');
  const first = await readOwn(system, file);
  expect(await readOwn(system, file)).toBe(first);
  system.put(file.path, '{"n":2}');
  expect(await readOwn(system, file)).toEqual({ n: 2 });
  system.put(file.path, '{"n":"2"}');
  await expect(readOwn(system, file)).rejects.toThrow('n is not what it should be');
  expect(await recall(system, file)).toBeUndefined();
});
