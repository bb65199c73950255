// A life on a tree that somebody brings: its arguments, whether the tree is what it is said to be, what its image has, and what may be lost.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackendName, backendNames } from '../../../agent/model/host.ts';
import { releaseNames } from '../../../renderers/releases/lookup.ts';
import { releaseTable } from '../../../renderers/releases/table.ts';
import { logged } from '../../lab/images.ts';
import { labName } from '../../lab/namespace.ts';
import { parseEni } from '../../lab/vpc-spec.ts';
import { vpcNameOf } from '../../matrix/columns.ts';
import { primary } from '../../matrix/enis.ts';
import { disagreements, servicesOf } from '../../matrix/lives/agreement.ts';
import { imageOf } from '../../matrix/lives/images.ts';
import { parseLife, WrongArgument } from '../../matrix/lives/life.ts';
import { lossesBeyond } from '../../matrix/steady.ts';
import { inWordsOf, lostAtChange, stateAfter, stepNamesOf } from '../../matrix/steps.ts';

let tree = '';

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'eni-agent-life-'));
  for (const folder of ['etc', 'usr/bin', 'lib/systemd'])
    mkdirSync(path.join(tree, folder), { recursive: true });
  for (const file of ['usr/bin/ip', 'usr/bin/ping', 'usr/bin/perl', 'usr/bin/sh', 'lib/systemd/systemd'])
    writeFileSync(path.join(tree, file), '');
  writeFileSync(path.join(tree, 'etc/os-release'), 'ID=ubuntu\nVERSION_ID="22.04"\n');
});
afterAll(() => rmSync(tree, { recursive: true }));

const argsOf = (values: Readonly<Record<string, string>>) =>
  Object.entries({ tree, backend: 'netplan', release: 'ubuntu-22.04', ...values }).flatMap(
    ([name, value]) => [`--${name}`, value],
  );

describe('the arguments', () => {
  test('that are right', () => {
    const life = { tree, backend: 'netplan', release: 'ubuntu-22.04', addressing: 'static' };
    expect(parseLife(argsOf({}))).toEqual(life);
    expect(
      parseLife(argsOf({ addressing: 'dhcp', version: '0.106.1-7', record: 'netplan-ubuntu-22.04-dhcp' })),
    ).toEqual({
      ...{ ...life, addressing: 'dhcp', version: '0.106.1-7', record: 'netplan-ubuntu-22.04-dhcp' },
    });
  });

  test.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
    ['a relative tree', { tree: 'x' }, /^--tree "x": it has to be an absolute path/],
    [
      'a tree that no mount option can carry',
      { tree: '/a:b' },
      /^--tree "\/a:b": it has to be an absolute path/,
    ],
    [
      'a tree that is not there',
      { tree: '/nonexistent' },
      /^--tree .* a folder etc; this path does not exist$/,
    ],
    ['a backend', { backend: 'x' }, /^--backend "x": it has to be one of ifupdown, /],
    ['a release', { release: 'x' }, /^--release "x": it has to be one of alinux-2, /],
    [
      'the release of another tree',
      { release: 'ubuntu-24.04' },
      /^--release .* ID ubuntu, VERSION_ID 22\.04, and/,
    ],
    ['the way of the addresses', { addressing: 'x' }, /^--addressing "x": it has to be static or dhcp$/],
    ['a version', { version: 'x' }, /^--version "x": it has to be a version that begins with a digit/],
    ['a name', { record: '../x' }, /^--record "\.\.\/x": it has to be lower-case/],
    [
      'the name of a life that was recorded before',
      { record: 'a' },
      /^--record "a": it has to be netplan-ubuntu-22\.04: that is the recording of netplan of ubuntu-22\.04/,
    ],
    [
      'the name of another life',
      { record: 'networkd-debian-13', backend: 'networkd' },
      /^--record .* another name: this one is that of networkd of debian-13/,
    ],
    ['a backend without version', { backend: 'sles11' }, /^--version is missing: the service of sles11/],
    ['an option', { x: 'y' }, /^Unknown option '--x': a life takes --tree, /],
  ])('%s that is not', (_name, values, said) => {
    expect(() => parseLife(argsOf(values))).toThrow(WrongArgument);
    expect(() => parseLife(argsOf(values))).toThrow(said);
  });

  test('that are missing, or too many', () => {
    expect(() => parseLife([])).toThrow(/^--tree is missing: a life needs/);
    expect(() => parseLife([...argsOf({}), 'networkd'])).toThrow(
      /^Unexpected argument 'networkd': a life takes/,
    );
  });

  test('that are given twice', () =>
    expect(() => parseLife([...argsOf({}), '--tree', '/'])).toThrow(/^--tree was given twice$/));

  test('a recording with few cycles', () => {
    process.env.MATRIX_CYCLES = '1';
    try {
      expect(() => parseLife(argsOf({ record: 'netplan-ubuntu-22.04' }))).toThrow(/needs 5 cycles or more$/);
      expect(() => parseLife(argsOf({}))).not.toThrow();
    } finally {
      delete process.env.MATRIX_CYCLES;
    }
  });

  test('a tree without os-release, where the release has one', () => {
    const file = path.join(tree, 'etc/os-release');
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    try {
      expect(() => parseLife(argsOf({}))).toThrow(
        /a tree with etc\/os-release or usr\/lib\/os-release, by which/,
      );
      const old = { release: 'centos-6', backend: 'initscripts', version: '9.03.61' };
      expect(() => parseLife(argsOf(old))).not.toThrow();
    } finally {
      writeFileSync(file, text);
    }
  });

  test('a tree without a program that the steps start', () => {
    rmSync(path.join(tree, 'usr/bin/perl'));
    expect(() => parseLife(argsOf({}))).toThrow(
      / a tree that has perl, which the steps start: install perl-base into it$/,
    );
    writeFileSync(path.join(tree, 'usr/bin/perl'), '');
  });
});

