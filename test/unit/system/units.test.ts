// States of systemd units by what `systemctl show` of 219, 252 and 257 prints.
import { expect, test } from 'vitest';
import { readUnits, systemctl } from '../../../agent/system/units.ts';
import { smallHost } from '../hosts/small-host.ts';

const systemd = { '/run/systemd/system/': '' };
const show = 'systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -p ExecStop eni.service';
const text = (id: string, load: string, active: string, file: string, stop = '') =>
  `Id=${id}\nLoadState=${load}\nActiveState=${active}\nUnitFileState=${file}\n${stop}`;

test.each([
  [
    'runs',
    text('eni.service', 'loaded', 'active', 'enabled'),
    { active: true, fileState: 'enabled', execStop: '' },
  ],
  [
    'is on its way',
    text('eni.service', 'loaded', 'activating', 'static'),
    { active: true, fileState: 'static', execStop: '' },
  ],
  [
    'failed',
    text('eni.service', 'loaded', 'failed', 'disabled'),
    { active: false, fileState: 'disabled', execStop: '' },
  ],
  [
    'is masked',
    text('eni.service', 'masked', 'inactive', 'masked'),
    { active: false, fileState: 'masked', execStop: '' },
  ],
  [
    'has a stop of its own',
    text('eni.service', 'loaded', 'active', 'enabled', 'ExecStop={ path=/sbin/x ; argv[]=/sbin/x -d }\n'),
    { active: true, fileState: 'enabled', execStop: '{ path=/sbin/x ; argv[]=/sbin/x -d }' },
  ],
  ['is not there', text('eni.service', 'not-found', 'inactive', ''), undefined],
  ['is an alias of another one', text('eni-agent.service', 'loaded', 'active', 'enabled'), undefined],
  ['cannot be asked', { exitCode: 1, stderr: 'Failed to connect to bus' }, undefined],
])('a unit that %s', async (_name, answer, state) => {
  const { system } = smallHost(systemd, { [show]: answer });
  expect((await readUnits(system, ['eni.service'])).get('eni.service')).toEqual(state);
});

test('without systemd nothing is asked', async () => {
  const host = smallHost({}, {});
  expect((await readUnits(host.system, ['eni.service'])).size).toBe(0);
  expect(host.ran).toEqual([]);
});

test('a command that fails says what systemctl said', async () => {
  const commands = {
    'systemctl start x': { exitCode: 5, stderr: 'Failed to start x: not found.\n' },
    'systemctl stop x': '',
  };
  const { system } = smallHost(systemd, commands);
  await systemctl(system, 'stop', 'x');
  await expect(systemctl(system, 'start', 'x')).rejects.toMatchObject({
    code: 'command-failed',
    message: '"systemctl start x" failed (exit 5): Failed to start x: not found.',
  });
});
