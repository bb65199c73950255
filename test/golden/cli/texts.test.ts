// What a person reads, as whole texts in *.txt beside this file: help, plan, once, status, doctor, render, and what they say when
// something is wrong. `GOLDEN=write` (npm run golden) writes them anew; a text that no case makes is a failure.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { loadCommands } from '../../../agent/cli/commands.ts';
import { type Report, reportPath } from '../../../agent/daemon/report.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { runCli } from '../../support/cli-machine.ts';
import { reportedOf, reportOf } from '../../support/example-look.ts';
import { createMachine, type Machine, type Outcome } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

const commands = await loadCommands(undefined);

/** Of the terminal in which all this is read. */
const columns = 80;
const write = process.env.GOLDEN === 'write';
const made = new Set<string>();
let machine: Machine | undefined;

afterEach(async () => {
  expect(machine?.system.unknown ?? []).toEqual([]);
  await machine?.close();
  machine = undefined;
});

afterAll(() => {
  for (const name of readdirSync(import.meta.dirname).filter(n => n.endsWith('.txt') && !made.has(n)))
    if (write) rmSync(path.join(import.meta.dirname, name));
    else throw new Error(`${name} belongs to no case`);
});

/** The command line, both streams, the exit code: as it would look in a terminal. */
function compare(name: string, sessions: readonly (readonly [string, Outcome])[]): void {
  const text = sessions
    .map(([line, { code, out, err }]) => `$ eni-agent ${line}\n${out}${err}[exit ${code}]\n`)
    .join('\n')
    .replace(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:8080');
  const file = path.join(import.meta.dirname, `${name}.txt`);
  made.add(`${name}.txt`);
  if (write) writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '', `${name}.txt`).toBe(text);
  // A terminal shows it without a break of its own; files, commands, the log, and single words such as paths may be longer.
  const wide = text
    .split('\n')
    .filter(
      l =>
        l.length > columns &&
        !/^[+-]|^ {5}(pre-up|up|down) |^\$ |^ {2}(ip|ifup|sysctl) |^warn: |^\s*\S+$/.test(l),
    );
  expect(wide).toEqual([]);
}

const inTerminal = (...argv: readonly string[]) => runCli(argv, {}, true, columns);

async function session(m: Machine, ...lines: readonly string[]): Promise<(readonly [string, Outcome])[]> {
  const outcomes: (readonly [string, Outcome])[] = [];
  for (const line of lines) {
    m.system.restart();
    outcomes.push([line, await m.agent(...line.split(' '))]);
  }
  return outcomes;
}

const macs = '/latest/meta-data/network/interfaces/macs';

describe('help', () => {
  test('of all', async () => compare('help', [['--help', await inTerminal('--help')]]));
  test.each(commands.map(c => c.name))('of %s', async verb => {
    const outcome = await inTerminal(verb, '--help');
    expect(outcome.code).toBe(0);
    expect((await inTerminal('help', verb)).out).toBe(outcome.out);
    compare(`help-${verb}`, [[`${verb} --help`, outcome]]);
  });
});

test('a new ENI: plan, once, and the quiet afterwards', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'dual-stack') });
  // A machine where all is well; "drift" shows what doctor says of this rule.
  machine.system.sh('ip -4 rule del priority 28450');
  compare('new-eni', await session(machine, 'plan', 'once', 'plan', 'once', 'status', 'doctor'));
});

test('a second ENI joins a shared subnet; one address goes', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-secondaries-one-subnet') });
  machine.metadata.remove(`${macs}/0a:07:84:3d:6e:02/`);
  await session(machine, 'once');
  machine.metadata.replace(loadRecording('aws', 'two-secondaries-one-subnet'));
  machine.metadata.set(`${macs}/0a:07:84:3d:6e:01/local-ipv4s`, '172.31.40.10');
  compare('shared-subnet', await session(machine, 'plan', 'once', 'status'));
});

test('fifty addresses on fifteen ENIs', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'fifteen-enis-fifty-addresses') });
  await session(machine, 'once');
  compare('many-enis', await session(machine, 'once', 'status'));
});

test('a detached ENI', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-enis') });
  await session(machine, 'once');
  machine.metadata.remove(`${macs}/0a:07:84:3d:6e:01/`);
  compare('detached-eni', await session(machine, 'status', 'plan', 'once', 'remove'));
});

test('something is wrong with the machine', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-secondaries-one-subnet') });
  machine.system.put('/etc/network/interfaces.d/60-eni-eth2', '# written by hand\n');
  machine.system.put('/usr/bin/setup-policy-routes', '');
  await session(machine, 'once');
  machine.system.sh('ip -4 rule del priority 28600');
  machine.system.sh('ip link set dev eth1 mtu 1400');
  compare('drift', await session(machine, 'status', 'doctor', 'once'));
});

test('something is wrong with the metadata', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-enis') });
  await session(machine, 'once');
  machine.metadata.fault({ match: 'local-ipv4s$', status: 500 });
  const failing = await session(machine, 'once', 'status', 'doctor');
  await machine.metadata.close();
  compare('metadata-trouble', [...failing, ...(await session(machine, 'status', 'once'))]);
});

