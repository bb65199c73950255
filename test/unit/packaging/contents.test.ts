// packaging/contents.ts: nothing is forgotten, nothing is there twice, and the paths and modes are those that units, scripts and manual
// pages rely on. The trees are really made, of the checkout's files and with stand-ins for what a build makes.
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout, formats, variants } from '../../../packaging/artefacts.ts';
import { entriesOf } from '../../../packaging/contents.ts';
import { generatedFiles } from '../../../packaging/docs/generated-files.ts';
import { type StagedFile, stage } from '../../../packaging/staging.ts';

const epoch = 1_600_000_000;
const work = mkdtempSync(path.join(tmpdir(), 'eni-agent-contents-'));
const built = path.join(work, 'built');
const packages = formats.flatMap(format => variants.map(variant => ({ format, variant })));
type Package = (typeof packages)[number];

const treeOf = ({ format, variant }: Package) => path.join(work, `${format}-${variant}`);
const staged = new Map<string, readonly StagedFile[]>();
const pathsOf = (p: Package) => staged.get(treeOf(p))!.map(file => file.path);
const plainDeb = { format: 'deb', variant: 'plain' } as const;
const legacyDeb = { format: 'deb', variant: 'legacy' } as const;
const legacyRpm = { format: 'rpm', variant: 'legacy' } as const;

beforeAll(async () => {
  mkdirSync(path.join(built, 'libraries'), { recursive: true });
  const names = [
    'node',
    'eni-agent.cjs',
    'launcher.cjs',
    'copyright',
    'changelog.Debian',
    'lintian-overrides',
  ];
  for (const name of [...names, 'libraries/libc.so.6', 'libraries/ld-linux-x86-64.so.2'])
    writeFileSync(path.join(built, name), name);
  const generated = await generatedFiles(epoch);
  const umask = process.umask(0o077);
  for (const p of packages) {
    staged.set(treeOf(p), await stage(entriesOf(p), { tree: treeOf(p), built, generated, epoch }));
  }
  process.umask(umask);
});
afterAll(() => rmSync(work, { recursive: true }));