describe('tree and release', () => {
  const { facts, backend } = releaseTable['ubuntu-22.04']!;
  const life = { tree: '', backend, release: 'ubuntu-22.04', addressing: 'static' } as const;
  const withVersions = (versions: Readonly<Record<string, string>>) => ({
    ...facts,
    versions: { ...facts.versions, ...versions },
  });

  test('agree with themselves, each release', () => {
    for (const release of releaseNames()) {
      const row = releaseTable[release]!;
      expect(
        disagreements({ ...life, release, backend: row.backend }, row.facts, row.backend),
        release,
      ).toEqual([]);
    }
    expect(servicesOf(life, facts)).toEqual({ netplan: '0.106.1', systemd: '249' });
  });

  test('and may be told more exactly by the tree', () =>
    expect(disagreements(life, withVersions({ systemd: '249.11' }), backend)).toEqual([]));

  test.each<readonly [string, Parameters<typeof disagreements>, readonly string[]]>([
    ['a service', [life, facts, 'networkd'], ['the agent finds networkd, and --backend says netplan']],
    ['no service', [life, facts, undefined], ['the agent finds no backend, and --backend says netplan']],
    [
      'an older systemd',
      [life, withVersions({ systemd: '24' }), backend],
      ['the tree has systemd 24, and ubuntu-22.04 has 249'],
    ],
    [
      'a less exact netplan',
      [life, withVersions({ netplan: '0.106' }), backend],
      ['the tree has netplan 0.106, and ubuntu-22.04 has 0.106.1'],
    ],
    [
      'a version of its own',
      [{ ...life, version: '0.107' }, facts, backend],
      ['the tree has netplan 0.106.1, and --version says 0.107'],
    ],
    [
      'a system',
      [life, { ...facts, os: { ...facts.os, versionId: '22.10' } }, backend],
      ['the tree is ubuntu 22.10, and ubuntu-22.04 is ubuntu 22.04'],
    ],
  ])('do not agree by %s', (_name, args, lines) => expect(disagreements(...args)).toEqual(lines));

  test('a service without a version', () => {
    const { netplan: _none, ...versions } = facts.versions;
    expect(disagreements(life, { ...facts, versions }, backend)).toEqual([
      'the agent reads no version of netplan in the tree',
    ]);
  });
});

describe('the image', () => {
  const eni = parseEni('aws', primary, 0);
  const filesOf = (backend: BackendName, release: string) =>
    imageOf({ tree, backend, release, addressing: 'static' }).files(eni, 'dhcp');

  test.each(backendNames)('%s has a file for the primary', backend => {
    expect(Object.entries(filesOf(backend, 'debian-13')).join()).toMatch(/\beth0\b/);
  });

  test('has a catch-all where that of the release has, and where its networkd can let a link go', () => {
    const all = (backend: BackendName, release: string) =>
      JSON.stringify(filesOf(backend, release)).includes('eth*');
    expect(all('networkd', 'ubuntu-18.04')).toBe(false);
    expect(all('netplan', 'ubuntu-18.04')).toBe(false);
    expect(all('networkd', 'ubuntu-22.04')).toBe(true);
    expect(all('netplan', 'ubuntu-22.04')).toBe(false);
    expect(all('netplan', 'debian-13')).toBe(true);
  });

  test('takes in what that of the release takes in', () => {
    const interfaces = (release: string) => filesOf('ifupdown', release)['etc/network/interfaces'];
    expect(interfaces('ubuntu-16.04')).toContain('source /etc/network/interfaces.d/*.cfg\n');
    expect(interfaces('debian-10')).toContain('source /etc/network/interfaces.d/*\n');
  });

  test('boots by the program of the tree, or by its systemd', () => {
    const image = () => imageOf({ tree, backend: 'networkd', release: 'debian-13', addressing: 'static' });
    expect(image()).toMatchObject({ init: 'systemd', boot: ['networkctl', 'list'] });
    writeFileSync(path.join(tree, 'boot-network'), '');
    expect(image()).toMatchObject({ init: 'none', boot: logged('/boot-network') });
    rmSync(path.join(tree, 'boot-network'));
  });
});

