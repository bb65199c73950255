// What a command that only looks does about what its user may not read.
import { expect, test } from 'vitest';
import { AgentError } from '../../../agent/errors.ts';
import { fileError } from '../../../agent/system/disk.ts';
import { lookOnly, unlessDenied } from '../../../agent/system/look-only.ts';
import type { CommandResult, System } from '../../../agent/system/system.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const errno = (code: string) => Object.assign(new Error(code), { code });

function failing(code: string): System {
  const fail = async (path: string): Promise<never> => {
    throw fileError('read', path, errno(code));
  };
  return Object.assign(new FakeSystem(), { readFile: fail, listFolder: fail });
}

test.each(['EACCES', 'EPERM'])('%s is noted, and answered with what the caller has instead', async code => {
  const { system, denied } = lookOnly(failing(code));
  expect(await unlessDenied(system.readFile('/b'), 'nothing')).toBe('nothing');
  expect(await unlessDenied(system.listFolder('/a'), [])).toEqual([]);
  expect(await unlessDenied(system.readFile('/b'), undefined)).toBeUndefined();
  expect(denied()).toEqual(['/a', '/b']);
});

test('another failure is one, and so is a refusal to a command that changes the machine', async () => {
  const look = lookOnly(failing('EIO'));
  await expect(unlessDenied(look.system.readFile('/a'), '')).rejects.toThrow(AgentError);
  expect(look.denied()).toEqual([]);
  await expect(unlessDenied(failing('EACCES').readFile('/a'), '')).rejects.toThrow(AgentError);
});

test('a look within a look: both note it', async () => {
  const outer = lookOnly(failing('EACCES'));
  const inner = lookOnly(outer.system);
  await unlessDenied(inner.system.readFile('/a'), undefined);
  expect([outer.denied(), inner.denied()]).toEqual([['/a'], ['/a']]);
});

// Debian 12 and 13, as nobody.
const refused =
  "Hint: You are currently not seeing messages from other users and the system.\n      Users in groups 'adm', 'systemd-journal' can see all messages.\n      Pass -q to turn off this notice.\nNo journal files were opened due to insufficient permissions.\n";

test.each([
  [refused, 1, ['the journal']],
  ['', 0, []],
])('the journal: %j', async (stderr, exitCode, expected) => {
  const host = new FakeSystem();
  host.run = async (): Promise<CommandResult> => ({ exitCode, stdout: '', stderr });
  const { system, denied } = lookOnly(host);
  await unlessDenied(system.run(['journalctl', '-b']), undefined);
  await system.run(['ip', 'link']);
  expect(denied()).toEqual(expected);
});

test('all the rest goes to the machine itself', async () => {
  const host = new FakeSystem();
  host.put('/etc/a', 'text');
  const { system } = lookOnly(host);
  expect(await system.readFile('/etc/a')).toBe('text');
  expect(await system.exists('/etc/a')).toBe(true);
  await system.writeFile('/etc/b', 'x', 0o644);
  expect(host.files.get('/etc/b')?.content).toBe('x');
  expect(system.now()).toBe(host.now());
});
