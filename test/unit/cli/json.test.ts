// --json of every command: one object on standard output and nothing else, with the fields that docs/json.md lists. Fields are only
// ever added, so the lists here are of what must be there.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(async () => {
  expect(machine.system.unknown).toEqual([]);
  await machine.close();
});

async function start(): Promise<void> {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
}

async function json(code: number, ...argv: readonly string[]): Promise<Record<string, unknown>> {
  machine.system.restart();
  const outcome = await machine.agent(...argv, '--json');
  expect(outcome, outcome.out).toMatchObject({ code, err: '' });
  expect(outcome.out.endsWith('}\n')).toBe(true);
  return JSON.parse(outcome.out) as Record<string, unknown>;
}

const path = '/etc/network/interfaces.d/60-eni-eth1';
const evidence = [{ probe: 'ifstate', saw: 'eth0=eth0' }];
const plan = {
  primaryLink: 'eth0',
  enis: [
    {
      mac: '0a:07:84:3d:6e:01',
      link: 'eth1',
      eniId: 'eni-013cdce36ded5e79f',
      slot: 0,
      table: 28000,
      addressing: 'static',
      addresses: [{ ip: '172.31.40.10', prefixLength: 32, family: 4, dynamic: false }],
      routes: [
        { family: 4, destination: '172.31.32.0/20', onLink: false, table: 28000 },
        { family: 4, destination: '172.31.16.0/20', gateway: '172.31.32.1', onLink: true, table: 28000 },
        { family: 4, destination: '0.0.0.0/0', gateway: '172.31.32.1', onLink: true, table: 28000 },
      ],
      rules: [
        {
          family: 4,
          priority: 28000,
          from: '172.31.32.0/20',
          localOnly: true,
          table: 28000,
          suppressPrefixLength: 0,
          suppressDefault: true,
        },
        {
          family: 4,
          priority: 28300,
          from: '172.31.32.0/20',
          localOnly: false,
          table: 254,
          suppressPrefixLength: 0,
          suppressGroup: 28000,
          suppressDefault: true,
        },
        {
          family: 4,
          priority: 28600,
          from: '172.31.32.0/20',
          localOnly: true,
          table: 28000,
          suppressDefault: false,
        },
        {
          family: 4,
          priority: 33000,
          localOnly: false,
          oif: 'eth1',
          table: 28000,
          suppressDefault: false,
        },
      ],
      notes: [],
    },
  ],
  skipped: [{ reason: 'primary', degraded: false, mac: expect.any(String), text: expect.any(String) }],
};
/** The script that finds a stanza by its MAC. */
const stanza = { path: '/etc/network/eni-agent-stanza', mode: '0755' };
/** That puts the primary into its link group at boot. */
const group = {
  path: '/etc/udev/rules.d/70-eni-agent-primary.rules',
  mode: '0644',
  before: null,
  after: expect.stringContaining('ATTR{netdev_group}="28000"'),
};
const pass = {
  version: 1,
  cloud: { provider: 'aws', instanceId: 'i-0af01c0123456789a', requests: expect.any(Number) },
  backend: { name: 'ifupdown', evidence },
  plan,
  degraded: [],
};

