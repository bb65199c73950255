// The mark of an ENI: the first 8 bits, one value per slot.
import { expect, test } from 'vitest';
import { fwmarkText, markOf, parseOwnMark } from '../../../agent/model/rule-words.ts';

test('one for each slot but the last', () => {
  expect([0, 9, 254].map(slot => fwmarkText(markOf(slot)!))).toEqual([
    '0x1000000/0xff000000',
    '0xa000000/0xff000000',
    '0xff000000/0xff000000',
  ]);
  expect(markOf(255)).toBeUndefined();
});

test('is read as `ip` and nft write it', () => {
  for (const slot of [0, 1, 254]) expect(parseOwnMark(fwmarkText(markOf(slot)!))).toEqual(markOf(slot));
});

test.each(['0xca6c', '0x1000000', '0x80/0x80', '0x0/0xff000000', '0x1000001/0xff000000', 'x/0xff000000', ''])(
  '%s is somebody’s',
  text => {
    expect(parseOwnMark(text)).toBeUndefined();
  },
);
