// Shell patterns, each with the rules of the tools that read them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GlobRules, globMatches } from '../../../agent/model/glob.ts';

const path: GlobRules = { path: true };
const shell: GlobRules = { path: true, openBracket: true };
const star: GlobRules = { starOnly: true };

test.each<[pattern: string, text: string, rules: GlobRules, matches: boolean]>([
  ['en*', 'ens5', {}, true],
  ['en*', 'xens5', {}, false],
  ['en?', 'ens5', {}, false],
  ['eth[0-3]', 'eth2', {}, true],
  ['eth[!0]', 'eth0', {}, false],
  ['eth[!0]', 'eth1', {}, true],
  ['a.b', 'axb', {}, false],
  ['a*', 'a/b', {}, true],
  ['a?b', 'a/b', {}, true],
  ['a*', 'a/b', path, false],
  ['a?b', 'a/b', path, false],
  ['/d/*/c', '/d/e/c', path, true],
  ['a[b', 'a[b', path, false],
  ['a[b', 'a[b', shell, true],
  ['[z-a]', 'a', shell, false],
  ['[]a]', ']', shell, true],
  ['b+(*', 'b+(x', shell, true],
  ['eth[0]', 'eth0', star, false],
  ['eth[0]', 'eth[0]', star, true],
  ['eth?', 'eth0', star, false],
  ['cali*', 'cali12', star, true],
])('%s and %s, %j: %s', (pattern, text, rules, matches) => {
  expect(globMatches(pattern, text, rules)).toBe(matches);
});

/** Every way to share the text between the stars, as a definition has it. */
function fitsSlowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first, ...rest] = [...pattern];
  if (first === '*')
    return fitsSlowly(rest.join(''), text) || (text !== '' && fitsSlowly(pattern, text.slice(1)));
  return text !== '' && (first === '?' || first === text[0]) && fitsSlowly(rest.join(''), text.slice(1));
}

test('stars fit as by definition, and many of them take no time', () => {
  const words = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
  fc.assert(
    fc.property(words('ab*?'), words('ab'), (pattern, text) => {
      expect(globMatches(pattern, text)).toBe(fitsSlowly(pattern, text));
    }),
    { numRuns: 2000 },
  );
  const begun = process.cpuUsage();
  for (const pattern of [`${'*'.repeat(40)}y`, `${'*a'.repeat(20)}y`, `${'*?'.repeat(20)}y`])
    expect(globMatches(pattern, 'a'.repeat(60))).toBe(false);
  expect(process.cpuUsage(begun).user).toBeLessThan(2_000_000);
});

test('a pattern that asks for more than the longest path matches nothing, and V8 is not asked', () => {
  for (const part of ['a', '?', '[ab]'])
    for (const pattern of [part.repeat(5000), `*${part.repeat(100_000)}*`])
      expect(globMatches(pattern, 'a'.repeat(5000))).toBe(false);
  expect(globMatches('a'.repeat(4000), 'a'.repeat(4000))).toBe(true);
});
