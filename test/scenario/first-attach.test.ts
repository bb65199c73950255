import { afterEach, expect, test } from 'vitest';
import { createMachine, type Machine } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(async () => {
  expect(machine.system.unknown).toEqual([]);
  await machine.close();
});

test('try', async () => {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
  console.log(machine.picture());
  console.log(await machine.agent('plan'));
  const r = await machine.agent('once');
  console.log(r.out, r.err, r.code);
  console.log(machine.system.journal, machine.system.steps, machine.picture());
  machine.system.restart();
  console.log(await machine.agent('once'), machine.system.journal);
  console.log((await machine.agent('status')).out);
  console.log((await machine.agent('doctor')).out);
});
