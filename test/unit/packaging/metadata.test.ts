// What the packages say of themselves: names, the control file, the spec file, changelogs, dates, licences.
import { describe, expect, test } from 'vitest';
import { fileName, version } from '../../../packaging/artefacts.ts';
import { bundledPackages } from '../../../packaging/bundle.ts';
import { copyrightText } from '../../../packaging/copyright.ts';
import { controlText, debianChangelog } from '../../../packaging/deb.ts';
import { debianDate, rpmDate, sourceCommit, sourceDate } from '../../../packaging/release.ts';
import { specText } from '../../../packaging/rpm.ts';
import type { StagedFile } from '../../../packaging/staging.ts';

const release = {
  epoch: 1_795_257_000,
  commit: '0123456789ab',
  maintainer: 'Somebody <somebody@example.org>',
  xzLevel: 6,
};
const plain = { format: 'deb', variant: 'plain', architecture: 'amd64' } as const;
const legacy = { format: 'rpm', variant: 'legacy', architecture: 'arm64' } as const;

test('file names are those of the formats', () => {
  expect(fileName(plain)).toBe(`eni-agent_${version}-1_amd64.deb`);
  expect(fileName({ ...plain, format: 'rpm' })).toBe(`eni-agent-${version}-1.x86_64.rpm`);
  expect(fileName(legacy)).toBe(`eni-agent-legacy-${version}-1.aarch64.rpm`);
});

describe('deb', () => {
  test('plain: needs the C library that Node was linked against', () => {
    const text = controlText(plain, release, 4711);
    expect(text.split('\n').slice(0, 11)).toEqual([
      'Package: eni-agent',
      `Version: ${version}-1`,
      'Architecture: amd64',
      'Maintainer: Somebody <somebody@example.org>',
      'Installed-Size: 4711',
      'Depends: libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 7), iproute2',
      'Recommends: default-dbus-system-bus | dbus-system-bus',
      'Conflicts: eni-agent-legacy',
      'Replaces: eni-agent-legacy',
      'Section: net',
      'Priority: optional',
    ]);
    // Each line of a long description begins with a blank, an empty one has a dot.
    expect(
      text
        .split('\n')
        .slice(12, -1)
        .filter(line => !/^ \S/.test(line)),
    ).toEqual([]);
    expect(text.endsWith('\n')).toBe(true);
  });

  test('legacy: takes the place of plain, and needs none of the libraries', () => {
    const text = controlText({ ...plain, variant: 'legacy' }, release, 1);
    expect(text).toContain(
      '\nDepends: iproute2\nProvides: eni-agent\nConflicts: eni-agent\nReplaces: eni-agent\n',
    );
  });

  test('the changelog has one entry, of this version', () => {
    expect(debianChangelog('legacy', release)).toBe(
      `eni-agent-legacy (${version}-1) unstable; urgency=medium\n\n  * Version ${version}: see changelog.gz.\n\n -- Somebody <somebody@example.org>  Sat, 21 Nov 2026 10:30:00 +0000\n`,
    );
  });
});

