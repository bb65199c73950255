// An upgrade of the system has put another network service in charge. What the agent wrote for the old one is nobody's by then: the next pass
// takes it away and writes for the new one, and `remove` leaves nothing of either.
import { expect, test } from 'vitest';
import { statePath } from '../../agent/apply/state-file.ts';
import { fakeBackends } from '../support/fake-machine-service.ts';
import { addressesOf, awsTwoSecondaries, expectIdle, onceOk, ownTraces, useMachines } from './story.ts';

const start = useMachines();
const pairs = fakeBackends.flatMap(from => fakeBackends.filter(to => to !== from).map(to => ({ from, to })));

test.each(pairs)('from $from to $to', async ({ from, to }) => {
  const old = await start({ recording: awsTwoSecondaries, backend: from });
  const untouched = await start({ recording: awsTwoSecondaries, backend: from });
  await onceOk(old);
  const ours = [...old.system.files].filter(
    ([path]) => !untouched.system.files.has(path) && !/^\/(run|proc|tmp|var\/lib\/eni-agent)\//.test(path),
  );
  expect(ours.length).toBeGreaterThan(0);
  const state = old.system.files.get(statePath)!;

  const machine = await start({ recording: awsTwoSecondaries, backend: to });
  const before = machine.files();
  for (const [path, { content, mode }] of [...ours, [statePath, state] as const])
    machine.system.put(path, content, mode);
  await onceOk(machine);
  // That of the primary's link group is of no service.
  for (const [path] of ours) expect(machine.system.files.has(path), path).toBe(path.startsWith('/etc/udev/'));
  expect(addressesOf(machine, 'eth1')).not.toEqual([]);
  expect(machine.state().backend).toBe(to);
  await expectIdle(machine);

  expect(await machine.agent('remove')).toMatchObject({ code: 0 });
  expect(ownTraces(machine)).toEqual([]);
  expect(addressesOf(machine, 'eth1')).toEqual([]);
  const left = Object.keys(machine.files()).filter(path => !(path in before) && !path.startsWith('/run/'));
  expect(left).toEqual([]);
});
