// `status`, `plan` and `doctor` as another user than root: what he may not read is said and not judged, and the exit code is that of what he
// may. Whatever he can see gives the same answer as root's.
import { afterEach, describe, expect, test } from 'vitest';
import { statePath } from '../../agent/apply/state-file.ts';
import { lastGoodPath } from '../../agent/config/last-good.ts';
import { createMachine, type Machine } from '../support/fake-machine.ts';
import { fakeBackends } from '../support/fake-machine-service.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(async () => {
  expect(machine.system.unknown).toEqual([]);
  await machine.close();
});

const recording = loadRecording('aws', 'two-enis');
const secret = (path: string) => {
  const file = machine.system.files.get(path)!;
  machine.system.files.set(path, { ...file, mode: 0o600 });
};
const profile = '/etc/NetworkManager/system-connections/eni-eth1.nmconnection';

describe.each(fakeBackends)('%s', backend => {
  const begin = async () => {
    machine = await createMachine({ recording, backend });
    expect(await machine.agent('once')).toMatchObject({ code: 0 });
  };

  test('all is well: the exit codes are those of root', async () => {
    await begin();
    for (const command of ['status', 'plan'])
      expect(await machine.nobody(command), command).toMatchObject({ code: 0, err: '' });
    const [roots, nobodys] = [await machine.agent('doctor'), await machine.nobody('doctor')];
    expect(nobodys.code, nobodys.out).toBe(roots.code);
  });

  test('what differs in the kernel is seen', async () => {
    await begin();
    machine.system.sh('ip -4 rule del priority 28600');
    for (const command of ['status', 'plan', 'doctor'])
      expect((await machine.nobody(command)).code, command).toBe(2);
    expect((await machine.nobody('status')).out).toContain('missing: rule 4 28600');
  });

  test('with the state for root alone', async () => {
    await begin();
    secret(statePath);
    const { code, out } = await machine.nobody('status');
    expect(code, out).toBe(0);
    expect(out).toContain(statePath);
  });
});

describe('files for root alone', () => {
  const begin = async () => {
    machine = await createMachine({ recording, backend: 'networkmanager-keyfile' });
    expect(await machine.agent('once')).toMatchObject({ code: 0 });
  };

  test.each(['status', 'plan', 'doctor'])('%s names them, and says why', async command => {
    await begin();
    const { out } = await machine.nobody(command);
    expect(out).toMatch(/not readable without root/);
    expect(out).toContain(profile);
    expect((await machine.agent(command)).out).not.toContain('not readable');
  });

  test.each(['status', 'plan'])('%s --json lists them', async command => {
    await begin();
    expect(JSON.parse((await machine.nobody(command, '--json')).out).notRead).toContain(profile);
    expect(JSON.parse((await machine.agent(command, '--json')).out).notRead).toEqual([]);
  });

  test('one that is missing is seen, one that was changed is not', async () => {
    await begin();
    machine.system.put(profile, 'something else', 0o600);
    expect(await machine.nobody('status')).toMatchObject({ code: 0 });
    expect(await machine.agent('status')).toMatchObject({ code: 2 });
    machine.system.files.delete(profile);
    expect(await machine.nobody('status')).toMatchObject({ code: 2 });
  });
});

test('a configuration for root alone is not wrong, and nothing is judged by another one', async () => {
  machine = await createMachine({ recording });
  expect(await machine.agent('once')).toMatchObject({ code: 0 });
  secret('/etc/eni-agent/eni-agent.conf');
  for (const command of ['status', 'doctor', 'plan']) {
    const { code, out, err } = await machine.nobody(command);
    expect({ code, out }, command).toEqual({ code: 1, out: '' });
    expect(err).toContain('cannot read /etc/eni-agent/eni-agent.conf');
  }
  expect((await machine.nobody('status')).err).toContain('run it as root');
  // What is kept of it is for root alone as well.
  expect(await machine.agent('once')).toMatchObject({ code: 0 });
  expect(machine.system.files.get(lastGoodPath)?.mode).toBe(0o600);
});
