// The table of releases: each one's facts lead to its backend by the same decision as on a machine, every supported system
// has a row, and a release with the wrong backend is refused with the way out.
import { describe, expect, test } from 'vitest';
import type { AgentError } from '../../../agent/errors.ts';
import type { BackendName } from '../../../agent/model/host.ts';
import { selectBackend } from '../../../renderers/detect/select.ts';
import { factsForBackend, releaseNamed, releaseNames } from '../../../renderers/releases/lookup.ts';
import { defaultReleases, releaseTable } from '../../../renderers/releases/table.ts';

function refusal(run: () => unknown): AgentError {
  try {
    run();
  } catch (error) {
    return error as AgentError;
  }
  throw new Error('was not refused');
}

test.each(Object.entries(releaseTable))('%s', (_name, { title, backend, facts }) => {
  const selection = selectBackend(facts);
  expect(selection.backend).toBe(backend);
  expect(selection.candidates.filter(candidate => candidate.strength === 'owns')).toHaveLength(1);
  expect(title).toBe(facts.os.prettyName);
  expect(facts.primaryLink).toMatch(/^(eth0|ens5)$/);
  for (const version of Object.values(facts.versions)) expect(version).toMatch(/^\d+(\.\d+)*$/);
  expect(new Set(facts.paths).size).toBe(facts.paths.length);
  // Facts survive JSON: they are data.
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
});

describe('every supported system has its row', () => {
  const rows: readonly (readonly [BackendName, string])[] = [
    ['initscripts', 'centos-6 rhel-6 centos-7 rhel-7 anolis-7 alinux-2 amzn-2'],
    ['networkmanager-ifcfg', 'centos-8 rhel-8 anolis-8 alinux-3'],
    [
      'networkmanager-keyfile',
      'rhel-9 fedora-33 fedora-34 fedora-35 fedora-41 rhel-10 alinux-4 sles-16 opensuse-16',
    ],
    ['ifupdown', 'ubuntu-14.04 ubuntu-16.04 debian-8 debian-9 debian-10 debian-11'],
    ['netplan', 'ubuntu-18.04 ubuntu-20.04 ubuntu-22.04 ubuntu-24.04 ubuntu-26.04 debian-12 debian-13'],
    ['sles11', 'sles-11'],
    ['wicked', 'sles-12 sles-15 opensuse-42 opensuse-15'],
    ['networkd', 'amzn-2023 flatcar'],
  ];
  test.each(rows)('%s', (backend, names) => {
    for (const name of names.split(' ')) expect(releaseNamed(name).backend).toBe(backend);
  });
});

test('what a renderer writes by version is there', () => {
  const versions = (name: string) => releaseNamed(name).facts.versions;
  expect(versions('ubuntu-18.04-ga').netplan).toBe('0.36.1');
  expect(versions('debian-12')).toMatchObject({ netplan: '0.106', systemd: '252' });
  expect(versions('debian-13')).toMatchObject({ netplan: '1.1.2', systemd: '257' });
  expect(versions('sles-12-ga').wicked).toBe('0.6.31');
  expect(versions('rhel-8').networkmanager).toBe('1.40.16');
  expect(releaseNamed('ubuntu-16.04').facts.files['/etc/network/interfaces']).toContain('interfaces.d/*.cfg');
  expect(releaseNamed('centos-6').facts.kernel).toEqual({
    suppressPrefixLength: false,
    suppressGroup: false,
    ruleOif: false,
    ruleProtocol: false,
  });
  // The kernel has it, the `ip` of the release does not.
  expect(releaseNamed('sles-11').facts.kernel.ruleOif).toBe(false);
  expect(releaseNamed('debian-12').facts.kernel).toEqual({
    suppressPrefixLength: true,
    suppressGroup: true,
    ruleOif: true,
    ruleProtocol: true,
  });
});

describe('factsForBackend', () => {
  test('without a release: the default of the backend', () => {
    for (const [backend, name] of Object.entries(defaultReleases)) {
      expect(factsForBackend(backend as BackendName)).toBe(releaseTable[name]?.facts);
      expect(releaseTable[name]?.backend).toBe(backend);
    }
  });

  test('a release that runs another backend: names both, and the right ones', () => {
    const error = refusal(() => factsForBackend('netplan', 'centos-7'));
    expect(error).toMatchObject({ code: 'usage', message: 'release centos-7 runs initscripts, not netplan' });
    expect(error.hint).toContain('backend initscripts');
    for (const name of releaseNames('netplan')) expect(error.hint).toContain(name);
    expect(error.hint).not.toContain('centos-6');
  });

  test.each(['windows-11', '', 'constructor', '__proto__'])('unknown release %j: all names', name => {
    const error = refusal(() => releaseNamed(name));
    expect(error.code).toBe('usage');
    for (const known of releaseNames()) expect(error.hint).toContain(known);
  });
});
