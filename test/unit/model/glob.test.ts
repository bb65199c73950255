// Shell patterns, each with the rules of the tools that read them.
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
