// The names that links have are chosen by others. Of each backend: a name that is a word elsewhere (a file of the distribution, a keyword, as
// long as the kernel lets it be) gives files of our own and of no other link, and one that is more than a word gives none.
import { describe, expect, test } from 'vitest';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { examplePlans } from '../../support/example-plans.ts';

const words = [
  'eth1',
  'eth1.network',
  'eth1.conf',
  '60-eni-eth1',
  'a..b',
  'a.',
  'all',
  'any',
  'auto',
  'default',
  'dhcp',
  'iface',
  'interfaces',
  'lo0',
  'mapping',
  'network',
  'nm',
  'no',
  'null',
  'true',
  '_',
  'x'.repeat(15),
  '0',
  '1e9',
  '0x10',
  'keys-eth1',
  'route-eth1',
  'config',
  '__proto__',
  'constructor',
] as const;

const noWords = [
  '',
  '.',
  '..',
  '../eth1',
  '.eth1',
  '-f',
  'eth1 eth2',
  'eth1\tx',
  'eth1\nauto eth0',
  'eth1;reboot',
  'eth1%i',
  "eth1'",
  'eth1"',
  'eth1\\',
  'eth1$x',
  'eth1`x`',
  'eth*',
  'eth?',
  'eth[1]',
  'eth1@if2',
  'eth1:1',
  'eth1#',
  'eth1=',
  'eth1\0',
  'eth1\u001b[2J',
  'eth1\u202e',
  'éth1',
  'ｅth1',
  '\ud800',
  'x'.repeat(16),
];

const plans = ['static-dual-stack', 'dhcp-complete'].map(name => examplePlans[name]!.enis[0]!);

describe.each(Object.values(renderers))('$name', renderer => {
  const facts = factsForBackend(renderer.name);
  const filesOf = (eni: EniPlan, link: string) => renderer.render([{ ...eni, link }], facts);

  test.each(words)('%s', link => {
    // initscripts: the kernel gives an alias label no more than 15 characters.
    const isTooLong = link.length > 12 && renderer.name === 'initscripts';
    const one = isTooLong ? plans.slice(0, 1) : plans;
    const files = one.flatMap(eni => filesOf(eni, link));
    expect(files).not.toEqual([]);
    for (const { path } of files) {
      expect(path.split('/')).not.toContain('..');
      const isOurs = renderer.ownFiles.some(
        own => path.startsWith(`${own.dir}/`) && own.name.test(path.slice(own.dir.length + 1)),
      );
      expect(isOurs, path).toBe(true);
    }
  });

  test('no two of them make a file of one name, unless it is the same for both', () => {
    const owners = new Map<string, string>();
    for (const link of words.filter(word => word.length < 13))
      for (const { path, content } of filesOf(plans[0]!, link)) {
        expect(owners.get(path) ?? content, path).toBe(content);
        owners.set(path, content);
      }
    expect(owners.size).toBeGreaterThan(words.length - 3);
  });

  test.each(noWords)('no file for %j', link => {
    for (const eni of plans) expect(() => filesOf(eni, link)).toThrow(/cannot be written|longer than 15/);
  });
});
