import { expect, test } from 'vitest';
import { isEmptyList, parseList, parseListing } from '../../../agent/metadata/lists.ts';

test.each([
  ['AWS lines', '10.0.0.1\n10.0.0.2', ['10.0.0.1', '10.0.0.2']],
  ['lines with a last line feed', '10.0.0.1\n10.0.0.2\n', ['10.0.0.1', '10.0.0.2']],
  ['CRLF', '10.0.0.1\r\n10.0.0.2\r\n', ['10.0.0.1', '10.0.0.2']],
  ['JSON array', '["10.0.0.1","10.0.0.2"]', ['10.0.0.1', '10.0.0.2']],
  ['JSON array with spaces', '[ "10.0.0.1", "10.0.0.2" ]', ['10.0.0.1', '10.0.0.2']],
  ['brackets without quotes', '[fd00::1,fd00::2]', ['fd00::1', 'fd00::2']],
  ['brackets without quotes, with spaces', '[fd00::1, fd00::2]', ['fd00::1', 'fd00::2']],
  ['one bare value', '10.0.0.0/28', ['10.0.0.0/28']],
  ['commas', '10.0.0.1,10.0.0.2', ['10.0.0.1', '10.0.0.2']],
  ['array over several lines', '[\n  "10.0.0.1",\n  "10.0.0.2"\n]\n', ['10.0.0.1', '10.0.0.2']],
  ['nothing', ' \n', []],
  ['an empty array', '[]', []],
  ['quotes never glue two values together', '"10.0.0.1""0"', ['10.0.0.1  0']],
])('parseList: %s', (_, body, entries) => {
  expect(parseList(body)).toEqual(entries);
});

test('parseListing drops the slash that marks a folder, in both forms', () => {
  expect(parseListing('0a:07:84:3d:6e:38/\n0a:75:69:92:e2:16/\nmac')).toEqual([
    '0a:07:84:3d:6e:38',
    '0a:75:69:92:e2:16',
    'mac',
  ]);
  expect(parseListing('["1/","2/","pin"]')).toEqual(['1', '2', 'pin']);
});

test('an empty list is an answer, nothing at all is not', () => {
  expect(isEmptyList(' [ ]\n')).toBe(true);
  expect(isEmptyList('')).toBe(false);
  expect(isEmptyList('[10.0.0.1]')).toBe(false);
});