test('the configuration is wrong, and it was right before', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-enis') });
  await session(machine, 'once');
  const config = '/etc/eni-agent/eni-agent.conf';
  const wrong = '[agnet]\nlog-level = info\n\n[agent]\nlog-level = loud\nperiod = 30\n';
  const before = machine.system.files.get(config)!.content;
  machine.system.put(config, wrong);
  machine.system.put('/etc/eni-agent/eni-agent.conf.d/50-x.conf.rpmsave', 'nonsense\n');
  const lines = ['check-config', 'status', 'doctor', 'plan', 'once'];
  const sessions = await session(machine, ...lines);
  machine.system.put('/tmp/new.conf', before.replace('[metadata]', '[daemon]\nperiod = 30\n\n[metadata]'));
  machine.system.put('/tmp/mtu.conf', `${before}\n[eni "0a:07:84:3d:6e:01"]\nmtu = 1400\n`);
  machine.system.put('/tmp/bad.conf', wrong);
  const others = ['check-config /tmp/new.conf', 'plan --config /tmp/new.conf', 'plan --config /tmp/mtu.conf'];
  sessions.push(...(await session(machine, ...others, 'plan --config /tmp/bad.conf')));
  compare('wrong-config', [...sessions, ...(await session(machine, 'rollback'))]);
});

test('an apply that fails, a rollback by hand', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-enis') });
  machine.system.fail(/^run ifup/, 'RTNETLINK answers: Operation not permitted');
  const lines = ['once', 'once', 'rollback', 'plan', 'once', 'rollback', 'once --force'];
  compare('failures', await session(machine, ...lines));
});

test('a pause', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-enis') });
  const sessions = await session(machine, 'resume', 'pause 2d', 'pause 30m', 'plan', 'once');
  compare('pause', [...sessions, ...(await session(machine, 'resume'))]);
});

/** A daemon that wrote this at the machine's own time. */
function withDaemon({ system }: Machine, more: Partial<Report>): void {
  system.put('/proc/812/cmdline', '/usr/bin/node\0/usr/lib/eni-agent/eni-agent.cjs\0daemon\0');
  const seconds = (offset: number) => new Date(system.now() + offset * 1000).toISOString();
  const times = { startedAt: seconds(-10_800), lookedAt: seconds(-12), nextLookAt: seconds(48) };
  const answered = { state: 'answered' as const, answeredAt: seconds(-12) };
  system.put(reportPath, JSON.stringify(reportOf({ metadata: answered, ...times, enis: [], ...more })));
}

test('status with a daemon: at rest, in trouble, gone', async () => {
  machine = await createMachine({ columns, recording: loadRecording('aws', 'two-enis') });
  await session(machine, 'once');
  const { system } = machine;
  const at = (seconds: number) => new Date(system.now() - seconds * 1000).toISOString();
  const [plan] = machine.state().applied as [EniPlan];
  const lastError = { at: at(300), text: '"ifup --force eth1" failed (exit 1)' };
  withDaemon(machine, { enis: [reportedOf(plan, { since: at(7200), lastError })] });
  const sessions = await session(machine, 'status', 'status --verbose');

  system.sh('ip -4 rule del priority 28600');
  const undone = 'missing: rule 4 28600 from 172.31.32.0/20 iif lo lookup 28000';
  const text = `something keeps undoing it: ${undone}`;
  withDaemon(machine, {
    mood: 'braked',
    lastTriggers: ['kernel'],
    metadata: { state: 'failing', answeredAt: at(600) },
    error: {
      code: 'metadata-unreachable',
      message: 'no metadata service at http://169.254.169.254: no answer within 3 s',
      hint: 'the current configuration is kept; check the route to the metadata service, then run it again',
      since: at(590),
      times: 7,
    },
    brake: { until: at(-240), text: undone },
    enis: [reportedOf(plan, { state: 'contested', since: at(65), text, lastError: { at: at(65), text } })],
  });
  sessions.push(...(await session(machine, 'status')));

  system.files.delete('/proc/812/cmdline');
  system.put('/proc/1/cmdline', '/sbin/init\0');
  compare('status-daemon', [...sessions, ...(await session(machine, 'status'))]);
});

test('a lease from DHCP', async () => {
  machine = await createMachine({ columns, recording: loadRecording('jdcloud', 'two-enis') });
  compare('dhcp', await session(machine, 'plan', 'once', 'status'));
});

test('render', async () => {
  const recording = JSON.stringify(loadRecording('aws', 'two-enis'));
  const line = 'render --metadata two-enis.json --backend netplan --out /tmp/tree';
  compare('render', [[line, await runCli(line.split(' '), { 'two-enis.json': recording })]]);
});

test('wrong usage', async () => {
  const lines = ['onec', 'staus', 'plan --verbose', 'plan --provider gce', 'render --backend netplan'];
  const outcomes = lines.map(async line => [line, await inTerminal(...line.split(' '))] as const);
  compare('wrong-usage', await Promise.all(outcomes));
});
