// What `doctor` reads about other programs: in the order in which those programs read it, with secrets masked, and nothing on a machine
// that has none of them.
import { expect, test } from 'vitest';
import { readRivalFacts } from '../../../agent/system/facts/rival-facts.ts';
import { smallHost } from '../hosts/small-host.ts';

test('a machine without any: no file, no command', async () => {
  const host = smallHost({ '/etc/hostname': 'x\n' });
  expect(await readRivalFacts(host.system)).toEqual({ files: {}, cloudInitVersion: undefined });
  expect(host.ran).toEqual([]);
});

test('the version comes from the package database, dpkg or rpm', async () => {
  const dpkg = smallHost(
    { '/usr/bin/cloud-init': '', '/usr/bin/dpkg-query': '' },
    { 'dpkg-query -W cloud-init': 'cloud-init\t22.4.2-1+deb12u4\n' },
  );
  expect((await readRivalFacts(dpkg.system)).cloudInitVersion).toBe('22.4.2');
  const rpm = smallHost(
    { '/usr/bin/cloud-init': '', '/usr/bin/rpm': '' },
    { 'rpm -q --qf %{VERSION} cloud-init': '23.4' },
  );
  expect((await readRivalFacts(rpm.system)).cloudInitVersion).toBe('23.4');
  const pip = smallHost({ '/usr/bin/cloud-init': '' });
  expect((await readRivalFacts(pip.system)).cloudInitVersion).toBeUndefined();
  expect(pip.ran).toEqual([]);
});

test('files of one program stand in the order in which it reads them', async () => {
  const { system } = smallHost({
    '/etc/cloud/cloud.cfg.d/99-b.cfg': 'b',
    '/etc/cloud/cloud.cfg.d/05-a.cfg': 'a',
    '/etc/cloud/cloud.cfg.d/README': 'no',
    '/etc/cloud/cloud.cfg': 'main',
    '/etc/NetworkManager/conf.d/z.conf': 'z',
    '/usr/lib/NetworkManager/conf.d/zz.conf': 'vendor',
    '/etc/NetworkManager/NetworkManager.conf': 'nm',
  });
  const paths = Object.keys((await readRivalFacts(system)).files);
  expect(paths.filter(p => p.includes('cloud'))).toEqual([
    '/etc/cloud/cloud.cfg',
    '/etc/cloud/cloud.cfg.d/05-a.cfg',
    '/etc/cloud/cloud.cfg.d/99-b.cfg',
  ]);
  expect(paths.indexOf('/usr/lib/NetworkManager/conf.d/zz.conf')).toBeLessThan(
    paths.indexOf('/etc/NetworkManager/conf.d/z.conf'),
  );
});

test('a password of cloud.cfg is masked, and a file that cannot be read is left out', async () => {
  const { system } = smallHost({
    '/etc/cloud/cloud.cfg': 'password: hunter2\n',
    '/etc/cloud/cloud.cfg.d/50-secret.cfg': null,
  });
  expect((await readRivalFacts(system)).files).toEqual({ '/etc/cloud/cloud.cfg': 'password: masked\n' });
});
