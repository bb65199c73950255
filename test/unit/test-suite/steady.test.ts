// What counts as a lost ping in the lab.
import { expect, test } from 'vitest';
import { answeredIn, missingIn } from '../../matrix/steady.ts';

const line = (number: number) => `64 bytes from 198.18.9.9: icmp_seq=${number} ttl=63 time=0.1 ms`;

test('a gap is a loss; what is late or twice is none, nor what was still on its way', () => {
  const answers = answeredIn(['PING 198.18.9.9', ...[1, 2, 4, 3, 3, 7].map(line), ''].join('\n'));
  expect(answers).toEqual([1, 2, 3, 4, 7]);
  expect(missingIn(answers)).toEqual([5, 6]);
  expect(missingIn(answeredIn(''))).toEqual([]);
});

test('an error is no answer', () => {
  expect(answeredIn(`${line(1)}\nFrom 10.0.1.1 icmp_seq=2 Destination Host Unreachable\n${line(3)}`)).toEqual(
    [1, 3],
  );
});
