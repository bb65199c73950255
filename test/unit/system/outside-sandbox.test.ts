// What systemd-run is asked for, and that nothing goes through it where no unit says that there is a sandbox. The lab runs it
// (systemd-outside.test.ts).
import { expect, test } from 'vitest';
import { isSandboxed, transientUnit } from '../../../agent/system/outside-sandbox.ts';
import { realSystem } from '../../../agent/system/real-system.ts';

test('the arguments', () => {
  expect(transientUnit('eni-agent-x-1.service', ['ifup', '--force', 'eth1'], 120_000)).toEqual([
    '--quiet',
    '--wait',
    '--pipe',
    '--collect',
    '--unit=eni-agent-x-1.service',
    '--description=eni-agent: ifup --force eth1',
    '--setenv=LC_ALL=C',
    '--property=KillMode=process',
    '--property=RuntimeMaxSec=150',
    '--',
    'ifup',
    '--force',
    'eth1',
  ]);
});

test('without a sandbox the program is started directly', async () => {
  expect(isSandboxed).toBe(false);
  const { exitCode, stdout } = await realSystem.run(['cat'], { input: 'direct', outside: true });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'direct' });
});