describe('rpm', () => {
  const files: readonly StagedFile[] = [
    { path: '/etc/eni-agent', mode: 0o755, kind: 'directory', type: 'directory' },
    { path: '/etc/eni-agent/eni-agent.conf', mode: 0o644, kind: 'config', type: 'file' },
    { path: '/usr/sbin/eni-agent', mode: 0o777, kind: 'program', type: 'link' },
    { path: '/usr/share/doc/eni-agent/copyright', mode: 0o644, kind: 'documentation', type: 'file' },
  ];
  const spec = (variant: 'plain' | 'legacy') =>
    specText({ ...legacy, variant }, files, '/tmp/50%', new Map([['post', 'date +%s\n']]), release);

  test('each file belongs to root and has its mode', () => {
    const list = spec('plain').split('%files\n')[1]!.split('\n\n')[0]!.split('\n');
    expect(list).toEqual([
      '%attr(0755,root,root) %dir /etc/eni-agent',
      '%attr(0644,root,root) %config(noreplace) /etc/eni-agent/eni-agent.conf',
      '%attr(-,root,root) /usr/sbin/eni-agent',
      '%attr(0644,root,root) %doc /usr/share/doc/eni-agent/copyright',
    ]);
  });

  test('plain lets rpm find what Node needs, legacy must not', () => {
    expect(spec('plain')).toContain('\nAutoReq: yes\n');
    expect(spec('legacy')).toContain('\nAutoReq: no\n');
    expect(spec('legacy')).toContain('\nProvides: eni-agent = %{version}-%{release}\nConflicts: eni-agent\n');
    expect(spec('plain')).toContain('\nConflicts: eni-agent-legacy\n');
  });

  test('a script is taken as it is: a per cent sign begins no macro', () => {
    expect(spec('plain')).toContain('\n%post\ndate +%%s\n');
    expect(spec('plain')).toContain('\ncp -a /tmp/50%%/. %{buildroot}/\n');
  });
});

describe('dates', () => {
  test('in the formats of both changelogs', () => {
    expect(debianDate(0)).toBe('Thu, 01 Jan 1970 00:00:00 +0000');
    expect(rpmDate(release.epoch)).toBe('Sat Nov 21 2026');
  });

  test('SOURCE_DATE_EPOCH decides, and must be a number', async () => {
    expect(await sourceDate({ SOURCE_DATE_EPOCH: '1700000000' })).toBe(1_700_000_000);
    await expect(sourceDate({ SOURCE_DATE_EPOCH: 'today' })).rejects.toThrow(
      'SOURCE_DATE_EPOCH is "today": it must be a number of seconds since 1970',
    );
  });

  test('without it, the checkout tells', async () => {
    const epoch = await sourceDate({});
    expect(epoch).toBeGreaterThan(1_700_000_000);
    expect(await sourceDate({})).toBe(epoch);
  });
});

describe('commit', () => {
  test('ENI_AGENT_COMMIT decides; what is no commit is none', async () => {
    const known = { ENI_AGENT_COMMIT: '0123456789abcdef0123456789abcdef01234567' };
    expect(await sourceCommit(known)).toBe('0123456789ab');
    expect(await sourceCommit({ ENI_AGENT_COMMIT: '0123456789ab-dirty' })).toBe('0123456789ab-dirty');
    for (const text of ['', 'main', '$Format:%H$', 'fatal: 0123456789ab'])
      expect(await sourceCommit({ ENI_AGENT_COMMIT: text })).toBeNull();
  });

  test('without it, the checkout tells, also one without history', async () => {
    expect((await sourceCommit({})) ?? 'unknown').toMatch(/^([0-9a-f]{12}(-dirty)?|unknown)$/);
  });
});

describe('licences', () => {
  test('the packages in the bundle, wherever node_modules is', () => {
    const inputs = [
      'agent/main.ts',
      'node_modules/ini/lib/ini.js',
      'node_modules/ini/lib/more.js',
      '../elsewhere/node_modules/@scope/name/index.js',
      'node_modules/outer/node_modules/inner/index.js',
    ];
    const metafile = JSON.stringify({ inputs: Object.fromEntries(inputs.map(name => [name, {}])) });
    expect(bundledPackages(metafile)).toEqual(['@scope/name', 'ini', 'inner']);
  });

  test('each part is named with its version, and its text is there', () => {
    const part = (name: string) => ({ name, version: '1.2.3', text: `\n\n   text of ${name}\r\n\n` });
    const text = copyrightText({
      variant: 'legacy',
      own: 'own text',
      node: part('Node.js'),
      bundled: [part('ini')],
      libraries: [part('glibc')],
    });
    for (const name of ['Node.js', 'ini', 'glibc']) {
      expect(text).toContain(`${name} 1.2.3\n`);
      expect(text).toContain(`\n   text of ${name}\n`);
    }
    expect(text).toContain('\nown text\n');
    expect(text).not.toContain('\r');
  });
});
