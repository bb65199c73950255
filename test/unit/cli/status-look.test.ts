// What `status` finds out on a machine beyond plan and kernel: a plan that was taken back by hand, and what an ENI that is left alone keeps.
import { afterEach, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(async () => {
  expect(machine.system.unknown).toEqual([]);
  await machine.close();
});

/** Configured once. */
async function start(): Promise<Machine> {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
  expect((await machine.agent('once')).code).toBe(0);
  machine.system.restart();
  return machine;
}

test('a plan that "rollback" took back needs --force', async () => {
  const { agent, system } = await start();
  await agent('rollback');
  system.restart();
  const { out, code } = await agent('status');
  expect(out).toMatch(/^ {2}to do +this plan was rolled back by hand; "eni-agent once --force" applies it$/m);
  expect(code).toBe(2);
});

test('an ENI whose file is somebody else’s now keeps its addresses and its table, and they are shown', async () => {
  const { agent, system } = await start();
  const file = '/etc/network/interfaces.d/60-eni-eth1';
  system.put(file, '# by hand\n');
  const { out } = await agent('status');
  expect(out).toMatch(/^! eni-013cdce36ded5e79f {2}eth1 {2}172\.31\.40\.10 {2}28000 {2}left alone /m);
  const { skipped } = JSON.parse((await agent('status', '--json')).out);
  expect(skipped).toMatchObject([{ state: 'left-alone', owner: `administrator: ${file}` }]);
});
