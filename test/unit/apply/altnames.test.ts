import { describe, expect, test } from 'vitest';
import { altNameChanges } from '../../../agent/apply/altnames.ts';
import { mac } from '../../support/example-plans.ts';
import { nic } from '../../support/plan-parts.ts';

const macOf = (n: number) => mac(`02:00:00:00:00:0${n}`);
const of = (n: number, eniId: string | undefined) => ({ link: `eth${n}`, mac: macOf(n), eniId });
const link = (n: number, ...altNames: readonly string[]) => nic(n, { mac: macOf(n), altNames });
const given = (n: number, name: string) => ({ index: nic(n).index, name });

describe('given', () => {
  test.each([
    ['nobody has it', [link(1)], [given(1, 'eni-1')]],
    ['the link has it already', [link(1, 'eni-1')], []],
    ['another link has it', [link(1), link(2, 'eni-1')], []],
    ['another link is called so', [link(1), nic(2, { name: 'eni-1' })], []],
    ['the link has another name beside it', [link(1, 'enp0s6')], [given(1, 'eni-1')]],
    ['the link is another one by now', [nic(1, { mac: macOf(9) })], []],
    ['no link', [], []],
  ])('%s', (_what, links, add) => {
    expect(altNameChanges(links, [of(1, 'eni-1')], [])).toEqual({ add, remove: [] });
  });

  test.each([undefined, '', 'a b', 'a/b', '-x', 'x'.repeat(128), 'eni\n1', '*'])('%j is no name', eniId => {
    expect(altNameChanges([link(1)], [of(1, eniId)], [])).toEqual({ add: [], remove: [] });
  });
});

describe('taken', () => {
  test.each([
    ['the ENI has gone, its link stays', [link(1, 'eni-1')], [], [given(1, 'eni-1')]],
    ['it is wanted', [link(1, 'eni-1')], [of(1, 'eni-1')], []],
    ['somebody has taken it away', [link(1)], [], []],
    ['the link has gone', [link(2)], [], []],
  ])('%s', (_what, links, enis, remove) => {
    expect(altNameChanges(links, enis, [given(1, 'eni-1')])).toEqual({
      add: expect.anything(),
      remove,
    });
  });

  test('one that somebody else has given stays', () => {
    expect(altNameChanges([link(1, 'eni-1')], [], [])).toEqual({ add: [], remove: [] });
  });

  test('the ENI moves to another link: off the one, onto the other', () => {
    const links = [link(1, 'eni-1'), link(2)];
    expect(altNameChanges(links, [of(2, 'eni-1')], [given(1, 'eni-1')])).toEqual({
      add: [given(2, 'eni-1')],
      remove: [given(1, 'eni-1')],
    });
  });
});
