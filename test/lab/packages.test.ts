// The packages themselves, not yet installed: what is in the .deb, that a second build gives the same bytes, and that the legacy variant
// starts where there is no C library at all.
// needs: programs packaging
// with --all only: it builds packages three times
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout, platforms } from '../../packaging/artefacts.ts';
import { makeParts } from '../../packaging/build-parts.ts';
import { entriesOf } from '../../packaging/contents.ts';
import { generatedFiles } from '../../packaging/docs/generated-files.ts';
import { stage } from '../../packaging/staging.ts';
import { runOk } from './command.ts';

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
/** Two builds that compress 108 MB each, on a machine that may have more to do. */
const buildTimeout = 20 * 60_000;
let work = '';

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'eni-agent-packages-'));
});
afterAll(async () => await rm(work, { recursive: true, force: true }));

describe('the plain deb', () => {
  let deb = '';
  let said = '';

  beforeAll(async () => {
    const options = ['--format', 'deb', '--variant', 'plain', '--arch', architecture, '--out', work];
    const build = ['node', path.join(checkout, 'packaging/build.ts'), ...options, '--check-reproducible'];
    said = await runOk(build, { timeout: buildTimeout });
    deb = path.join(work, (await readdir(work)).find(name => name.endsWith('.deb'))!);
  }, buildTimeout);

  test('a second build in another folder gives the same bytes', () => {
    expect(said).toContain('built again in another folder: the same, byte by byte\n');
  });

  test('SHA256SUMS is the digest of the file', async () => {
    const digest = createHash('sha256')
      .update(await readFile(deb))
      .digest('hex');
    expect(await readFile(path.join(work, 'SHA256SUMS'), 'utf8')).toBe(`${digest}  ${path.basename(deb)}\n`);
    expect(said).toContain(digest);
  });

  test('dpkg of Ubuntu 14.04 can read it: control in gzip, data in xz', async () => {
    const stdout = await runOk([`${platforms[architecture].binutils}ar`, 't', deb]);
    expect(stdout.trim().split('\n')).toEqual(['debian-binary', 'control.tar.gz', 'data.tar.xz']);
  });

  test('everything belongs to root, and nothing is more than that: no setuid, not writable for others', async () => {
    const lines = (await runOk(['dpkg-deb', '--contents', deb])).trim().split('\n');
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.filter(line => !/^([-d]rw[-x]r-[-x]r-[-x]|lrwxrwxrwx) root\/root /.test(line))).toEqual([]);
  });

  test('the digests that dpkg --verify compares are those of the files', async () => {
    const tree = path.join(work, 'unpacked');
    await runOk(['dpkg-deb', '--raw-extract', deb, tree]);
    await runOk(['sh', '-c', `cd ${tree} && md5sum --quiet --check DEBIAN/md5sums`]);
    const control = await readdir(path.join(tree, 'DEBIAN'));
    expect(control.sort()).toEqual([
      ...['conffiles', 'control', 'md5sums', 'postinst', 'postrm', 'preinst', 'prerm'],
    ]);
  });
});

describe('the legacy variant', () => {
  let root = '';

  beforeAll(async () => {
    const target = { variant: 'legacy', architecture } as const;
    const parts = path.join(work, 'parts');
    await mkdir(parts);
    const release = {
      epoch: 1_600_000_000,
      commit: null,
      maintainer: 'Nobody <nobody@example.org>',
      xzLevel: 6,
    };
    const built = (await makeParts([target], parts, release))(target);
    root = path.join(work, 'root');
    const place = { tree: root, built, generated: await generatedFiles(), epoch: release.epoch };
    await stage(entriesOf({ format: 'deb', variant: 'legacy' }), place);
    await mkdir(path.join(root, 'tmp'));
    const recording = path.join(checkout, 'test/fixtures/metadata/aws/two-enis.json');
    await copyFile(recording, path.join(root, 'tmp/recording.json'));
  }, buildTimeout);

  /** In the root, in which there is nothing but the package. */
  const inRoot = async (...argv: readonly string[]) => await runOk(['chroot', root, ...argv]);

  test('the root has no C library but the private one', async () => {
    const names = await readdir(root, { recursive: true });
    const libraries = names.filter(name => /(^|\/)(libc\.so|ld-linux)/.test(name)).sort();
    expect(libraries.map(name => path.dirname(name))).toEqual([
      'usr/lib/eni-agent/rt',
      'usr/lib/eni-agent/rt',
    ]);
    expect(names.filter(name => /\/(sh|busybox)$/.test(name))).toEqual([]);
  });

  test('Node starts there, with all libraries from the package', async () => {
    const report = 'JSON.stringify(process.report.getReport().sharedObjects)';
    const loaded = JSON.parse(
      await inRoot('/usr/lib/eni-agent/node', '--print', report),
    ) as readonly string[];
    const files = loaded.filter(name => name.startsWith('/'));
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter(name => !name.startsWith('/usr/lib/eni-agent/rt/'))).toEqual([]);
  });

  test('the program starts by its name, and renders', async () => {
    expect(await inRoot('/usr/sbin/eni-agent', '--version')).toMatch(/^eni-agent \d/);
    const options = ['--metadata', '/tmp/recording.json', '--backend', 'netplan', '--out', '/tmp/tree'];
    await inRoot('/usr/sbin/eni-agent', 'render', ...options);
    const file = await readFile(path.join(root, 'tmp/tree/etc/netplan/60-eni-eth1.yaml'), 'utf8');
    expect(file).toContain('172.31.40.10/32');
  });
});
