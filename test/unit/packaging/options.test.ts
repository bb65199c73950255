// The options of `npm run package`.
import { expect, test } from 'vitest';
import { fileName } from '../../../packaging/artefacts.ts';
import { type Options, readOptions } from '../../../packaging/options.ts';

const read = (...args: readonly string[]) => readOptions(args) as Options;

test('without options it is everything', () => {
  expect(read().artefacts).toHaveLength(8);
  expect(new Set(read().artefacts.map(fileName)).size).toBe(8);
  expect(read()).toMatchObject({ out: undefined, lint: false, checkReproducible: false });
});

test('an option picks; twice, it picks two', () => {
  expect(read('--format', 'deb', '--variant', 'plain', '--arch', 'amd64').artefacts).toEqual([
    { format: 'deb', variant: 'plain', architecture: 'amd64' },
  ]);
  expect(read('--format', 'rpm', '--arch', 'arm64', '--arch', 'amd64').artefacts).toHaveLength(4);
});

test.each([
  [['--format', 'apk'], '--format apk: it must be deb or rpm'],
  [['--variant', 'old'], '--variant old: it must be plain or legacy'],
  [['--arch', 'x86_64'], '--arch x86_64: it must be amd64 or arm64'],
  [['--maintainer', 'me'], '--maintainer is "me": it must be "NAME <ADDRESS>"'],
])('%s is refused, with what it may be', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});

test('the maintainer is who is given; without one, an address that nobody has', () => {
  expect(read('--maintainer', 'A B <a@b.example>').maintainer).toBe('A B <a@b.example>');
  expect(read().maintainer).toMatch(/@eni-agent\.invalid>$/);
});
