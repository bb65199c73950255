// Everything that a person can get wrong in the configuration: one line with file, line, section, key, value and reason, from every command,
// and nothing written. What only shows something shows what it can.
import { describe, expect, test } from 'vitest';
import { expectRefused, runCli } from '../../support/cli-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

const recording = { '/r.json': JSON.stringify(loadRecording('aws', 'two-enis')) };
const render = ['render', '--metadata', '/r.json', '--backend', 'ifupdown', '--out', '/tmp/tree'];
const confPath = '/etc/eni-agent/eni-agent.conf';

describe('the configuration', () => {
  const mac = '0a:07:84:3d:6e:01';
  const eni = (line: string) => `[eni "${mac}"]\n${line}\n`;
  const cases: readonly (readonly [string, string, RegExp | string])[] = [
    ['an unknown section', '[agnet]\n', `${confPath}:1: unknown section [agnet]; did you mean [agent]?`],
    ['a key outside of a section', 'backend = ifupdown\n', /the key "backend" is outside of any section/],
    [
      'an unknown key',
      '[agent]\nbackends = ifupdown\n',
      `${confPath}:2: [agent] has the unknown key "backends"; did you mean backend?`,
    ],
    [
      'an unknown key of an ENI',
      eni('adresses = 10.0.0.5'),
      /\[eni "0a:07:84:3d:6e:01"\] has the unknown key "adresses"; did you mean addresses\?$/,
    ],
    [
      'a backend that does not exist',
      '[agent]\nbackend = systemd\n',
      /\[agent\] backend = "systemd": must be one of ifupdown/,
    ],
    [
      'a switch that is no word',
      '[agent]\nallow-unproven = maybe\n',
      /allow-unproven = "maybe": must be yes or no/,
    ],
    [
      'a switch in another language',
      '[agent]\nallow-unproven = true\n',
      /allow-unproven = "true": must be yes or no/,
    ],
    ['a switch without a value', '[agent]\nallow-unproven\n', /allow-unproven = .*: must be yes or no/],
    [
      'a log level',
      '[agent]\nlog-level = verbose\n',
      /log-level = "verbose": must be error, warn, info or debug/,
    ],
    [
      'a time that is none',
      '[agent]\nverify-timeout = soon\n',
      /verify-timeout = "soon": must be a whole number from 1 to 300/,
    ],
    ['a time that is too long', '[agent]\nverify-timeout = 301\n', /must be a whole number from 1 to 300/],
    [
      'a negative time',
      '[metadata]\nconfirm-delay = -1\n',
      /confirm-delay = "-1": must be a whole number from 0 to 60/,
    ],
    ['a fraction', '[metadata]\ntimeout = 1.5\n', /timeout = "1.5": must be a whole number/],
    ['a cloud', '[metadata]\nprovider = azure\n', /provider = "azure": must be alibaba, aws or jdcloud/],
    [
      'a url with a name',
      '[metadata]\nurl = http://metadata.internal\n',
      /must look like http:\/\/127.0.0.1:8080/,
    ],
    ['a url with a path', '[metadata]\nurl = http://127.0.0.1/x\n', /must look like http:\/\/127.0.0.1:8080/],
    [
      'a base in the kernel’s own numbers',
      '[routing]\nbase = 100\n',
      /base = "100": must be a whole number from 301 to/,
    ],
    ['a base without room behind it', '[routing]\nbase = 32000\n', /base = "32000": must be a whole number/],
    ['an ENI without a MAC', '[eni "eth1"]\nignore = yes\n', /\[eni "eth1"\] does not name a MAC address/],
    ['a multicast MAC', '[eni "01:00:5e:00:00:01"]\nignore = yes\n', /does not name a MAC address/],
    [
      'an address that is none',
      eni('addresses = 10.0.0.5 10.0.0.256'),
      /addresses = .*: "10.0.0.256" is not an address/,
    ],
    [
      'a prefix length in the place of an address',
      eni('addresses = 10.0.0.5/24'),
      /"10.0.0.5\/24" is not an address/,
    ],
    [
      'a subnet without a length',
      eni('subnets = 10.0.0.0'),
      /"10.0.0.0" is not a subnet such as 10.0.2.0\/24/,
    ],
    ['two gateways of one family', eni('gateways = 10.0.0.1 10.0.0.2'), /gateways/],
    ['a mode', eni('mode = auto'), /mode = "auto": must be static or dhcp/],
    ['an MTU', eni('mtu = 100'), /mtu = "100": must be a whole number from 576 to 65535/],
    ['a table of the kernel', eni('table = 254'), /table = "254": must be a whole number from 256/],
    ['a metric', eni('metric = 0'), /metric = "0": must be a whole number from 1/],
    [
      'UTF-16',
      '\uFFFD\uFFFD[\0a\0g\0e\0n\0t\0]\0\n\0',
      `${confPath}:1: the file is no text in UTF-8; it may have been saved as UTF-16`,
    ],
    ['a shell in a value', eni('addresses = $(reboot)'), /"\$\(reboot\)" is not an address/],
  ];
  test.each(cases)('%s', async (_name, content, message) => {
    // Every command that acts by the configuration refuses it in the same words, where no last good one is known.
    for (const argv of [['once'], ['plan'], ['daemon'], ['remove'], ['rollback'], render])
      expectRefused(await runCli(argv, { ...recording, [confPath]: content }), 64, 'config-invalid', message);
  });

  test('a byte order mark is no mistake, and hides none', async () => {
    const right = await runCli(['check-config'], { [confPath]: '\uFEFF[agent]\nlog-level = info\n' });
    expect(right).toMatchObject({ code: 0, out: expect.stringContaining('is valid') });
    const wrong = await runCli(['check-config'], { [confPath]: '\uFEFF[agnet]\n' });
    expect(wrong).toMatchObject({ code: 64, out: expect.stringMatching(/:1: unknown section \[agnet\]/) });
  });

  // As if there were no file, an ENI that it says to ignore would be configured.
  test.each(['/etc/eni-agent/eni-agent.conf', '/etc/eni-agent/eni-agent.conf.d/50-site.conf'])(
    'a folder in the place of %s is no missing file',
    async path => {
      for (const argv of [['once'], ['plan'], ['daemon'], ['check-config']])
        expectRefused(await runCli(argv, { [`${path}/x`]: '' }), 64, 'config-invalid', `${path} is a folder`);
    },
  );

  test('a file that is named: it is missing, it is a folder, nobody may read it', async () => {
    for (const argv of [
      ['check-config', '/new.conf'],
      ['plan', '--config', '/new.conf'],
    ]) {
      expectRefused(await runCli(argv), 64, 'usage', 'the file /new.conf does not exist');
      expectRefused(await runCli(argv, { '/new.conf/x': '' }), 64, 'config-invalid', '/new.conf is a folder');
    }
  });

  test('the daemon says that it has no other to go by', async () => {
    const { err } = await runCli(['daemon'], { [confPath]: '[agnet]\n' });
    expect(err).toContain('config-invalid: no last good configuration is known, so nothing is configured;');
  });

  test('status and doctor say it first, say that they go by the defaults, and end with 2', async () => {
    const files = { [confPath]: '[agnet]\n' };
    const message = `${confPath}:1: unknown section [agnet]; did you mean [agent]?`;
    const status = await runCli(['status'], files);
    expect(status.out).toMatch(
      /^Config {3}! \/etc.*\n +shown by the defaults, since no last good .* is known\n/,
    );
    expect(status.out).toContain(message);
    const doctor = await runCli(['doctor'], files);
    expect(doctor.out.split('\n')[0]).toBe(
      `FAIL  configuration: ${message}; the checks below go by the defaults, since no last good configuration is known`,
    );
    const json = await runCli(['status', '--json'], files);
    expect(JSON.parse(json.out).configProblem).toEqual({
      message,
      hint: expect.stringContaining('eni-agent check-config'),
      lastGoodSince: null,
    });
    expect([status.code, doctor.code, json.code]).toEqual([2, 2, 2]);
  });

  test('the error names the drop-in that is wrong, and only *.conf is read', async () => {
    const folder = '/etc/eni-agent/eni-agent.conf.d';
    const files = {
      [confPath]: '[agent]\nlog-level = warn\n',
      [`${folder}/10-good.conf`]: '[routing]\nbase = 20000\n',
      [`${folder}/20-bad.conf`]: '[routing]\nbase = x\n',
      [`${folder}/30-bad.conf.rpmsave`]: '[nonsense]\n',
    };
    expectRefused(
      await runCli(['plan'], files),
      64,
      'config-invalid',
      new RegExp(`^eni-agent: ${folder}/20-bad.conf:2: `),
    );
  });
});

test.each([
  ['manage = listed without a section', '[agent]\nmanage = listed\n', true],
  ['with one', '[agent]\nmanage = listed\n[eni "02:00:00:00:00:02"]\nmode = static\n', false],
  ['manage = all', '[agent]\nmanage = all\n', false],
])('check-config, %s: valid, and a warning %#', async (_what, text, warns) => {
  const { code, out } = await runCli(['check-config'], { [confPath]: text });
  expect(code).toBe(0);
  expect(out.includes('warning: manage = listed')).toBe(warns);
});
