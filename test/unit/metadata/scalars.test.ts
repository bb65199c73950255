import { expect, test } from 'vitest';
import {
  parseIdentifier,
  parseIndex,
  parseReading,
  parseScalar,
  quote,
} from '../../../agent/metadata/scalars.ts';
import { absent, unknown, value } from '../../../agent/model/instance.ts';

test.each([
  ['"10.0.0.3"', '10.0.0.3'],
  ['10.0.0.3\n', '10.0.0.3'],
  [' "a" \r\n', 'a'],
  ['"', '"'],
  ['""', ''],
])('parseScalar(%j) is %j', (body, text) => {
  expect(parseScalar(body)).toBe(text);
});

test.each(['eni-0abc', 'port-zhi9fqz09q', 'i-bp13i3ed90icgdgaxxxx', 'a'.repeat(64)])('%j is an id', id => {
  expect(parseIdentifier(id)).toBe(id);
});

test.each(['', '-a', 'a b', 'eni-1;reboot', 'eni-1\nx', '../x', 'é', 'a'.repeat(65), '$(id)'])(
  '%j is no id',
  text => {
    expect(parseIdentifier(text)).toBeUndefined();
  },
);

test('parseIndex takes small whole numbers only', () => {
  expect(['0', '15', '9999'].map(parseIndex)).toEqual([0, 15, 9999]);
  expect(['', '-1', '1.5', '1e3', '0x1', '10000', ' 1'].map(parseIndex)).toEqual(Array(7).fill(undefined));
});

test('quote cuts, and leaves nothing that could end a line or steer a terminal', () => {
  expect(quote('a'.repeat(70))).toBe(`"${'a'.repeat(60)}..."`);
  expect(quote('x\n\u001b[31m\u009b2J\u202e\u2028"')).toBe('"x\\n\\u001b[31m\\u009b2J\\u202e\\u2028\\""');
});

test('parseReading keeps absent and unknown, and names key and value of what it refuses', () => {
  expect(parseReading('k', 'an index', absent, parseIndex)).toEqual(absent);
  expect(parseReading('k', 'an index', unknown('why'), parseIndex)).toEqual(unknown('why'));
  expect(parseReading('k', 'an index', value('"7"\n'), parseIndex)).toEqual(value(7));
  expect(parseReading('k', 'an index', value('x'), parseIndex)).toEqual(unknown('k "x" is not an index'));
});
