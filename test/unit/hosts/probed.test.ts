// What detection reads of a release is read on a real machine too: facts that a table or a fixture gives and no probe reads would be found
// in tests alone.
import { expect, test } from 'vitest';
import { probedPaths } from '../../../agent/system/facts/paths.ts';
import { probedUnits } from '../../../agent/system/facts/services.ts';
import { releaseTable } from '../../../renderers/releases/table.ts';

/** Looked for in a folder that has the version in its name (paths.ts). */
const isVersioned = (path: string) => /\/NetworkManager\/\d/.test(path);

test.each(Object.entries(releaseTable))('%s: its services and paths are probed', (_, release) => {
  const { services, paths } = release.facts;
  expect(Object.keys(services).filter(unit => !(probedUnits as readonly string[]).includes(unit))).toEqual(
    [],
  );
  const isProbed = (path: string) => isVersioned(path) || (probedPaths as readonly string[]).includes(path);
  expect(paths.filter(path => !isProbed(path))).toEqual([]);
});
