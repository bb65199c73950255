// Which package a file belongs to, by what rpm 4.18 and dpkg-query 1.21 print.
import { expect, test } from 'vitest';
import { readPackageOwner } from '../../../agent/system/facts/package-owner.ts';
import { type Answer, smallHost } from '../hosts/small-host.ts';

const path = '/lib/udev/rules.d/60-net.rules';
const rpm = `rpm -qf --qf %{NAME}\\n ${path}`;
const dpkg = `dpkg-query -S ${path}`;
const notRpm: Answer = { exitCode: 1, stdout: `file ${path} is not owned by any package\n` };
const notDpkg: Answer = { exitCode: 1, stderr: `dpkg-query: no path found matching pattern ${path}\n` };

test.each<readonly [string, readonly string[], Readonly<Record<string, Answer>>, unknown]>([
  ['no database at all', [], {}, 'unowned'],
  ['rpm knows it', ['rpm'], { [rpm]: 'initscripts\n' }, { package: 'initscripts' }],
  ['rpm does not', ['rpm'], { [rpm]: notRpm }, 'unowned'],
  ['two packages own it', ['rpm'], { [rpm]: 'one\ntwo\n' }, { package: 'one' }],
  ['rpm fails', ['rpm'], { [rpm]: { exitCode: 1, stderr: 'error: rpmdb open failed\n' } }, 'unknown'],
  ['rpm does not end', ['rpm'], { [rpm]: { exitCode: 124 } }, 'unknown'],
  ['dpkg knows it', ['dpkg-query'], { [dpkg]: `udev: ${path}\n` }, { package: 'udev' }],
  [
    'dpkg, with a diversion',
    ['dpkg-query'],
    { [dpkg]: `diversion by a from: ${path}\ndiversion by a to: ${path}.dist\nudev: ${path}\n` },
    { package: 'udev' },
  ],
  ['dpkg does not', ['dpkg-query'], { [dpkg]: notDpkg }, 'unowned'],
  [
    'rpm is installed on Debian',
    ['rpm', 'dpkg-query'],
    { [rpm]: notRpm, [dpkg]: `udev: ${path}\n` },
    { package: 'udev' },
  ],
  ['both say no', ['rpm', 'dpkg-query'], { [rpm]: notRpm, [dpkg]: notDpkg }, 'unowned'],
])('%s', async (_name, programs, commands, owner) => {
  const files = Object.fromEntries(programs.map(name => [`/usr/bin/${name}`, '']));
  expect(await readPackageOwner(smallHost(files, commands).system, path)).toEqual(owner);
});