test('every life has a name that a VPC of the lab can have', () => {
  for (const image of backendNames)
    for (const suite of releaseNames())
      expect(() => labName(vpcNameOf({ image, suite, addressing: 'static' }), 'guest')).not.toThrow();
});

describe('what is expected', () => {
  const words = { suppressPrefixLength: true, primaryGroup: 28000, links: true, boundSockets: true };
  const lines = [
    'link eth1 up',
    'rule 4 28000 from 10.0.1.0/24 iif lo lookup 28000 suppress_prefixlength 0',
    'rule 4 28300 from 10.0.1.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000',
    'rule 4 28600 from 10.0.1.0/24 iif lo lookup 28000',
    'rule 4 33000 from all oif eth1 lookup 28000',
  ];

  test('is said in the words that kernel and service know', () => {
    expect(inWordsOf(lines, words)).toEqual(lines);
    expect(inWordsOf(lines, { ...words, primaryGroup: undefined })[2]).toBe(
      'rule 4 28300 from 10.0.1.0/24 lookup 254 suppress_prefixlength 0',
    );
    expect(inWordsOf(lines, { ...words, links: false, boundSockets: false })).toEqual([
      lines[0],
      'rule 4 28000 from 10.0.1.0/24 lookup 28000 suppress_prefixlength 0',
      lines[2],
      'rule 4 28600 from 10.0.1.0/24 lookup 28000',
    ]);
    expect(inWordsOf(lines, { ...words, suppressPrefixLength: false })).toEqual([
      lines[0],
      lines[3],
      lines[4],
    ]);
  });

  test('of a step is one of the texts of the matrix', () => {
    const states = new Set(backendNames.flatMap(name => stepNamesOf(name)).map(stateAfter));
    expect([...states].map(String).sort()).toEqual([
      ...['addresses', 'boot', 'detached', 'hot-plug', 'joined', 'left', 'reattached', 'undefined'],
    ]);
  });

  test('to be lost is something with networkd 248 and 249, and with leases of NetworkManager 1.40', () => {
    const facts = (systemd: string) => ({ ...releaseTable.flatcar!.facts, versions: { systemd } });
    const lost = (backend: BackendName, systemd: string) => lostAtChange(backend, facts(systemd), 'static');
    expect(
      ['245', '247', '248', '249', '249.11', '250', '255', '2490'].map(v => lost('networkd', v)),
    ).toEqual([...[0, 0, 8, 8, 8, 0, 0, 0]]);
    expect([lost('netplan', '249'), lost('ifupdown', '249')]).toEqual([8, 0]);
    const leased = (networkmanager: string, addressing: 'static' | 'dhcp') =>
      lostAtChange(
        'networkmanager-ifcfg',
        { ...releaseTable['rhel-8']!.facts, versions: { networkmanager } },
        addressing,
      );
    expect([leased('1.40.16', 'dhcp'), leased('1.40.16', 'static'), leased('1.48', 'dhcp')]).toEqual([
      8, 0, 0,
    ]);
  });

  test('pings beyond that are losses, and so is all else', () => {
    const losses = [
      'stream of 10.0.9.10: reset',
      'ping of 10.0.1.30: lost 3: 1 2 3',
      'ping of 10.0.1.30: none is',
    ];
    const traffic = { losses, lostPings: { '10.0.1.30': 3 } };
    expect(lossesBeyond(traffic, {})).toEqual(losses);
    expect(lossesBeyond(traffic, { '10.0.1.30': 2 })).toEqual(losses);
    expect(lossesBeyond(traffic, { '10.0.1.30': 3 })).toEqual([losses[0], losses[2]]);
    expect(lossesBeyond(traffic, { '10.0.9.10': 9 })).toEqual(losses);
  });
});
