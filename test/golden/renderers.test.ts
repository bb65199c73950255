// What each renderer makes of the example plans, as real file trees below expected/backends: what a reviewer reads in a diff. One tree
// for each outcome that differs, with the releases that it is for. The plans themselves are in plans.test.ts, every recording for
// every backend in test/property/recordings.test.ts. `GOLDEN=write` (npm run golden) writes the trees anew.
import { describe, expect, test } from 'vitest';
import { backendNames } from '../../agent/model/host.ts';
import { releaseNames } from '../../renderers/releases/lookup.ts';
import { changeFiles, expectedPlans, hostKinds, hostsText, planTrees } from '../support/expected/cases.ts';
import { expectEntries, expectText, expectTree } from '../support/expected/file-tree.ts';

describe.each(backendNames)('%s', backend => {
  const folder = `backends/${backend}`;

  test.each(expectedPlans)('%s', plan => expectTree(`${folder}/${plan}`, planTrees(backend)[plan]!));

  test('changes', () => expectTree(`${folder}/changes`, changeFiles(backend)));

  test('hosts', () => {
    expectText(`${folder}/hosts.txt`, hostsText(backend));
    const names = hostKinds(backend).flatMap(kind => kind.map(host => host.name));
    expect(names).toEqual(expect.arrayContaining([...releaseNames(backend)]));
  });

  // Otherwise something that differs between two releases would be nowhere to be read.
  test('each kind of hosts differs from the others in a tree that is shown', () => {
    const shown = [...Object.values(planTrees(backend)), changeFiles(backend)];
    const heads = shown.flatMap(tree => Object.values(tree).filter(text => text.startsWith('for ')));
    const groups = heads.map(text => text.split('\n', 1)[0]!.split(' ').slice(1));
    const kinds = hostKinds(backend).map(([first]) =>
      groups.map(group => group.includes(first!.name)).join(),
    );
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test('nothing else is expected', () => expectEntries(folder, [...expectedPlans, 'changes', 'hosts.txt']));
});

test('nothing else is expected', () => expectEntries('backends', backendNames));