/** Files below a folder of the checkout, relative to it. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(path.join(checkout, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name));
}

describe('everything is in', () => {
  test.each(['systemd', 'packaging/cloud-init', 'docs'])(
    'each file of %s/ is installed by a package, as it is',
    folder => {
      const installed = packages.flatMap(p =>
        staged
          .get(treeOf(p))!
          .filter(file => file.type === 'file')
          .map(file => readFileSync(path.join(treeOf(p), file.path), 'latin1')),
      );
      expect(filesIn(folder).filter(file => !installed.includes(readFileSync(file, 'latin1')))).toEqual([]);
    },
  );

  test('each text that packaging/docs/ makes is installed, manual pages compressed', async () => {
    for (const [name, text] of await generatedFiles(epoch)) {
      const p = packages.find(q => pathsOf(q).some(file => file === name || file === `${name}.gz`));
      expect(p, name).toBeDefined();
      const isPage = name.startsWith('/usr/share/man/');
      const bytes = readFileSync(path.join(treeOf(p!), isPage ? `${name}.gz` : name));
      expect((isPage ? gunzipSync(bytes) : bytes).toString('utf8')).toBe(text);
    }
  });
});

describe.each(packages)('$format $variant', p => {
  test('what others rely on is at its place', () => {
    expect(pathsOf(p)).toEqual(
      expect.arrayContaining([
        ...['node', 'eni-agent.cjs', 'launcher.cjs'].map(name => `/usr/lib/eni-agent/${name}`),
        ...['/etc/eni-agent/eni-agent.conf', '/etc/eni-agent/eni-agent.conf.d', '/etc/eni-agent/hooks.d'],
        ...['/var/lib/eni-agent', '/var/cache/eni-agent', '/usr/lib/tmpfiles.d/eni-agent.conf'],
        ...['/usr/share/man/man8/eni-agent.8.gz', '/usr/share/man/man5/eni-agent.conf.5.gz'],
        '/usr/share/doc/eni-agent/safety.md',
      ]),
    );
    expect(readlinkSync(path.join(treeOf(p), 'usr/sbin/eni-agent'))).toBe('../lib/eni-agent/launcher.cjs');
  });

  test('only what is started is executable, whatever the umask of the build', () => {
    const started = /\/(node|launcher\.cjs|ld-linux[^/]*|init\.d\/eni-agent)$/;
    for (const name of readdirSync(treeOf(p), { recursive: true, encoding: 'utf8' })) {
      const status = lstatSync(path.join(treeOf(p), name));
      if (status.isSymbolicLink()) continue;
      const wanted = status.isDirectory() || started.test(name) ? 0o755 : 0o644;
      expect([name, (status.mode & 0o7777).toString(8)]).toEqual([name, wanted.toString(8)]);
      expect([name, status.mtimeMs]).toEqual([name, epoch * 1000]);
    }
  });

  test('what an administrator edits is kept on upgrades, and nothing else is', () => {
    const kept = staged.get(treeOf(p))!.filter(file => file.kind === 'config');
    expect(kept.map(file => file.path)).toEqual([
      '/etc/eni-agent/eni-agent.conf',
      ...(p.variant === 'legacy' && p.format === 'deb' ? ['/etc/init.d/eni-agent'] : []),
    ]);
  });
});

describe('the variants differ', () => {
  test('units and rules are where the init system of each looks', () => {
    expect(pathsOf(plainDeb)).toContain('/usr/lib/systemd/system/eni-agent.service');
    expect(pathsOf(legacyRpm)).toContain('/usr/lib/systemd/system/eni-agent.service');
    expect(pathsOf(legacyDeb)).toContain('/lib/systemd/system/eni-agent.service');
    expect(pathsOf(legacyDeb)).toContain('/lib/udev/rules.d/61-eni-agent.rules');
    expect(pathsOf(legacyDeb).filter(name => /^\/usr\/lib\/(systemd|udev)/.test(name))).toEqual([]);
  });

  test('old systems get the units for an old systemd, and the others beside them', () => {
    const unit = (p: Package, name: string) => readFileSync(path.join(treeOf(p), name), 'utf8');
    const own = (name: string) => readFileSync(path.join(checkout, 'systemd', name), 'utf8');
    expect(unit(legacyDeb, 'lib/systemd/system/eni-agent.service')).toBe(own('legacy/eni-agent.service'));
    expect(unit(plainDeb, 'usr/lib/systemd/system/eni-agent.service')).toBe(own('eni-agent.service'));
    expect(pathsOf(legacyDeb)).toContain('/lib/systemd/system/eni-agent-once.timer');
  });

  test('the private C library is in the legacy variant alone', () => {
    const libraries = (p: Package) => pathsOf(p).filter(name => name.startsWith('/usr/lib/eni-agent/rt/'));
    expect(libraries(legacyDeb)).toHaveLength(2);
    expect(libraries(plainDeb)).toEqual([]);
  });

  test('Debian finds copyright and changelog under the name of the package', () => {
    expect(pathsOf(legacyDeb)).toContain('/usr/share/doc/eni-agent-legacy/copyright');
    expect(pathsOf(legacyDeb)).toContain('/usr/share/doc/eni-agent-legacy/changelog.Debian.gz');
    expect(pathsOf(plainDeb)).toContain('/usr/share/doc/eni-agent/copyright');
  });
});

describe('a wrong list is refused', () => {
  const place = (name: string) => ({ tree: path.join(work, name), built, generated: new Map(), epoch });
  const file = { mode: 0o644, kind: 'program' } as const;

  test('a source that is not there', async () => {
    const entry = { ...file, path: '/usr/lib/x/', source: { checkout: 'systemd/*.nothing' } };
    await expect(stage([entry], place('a'))).rejects.toThrow('no file matches systemd/*.nothing');
    const text = { ...file, path: '/usr/share/x', source: { generated: '/usr/share/x' } };
    await expect(stage([text], place('b'))).rejects.toThrow('makes no /usr/share/x');
  });

  test('two sources for one path', async () => {
    const one = { ...file, path: '/usr/lib/x', source: { built: 'node' } };
    await expect(stage([one, one], place('c'))).rejects.toThrow('two sources for /usr/lib/x');
  });
});