describe('the result', () => {
  test('plan, once, once again', async () => {
    await start();
    const pending = {
      ...pass,
      files: [
        stanza,
        { path, mode: '0644', before: null, after: expect.stringContaining('iface 60-eni-eth1 inet static') },
        group,
      ],
      commands: [{ phase: 'after-write', argv: ['ifup', '--force', 'eth1'] }],
      kernel: { add: [{ family: 4, lines: ['link set dev eth0 group 28000'] }], remove: [] },
    };
    expect(await json(2, 'plan')).toMatchObject({ ...pending, outcome: 'pending' });
    expect(await json(0, 'once')).toMatchObject({ ...pending, outcome: 'applied' });
    const idle = { ...pass, outcome: 'unchanged', files: [], commands: [], kernel: { add: [], remove: [] } };
    expect(await json(0, 'once')).toMatchObject(idle);
    expect(await json(0, 'plan')).toMatchObject(idle);
  });

  test('plan of a live change names the lines for the kernel', async () => {
    await start();
    await json(0, 'once');
    const key = '/latest/meta-data/network/interfaces/macs/0a:07:84:3d:6e:01/local-ipv4s';
    machine.metadata.set(key, '172.31.40.10\n172.31.40.11');
    expect(await json(2, 'plan')).toMatchObject({
      files: [{ path, before: expect.any(String), after: expect.stringContaining('172.31.40.11/32') }],
      kernel: { add: [{ family: 4, lines: ['addr add 172.31.40.11/32 dev eth1'] }], remove: [] },
    });
  });

  test('status: as planned, not as planned, without metadata', async () => {
    await start();
    await json(0, 'once');
    const status = {
      version: 1,
      cloud: { provider: 'aws', instanceId: 'i-0af01c0123456789a' },
      metadata: 'answered',
      backend: { name: 'ifupdown', evidence },
      primaryLink: 'eth0',
    };
    const eni = { plan: plan.enis[0], asPlanned: true, filesDiffer: false, differences: [] };
    expect(await json(0, 'status')).toMatchObject({
      ...status,
      enis: [eni],
      leftOver: [],
      skipped: [],
      degraded: [],
    });

    machine.system.sh('ip -4 rule del priority 28600');
    const missing = 'missing: rule 4 28600 from 172.31.32.0/20 iif lo lookup 28000';
    expect(await json(2, 'status')).toMatchObject({ enis: [{ asPlanned: false, differences: [missing] }] });

    await machine.metadata.close();
    expect(await json(2, 'status')).toMatchObject({
      cloud: null,
      metadata: 'no answer',
      enis: [{ plan: { link: 'eth1' }, differences: [missing] }],
      degraded: [expect.stringContaining('no metadata service')],
    });
  });

  test('status: a detached ENI is left over', async () => {
    await start();
    await json(0, 'once');
    machine.metadata.remove('/latest/meta-data/network/interfaces/macs/0a:07:84:3d:6e:01/');
    expect(await json(2, 'status')).toMatchObject({ enis: [], leftOver: [{ link: 'eth1' }] });
  });

  test('status: outside of a plan a missing value is null', async () => {
    await start();
    machine.metadata.remove(`/latest/meta-data/network/interfaces/macs/${plan.enis[0]!.mac}/interface-id`);
    const { skipped } = await json(2, 'status');
    expect(skipped).toMatchObject([{ mac: plan.enis[0]!.mac, eniId: null, reason: 'incomplete-metadata' }]);
  });

  test('doctor', async () => {
    await start();
    await json(0, 'once');
    // Somebody's rule among the numbers of the agent is worth a warning.
    machine.system.sh('ip -4 rule del priority 28450');
    const { version, findings } = await json(0, 'doctor');
    expect(version).toBe(1);
    const list = findings as readonly Record<string, unknown>[];
    expect(list.length).toBeGreaterThan(4);
    for (const finding of list) {
      expect(finding).toMatchObject({ check: expect.any(String), saw: expect.any(String) });
      expect(['ok', 'warning', 'failure']).toContain(finding.verdict);
      expect(typeof finding.hint).toBe(finding.verdict === 'ok' ? 'object' : 'string');
    }
    machine.system.sh('ip -4 rule del priority 28600');
    expect(await json(2, 'doctor')).toMatchObject({
      findings: expect.arrayContaining([
        {
          check: 'eni eni-013cdce36ded5e79f on eth1',
          verdict: 'failure',
          saw: expect.stringContaining('missing: rule'),
          hint: expect.any(String),
        },
      ]),
    });
  });

  test('rollback and remove', async () => {
    await start();
    await json(0, 'once');
    expect(await json(0, 'rollback')).toEqual({
      version: 1,
      rolledBack: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      files: [stanza.path, path, group.path],
    });
    expect(await json(2, 'once')).toMatchObject({ outcome: 'refused' });
    expect(await json(0, 'once', '--force')).toMatchObject({ outcome: 'applied' });
    const nothing = { version: 1, removed: [], stopped: [], disabled: [], notes: [] };
    expect(await json(0, 'remove')).toEqual({ ...nothing, removed: [stanza.path, path, group.path] });
    expect(await json(0, 'remove')).toEqual(nothing);
  });

  test('check-config', async () => {
    await start();
    const config = '/etc/eni-agent/eni-agent.conf';
    const right = { version: 1, valid: true, files: [config], notRead: [], problems: [] };
    expect(await json(0, 'check-config')).toEqual(right);
    machine.system.put(config, '[agent]\nlog-level = warning\n[x]\n');
    machine.system.put(`${config}.d/50.conf.rpmsave`, '');
    const [text, suggestion] = ['[agent] log-level = "warning": must be error, warn, info or debug', 'warn'];
    const at = { file: config, section: 'agent', line: 2, key: 'log-level', value: 'warning' };
    const section = { ...at, section: 'x', line: 3, key: null, value: null };
    expect(await json(64, 'check-config')).toEqual({
      ...right,
      valid: false,
      notRead: [`${config}.d/50.conf.rpmsave`],
      problems: [
        { ...at, text, suggestion },
        { ...section, text: 'unknown section [x]', suggestion: null },
      ],
    });
  });

  test('render', async () => {
    await start();
    const file = new URL('../../fixtures/metadata/aws/two-enis.json', import.meta.url);
    machine.system.put('/r.json', readFileSync(file, 'utf8'));
    const result = await json(0, 'render', '--metadata', '/r.json', '--backend', 'ifupdown');
    expect(Object.keys(result)).toEqual(['version', 'plan', 'files', 'commands', 'warnings']);
    expect(result).toMatchObject({
      version: 1,
      warnings: [],
      plan,
      files: [
        stanza,
        { path, mode: '0644', content: expect.stringContaining('iface 60-eni-eth1 inet static') },
      ],
      commands: [{ phase: 'after-write', argv: ['ifup', '--force', 'eth1'] }],
    });
    // Without --out nothing is written.
    expect(machine.system.journal).toEqual([]);
  });
});

test('an apply that fails: the error as JSON, the warnings on standard error', async () => {
  await start();
  machine.system.fail(/^run ifup/, 'it will not');
  const outcome = await machine.agent('once', '--json');
  expect(outcome.code).toBe(1);
  expect(JSON.parse(outcome.out)).toMatchObject({
    version: 1,
    error: { code: 'command-failed', message: '"ifup --force eth1" failed (exit 1): it will not' },
  });
  expect(outcome.err).toContain('rolling back');
});
