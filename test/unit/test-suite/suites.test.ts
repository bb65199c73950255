// The Debian releases of the lab: their table, and the versions that were seen in their trees.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { imageNames } from '../../lab/images.ts';
import { columns } from '../../matrix/columns.ts';
import { differences, formatSeen, parseSeen, readSeen, versionsIn } from '../../needs/seen.ts';
import { parseSuites, suites } from '../../needs/suites.ts';

describe('suites.txt', () => {
  test('has a line for each suite, and each suite has columns of images that there are', () => {
    expect(suites.map(({ suite }) => suite)).toEqual(['bullseye', 'bookworm', 'trixie', 'forky']);
    for (const { columns: images } of suites) expect(imageNames).toEqual(expect.arrayContaining([...images]));
    expect(columns).toHaveLength(suites.flatMap(entry => entry.columns).length * 2);
  });

  test.each(['woody 3.0', 'wo-ody 3 stable ifupdown pump', 'woody 3 dead ifupdown pump'])(
    'a line "%s" is none',
    line => {
      expect(() => parseSuites(`# x\n${line}\n`)).toThrow(`suites.txt: "${line}" is no suite`);
    },
  );
});

describe('seen.txt', () => {
  const status = `Package: systemd
Status: install ok installed
Version: 262-1

Package: libsystemd0
Version: 1

Package: iproute2
Depends: systemd
Version: 7.2.0-1+b1
`;

  test('has versions of each suite, in the form that SEEN=write gives it', () => {
    const seen = readSeen();
    expect(Object.keys(seen)).toEqual(suites.map(({ suite }) => suite));
    for (const { suite } of suites)
      expect(Object.keys(seen[suite] ?? {})).toEqual(expect.arrayContaining(['systemd', 'ifupdown']));
    expect(readFileSync('test/needs/seen.txt', 'utf8')).toBe(formatSeen(seen));
    expect(parseSeen(formatSeen(seen))).toEqual(seen);
  });

  test('what a tree has is read of dpkg', () => {
    expect(versionsIn(status)).toEqual({ systemd: '262-1', iproute2: '7.2.0-1+b1' });
  });

  test('what differs is said, a rebuild is not', () => {
    const now = versionsIn(status);
    expect(differences('forky', { systemd: '262-1', iproute2: '7.2.0-1' }, now)).toEqual([]);
    expect(differences('forky', { systemd: '261-1', 'netplan.io': '1.2' }, now)).toEqual([
      'forky has systemd 262-1, seen was 261-1',
      'forky has netplan.io no more, seen was 1.2',
      'forky has iproute2 7.2.0-1+b1, seen was none',
    ]);
  });
});
