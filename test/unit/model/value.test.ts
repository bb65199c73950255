// What is kept of what was worked out: it is found by which value it was made of, and ends with it.
import { expect, test } from 'vitest';
import { isSame, onceEach, oncePer, sameOr } from '../../../agent/model/value.ts';

test('once for each value, and not for what only says the same', () => {
  let made = 0;
  const counted = oncePer((of: { readonly n: number }) => ({ n: of.n, made: ++made }));
  const [one, same] = [{ n: 1 }, { n: 1 }];
  expect([counted(one), counted(one), counted(same)]).toEqual([
    { n: 1, made: 1 },
    { n: 1, made: 1 },
    { n: 1, made: 2 },
  ]);
});

test('once for each short text; a long one and what is none are worked out each time, and what is kept has an end', () => {
  let made = 0;
  const counted = onceEach((text: string) => (text === 'none' ? undefined : `${text.length} ${++made}`));
  expect([counted('a'), counted('a'), counted('b')]).toEqual(['1 1', '1 1', '1 2']);
  const long = 'x'.repeat(65);
  expect([counted(long), counted(long)]).toEqual(['65 3', '65 4']);
  expect([counted('none'), counted('none')]).toEqual([undefined, undefined]);
  for (let n = 0; n < 5000; n++) counted(`text ${n}`);
  expect(counted('a')).not.toBe('1 1');
});

test('what says the same as before is the one of before', () => {
  const before = { a: 1, list: [1, 2] };
  expect(sameOr(before, { a: 1, list: [1, 2] })).toBe(before);
  const other = { a: 1, list: [2, 1] };
  expect(sameOr(before, other)).toBe(other);
  expect(sameOr(undefined, other)).toBe(other);
  expect(isSame({ a: undefined, b: 1 }, { b: 1 })).toBe(true);
});
