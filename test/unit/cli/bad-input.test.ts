// Everything that a person can get wrong at the command line: one line that says what, one with the way out,
// the exit code, and nothing written.
import { describe, expect, test, vi } from 'vitest';
import { loadCommands } from '../../../agent/cli/commands.ts';
import { expectRefused, runCli } from '../../support/cli-machine.ts';
import { FakeSystem } from '../../support/fake-system.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

const commands = await loadCommands(undefined);

const twoEnis = JSON.stringify(loadRecording('aws', 'two-enis'));
const recording = { '/r.json': twoEnis };
const render = ['render', '--metadata', '/r.json', '--backend', 'ifupdown', '--out', '/tmp/tree'];
const confPath = '/etc/eni-agent/eni-agent.conf';
const verbs = commands.map(c => c.name);

describe('the command line', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp | string])[] = [
    ['an unknown command', ['onec'], `unknown command "onec"; the commands are ${verbs.join(', ')}`],
    ['a command in capitals', ['ONCE'], /unknown command "ONCE"/],
    ['help for an unknown command', ['help', 'onec'], /unknown command "onec"/],
    [
      'an option before the command',
      ['--provider', 'plan'],
      /--provider is not a command: the command comes first/,
    ],
    ['an unknown option', ['plan', '--verbose'], /^eni-agent: plan: Unknown option '--verbose'$/],
    ['an option of another command', ['plan', '--force'], /plan: Unknown option '--force'/],
    ['a word too many', ['once', 'now'], /once: Unexpected argument 'now'/],
    ['a value for a switch', ['once', '--force=yes'], /once: Option '--force' does not take an argument/],
    ['a missing value', ['plan', '--provider'], /plan: Option '--provider <value>' argument missing/],
    ['an option in the place of a value', ['plan', '--provider', '--json=1'], /plan: Option '--provider/],
    [
      'an unknown cloud',
      ['plan', '--provider', 'gce'],
      '--provider "gce" is unknown; the providers are alibaba, aws, jdcloud',
    ],
    [
      'a url without its cloud',
      ['plan', '--metadata-url', 'http://127.0.0.1:1'],
      /--metadata-url needs --provider/,
    ],
    [
      'a url of TLS',
      ['plan', '--provider', 'aws', '--metadata-url', 'https://127.0.0.1'],
      /metadata url "https:\/\/127.0.0.1" is not of the form/,
    ],
    [
      'a url with a path',
      ['plan', '--provider', 'aws', '--metadata-url', 'http://127.0.0.1/latest'],
      /is not of the form http:\/\/HOST/,
    ],
    [
      'a url that is none',
      ['plan', '--provider', 'aws', '--metadata-url', 'localhost'],
      /is not of the form http:\/\/HOST/,
    ],
    ['render without a recording', ['render'], 'render needs --metadata'],
    ['render with an empty one', ['render', '--metadata', ''], 'render needs --metadata'],
    ['render without a backend', ['render', '--metadata', '/r.json'], 'render needs --backend'],
    ['render without a folder', render.slice(0, 5), 'render needs --out'],
    [
      'an unknown backend',
      ['render', '--metadata', '/r.json', '--backend', 'systemd', '--out', '/t'],
      /unknown backend "systemd"; the backends are ifupdown, /,
    ],
    [
      'a backend that is a word of JavaScript',
      ['render', '--metadata', '/r.json', '--backend', 'toString', '--out', '/t'],
      /unknown backend "toString"/,
    ],
    ['an unknown release', [...render, '--release', 'debian-99'], /"?debian-99"?/],
    [
      'a release of another backend',
      [...render, '--release', 'ubuntu-22.04'],
      'release ubuntu-22.04 runs netplan, not ifupdown',
    ],
    [
      '--link without a name',
      [...render, '--link', '0a:07:84:3d:6e:01'],
      /--link "0a:07:84:3d:6e:01" is not of the form MAC=NAME/,
    ],
    ['--link without a MAC', [...render, '--link', 'ens6'], /is not of the form MAC=NAME/],
    ['--link with a bad MAC', [...render, '--link', '0a:07:84:3d:6e=ens6'], /is not of the form MAC=NAME/],
    [
      '--link with a name that is too long',
      [...render, '--link', '0a:07:84:3d:6e:01=abcdefghijklmnop'],
      /is not of the form MAC=NAME/,
    ],
    [
      '--link with a name that a shell would read',
      [...render, '--link', '0a:07:84:3d:6e:01=$(id)'],
      /is not of the form MAC=NAME/,
    ],
    [
      '--link with a name that looks like an option',
      [...render, '--link', '0a:07:84:3d:6e:01=-x'],
      /is not of the form MAC=NAME/,
    ],
    [
      '--link with a name that is a folder',
      [...render, '--link', '0a:07:84:3d:6e:01=..'],
      /is not of the form MAC=NAME/,
    ],
    [
      '--link for a MAC that is not in the recording',
      [...render, '--link', '0a:07:84:3d:6e:99=ens9'],
      /0a:07:84:3d:6e:99/,
    ],
    [
      'one name for two links',
      [...render, '--link', '0a:07:84:3d:6e:01=eth0'],
      /another link is called eth0 already/,
    ],
  ];
  test.each(cases)('%s', async (_name, argv, message) => {
    expectRefused(await runCli(argv, { ...recording, ...interfaces }), 64, 'usage', message);
  });

  const badRecordings: Readonly<Record<string, string>> = {
    '/empty.json': '',
    '/text.json': 'hello',
    '/list.json': '[]',
    '/cloud.json': twoEnis.replace('"aws"', '"gce"'),
    '/key.json': JSON.stringify({ provider: 'aws', responses: {}, answers: {} }),
    '/path.json': JSON.stringify({ provider: 'aws', responses: { 'no slash': '' } }),
    '/answer.json': JSON.stringify({ provider: 'aws', responses: { '/a': 5 } }),
    '/status.json': JSON.stringify({ provider: 'aws', responses: { '/a': { status: 42 } } }),
    '/none.json': JSON.stringify({ provider: 'aws' }),
  };
  test.each(Object.keys(badRecordings))('a recording that is none: %s', async file => {
    const argv = ['render', '--metadata', file, '--backend', 'ifupdown', '--out', '/t'];
    expectRefused(
      await runCli(argv, badRecordings),
      1,
      'recording-unreadable',
      new RegExp(`^eni-agent: ${file}( is not JSON: |, at )`),
    );
  });

  test('a recording that is not there', async () => {
    const argv = ['render', '--metadata', '/missing.json', '--backend', 'ifupdown', '--out', '/t'];
    expectRefused(await runCli(argv), 1, 'recording-unreadable', 'the file /missing.json does not exist');
  });

  const needRoot = commands.filter(c => c.needsRoot);
  test.each([
    ['refresh', /^ {2}needs-root: run it as root; "eni-agent status" shows/m],
    ['once', /^ {2}needs-root: run it as root; "eni-agent plan" shows/m],
  ])('%s without root: what helps instead', async (verb, hint) => {
    expect((await runCli([verb], {}, false)).err).toMatch(hint);
  });

  test.each(needRoot.map(c => [c.name, c.rootFor] as const))('%s without root', async (verb, rootFor) => {
    expectRefused(
      await runCli([verb], {}, false),
      1,
      'needs-root',
      `${verb} ${rootFor ?? 'changes the machine'} and needs root`,
    );
  });

  test('no cloud to be recognised', async () => {
    expectRefused(await runCli(['plan'], interfaces), 1, 'provider-unknown', /.+/);
  });

  test('no backend to be recognised', async () => {
    expectRefused(
      await runCli(['plan', '--provider', 'aws']),
      1,
      'backend-unknown',
      /cannot tell what owns the links/,
    );
  });

  test('no metadata service', async () => {
    const argv = ['plan', '--provider', 'aws', '--metadata-url', 'http://127.0.0.1:9'];
    expectRefused(
      await runCli(argv, interfaces),
      1,
      'metadata-unreachable',
      /no metadata service at http:\/\/127.0.0.1:9/,
    );
  });
});

