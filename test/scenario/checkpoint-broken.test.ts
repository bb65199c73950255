// A checkpoint that is none of ours: it is put aside and said once, and nothing of it reaches the machine or the state.
import { describe, expect, test } from 'vitest';
import { checkpointPath, lastChangePath } from '../../agent/apply/checkpoint.ts';
import { statePath } from '../../agent/apply/state-file.ts';
import { beforeChange } from './prepared.ts';
import { once, onceOk, useMachines } from './story.ts';

const start = useMachines();

const empty = { version: 1, slots: {}, learnedSubnets: {}, lastGood: [], applied: [], taken: {} };
const whole = {
  version: 1,
  time: '2026-01-01T00:00:00Z',
  backend: 'ifupdown',
  changes: [],
  files: [],
  primary: { link: 'eth0', addresses: [], defaultRoutes: [] },
  committed: false,
  stateBefore: empty,
  knownFaults: [],
};
const text = (fields: object) => JSON.stringify({ ...whole, ...fields });
const cronJob = { path: '/etc/cron.d/pwn', mode: 0o644, before: '* * * * * root id\n' };

describe.each([
  ['no JSON', 'oops{'],
  ['cut off', JSON.stringify(whole).slice(0, -40)],
  ['empty', ''],
  ['nothing at all', 'null'],
  ['an object', '{}'],
  ['a list', '[]'],
  ['of a later version', text({ version: 2 })],
  ['without the state before', text({ stateBefore: undefined })],
  ['with half a change', text({ changes: [{ kind: 'added' }] })],
  ['with a change of another kind', text({ changes: [{ kind: 'moved' }] })],
  ['a file that the agent never writes', text({ files: [cronJob] })],
  ['a way out of a folder of ours', text({ files: [{ ...cronJob, path: '/etc/network/../cron.d/pwn' }] })],
  ['a file that is no text', text({ files: [{ path: '/etc/network/interfaces.d/60-eni-eth1', before: 7 }] })],
  [
    'a route of two lines',
    text({
      primary: { ...whole.primary, defaultRoutes: [{ family: 4, text: 'default\nlink set eth0 down' }] },
    }),
  ],
])('%s', (_name, content) => {
  test('an apply that was interrupted', async () => {
    const { machine } = await beforeChange(start);
    machine.system.put(checkpointPath, content, 0o600);
    const outcome = await once(machine);
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.err).toMatch(/cannot read \S+checkpoint\.json: /);
    expect(outcome.err.match(/put aside/g)).toHaveLength(1);
    expect(machine.system.files.get(`${checkpointPath}.broken`)?.content).toBe(content);
    expect(machine.system.files.has('/etc/cron.d/pwn')).toBe(false);
    await onceOk(machine);
  });

  test('the last change', async () => {
    const { machine, before } = await beforeChange(start);
    machine.system.put(lastChangePath, content, 0o600);
    const look = await machine.agent('rollback', '--dry-run');
    expect(look).toMatchObject({ code: 1, out: '' });
    expect(look.err).toMatch(/cannot read \S+last-change\.json: .*\n {2}state-unreadable: /);
    const outcome = await machine.agent('rollback');
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toMatch(/put aside (.|\n)*\n {2}nothing-to-roll-back: /);
    machine.system.files.delete(`${lastChangePath}.broken`);
    expect(machine.picture()).toEqual(before);
    await onceOk(machine);
  });
});

describe.each([
  ['belongs to somebody', { uid: 1000 }],
  ['others may write', { mode: 0o666 }],
  ['a symbolic link', { target: '/home/eve/checkpoint.json' }],
  ['a FIFO', { isSpecial: true }],
] as const)('a checkpoint that is ours in form, and %s', (_name, how) => {
  test('is put aside, and nobody follows it', async () => {
    const { machine } = await beforeChange(start);
    const planted = text({ files: [{ path: '/etc/network/interfaces.d/60-eni-eth9', before: 'theirs\n' }] });
    machine.system.files.set(checkpointPath, { content: planted, mode: 0o600, ...how });
    const outcome = await once(machine);
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.err).toMatch(/put aside .*cannot read \S+checkpoint\.json: it /);
    expect(machine.system.files.has('/etc/network/interfaces.d/60-eni-eth9')).toBe(false);
    await onceOk(machine);
  });
});

test('a folder that anybody can write to is made ours, and what lies in it is put aside', async () => {
  const { machine } = await beforeChange(start);
  const { system } = machine;
  const state = system.files.get(statePath)!;
  const planted = text({ files: [{ path: '/etc/network/interfaces.d/60-eni-eth9', before: 'theirs\n' }] });
  system.put(checkpointPath, planted, 0o600);
  system.put('/var/lib/eni-agent/migration/record.json', '{}', 0o600);
  system.unsafe.set('/var/lib/eni-agent', 'is writable by users other than root');
  const outcome = await once(machine);
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.err).toContain('/var/lib/eni-agent is writable by users other than root');
  expect(system.unsafe.size).toBe(0);
  expect(system.files.get(`${statePath}.broken`)).toEqual(state);
  expect(system.files.has('/var/lib/eni-agent/migration.broken/record.json')).toBe(true);
  expect(system.files.has('/etc/network/interfaces.d/60-eni-eth9')).toBe(false);
  await onceOk(machine);
});

test('in the runtime folder the locks stay where they are', async () => {
  const { machine } = await beforeChange(start);
  const { system } = machine;
  system.put('/run/eni-agent/lock', '', 0o600);
  system.put('/run/eni-agent/pause.json', '{}');
  system.unsafe.set('/run/eni-agent', 'belongs to user 1000, not to root');
  await once(machine);
  expect(system.files.has('/run/eni-agent/lock')).toBe(true);
  expect(system.files.has('/run/eni-agent/pause.json')).toBe(false);
  await onceOk(machine);
});
