// A few of the hostile instances and hosts of `npm run fuzz -- --hostile`, always the same ones.
import { expect, test } from 'vitest';
import { leakIn, mark, rawIn, unquotedIn } from './hostile/marks.ts';
import { type Leak, searchHosts, searchInstances } from './hostile/search.ts';

const texts = (leaks: readonly Leak[]) => leaks.map(({ number, what }) => `${number}: ${what}`);

test('no text of the metadata reaches a file, a command, a terminal, a log, systemd or the metrics', async () => {
  const leaks: Leak[] = [];
  await searchInstances(300, 1, leak => leaks.push(leak));
  expect(texts(leaks)).toEqual([]);
});

test('nor does a word of the files, links and tools of the host', async () => {
  const leaks: Leak[] = [];
  await searchHosts(300, 1, leak => leaks.push(leak));
  expect(texts(leaks)).toEqual([]);
});

test('a leak would be seen', () => {
  expect(leakIn('a file', `address ${mark}`)).toContain(mark);
  expect(leakIn('a file', 'address\u001b')).toContain('u001b');
  expect(leakIn('a file', 'address 10.0.0.1\n')).toBeUndefined();
  expect(rawIn('the log', 'a\nb')).toContain('the log');
  expect(unquotedIn('a warning', `"a \\" ${mark}" is no address`)).toBeUndefined();
  expect(unquotedIn('a warning', `"a" ${mark} is no address`)).toContain(mark);
});