/** What makes a machine one of ifupdown. */
const interfaces = {
  '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\nauto eth0\niface eth0 inet dhcp\n',
  '/sbin/ifquery': '',
};

test('with --json the error is JSON on standard output, and nothing else is printed', async () => {
  const runs: readonly (readonly [readonly string[], Readonly<Record<string, string>>, number, string])[] = [
    [['onec', '--json'], {}, 64, 'usage'],
    [['plan', '--json', '--nonsense'], {}, 64, 'usage'],
    [['once', '--json'], { [confPath]: '[nonsense]\n' }, 64, 'config-invalid'],
    [['plan', '--json', '--provider', 'aws'], {}, 1, 'backend-unknown'],
    [['rollback', '--json'], {}, 1, 'nothing-to-roll-back'],
    [['render', '--json', '--metadata', '/x', '--backend', 'wicked'], {}, 1, 'recording-unreadable'],
  ];
  for (const [argv, files, code, name] of runs) {
    const outcome = await runCli(argv, files);
    expect(outcome, argv.join(' ')).toMatchObject({ code, err: '' });
    expect(JSON.parse(outcome.out), argv.join(' ')).toEqual({
      version: 1,
      error: {
        code: name,
        message: expect.stringMatching(/^.{5,}$/),
        hint: expect.stringMatching(/^.{10,}$/),
      },
    });
  }
});

test('a defect of the program says that it is one, with the place', async () => {
  vi.spyOn(FakeSystem.prototype, 'readOwn').mockRejectedValue(new TypeError('x is not a function'));
  const outcome = await runCli(['rollback']);
  vi.restoreAllMocks();
  expect(outcome.code).toBe(1);
  expect(outcome.err).toMatch(/^eni-agent: x is not a function\n {2}bug: .*\nTypeError: .*\n +at /);
});

test('whatever is quoted, no line is forged and no terminal is steered', async () => {
  const odd = 'x\neni-agent: all is well\n\u001b]0;pwned\u0007\u001b[2J\u202e';
  for (const argv of [
    [odd],
    ['plan', odd],
    ['plan', '--provider', odd],
    ['plan', '--provider', 'aws', '--metadata-url', odd],
    ['render', '--metadata', odd, '--backend', 'ifupdown', '--out', '/tmp/tree'],
    ['help', odd],
  ]) {
    const { out, err } = await runCli(argv);
    expect(out + err).not.toMatch(/\u001b|\u0007|\u202e/);
    expect(err.split('\n')).toHaveLength(3);
  }
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  '%s, which every object of JavaScript has, is a word like others',
  async word => {
    for (const argv of [
      [word],
      ['help', word],
      ['plan', word],
      ['plan', `--${word}`],
      ['plan', `--${word}=1`],
      ['plan', '--provider', word],
      ['render', '--metadata', '/r', '--backend', word],
      ['render', '--metadata', '/r', '--release', word],
      ['owner', 'eth1', '--root', '/mnt', '--backend', word],
    ]) {
      const { code, err } = await runCli(argv);
      expect(err, argv.join(' ')).toMatch(/\n {2}(usage|recording-unreadable): /);
      expect(err, argv.join(' ')).not.toContain('bug');
      expect(code, argv.join(' ')).toBeGreaterThan(0);
    }
  },
);
