// What comes back in a rollback is what the service reads: NetworkManager refuses a profile that anybody but root can read.
import { expect, test } from 'vitest';
import { beforeAttach, beforeRemoval } from './prepared.ts';
import { addressesOf, onceOk, useMachines } from './story.ts';

const start = useMachines();
const file = '/etc/NetworkManager/system-connections/eni-eth1.nmconnection';

// It came back with 0644, NetworkManager did not load it, and the next boot was without the ENI.
test('rollback of "remove": the profile is as it was, and the next boot brings the ENI up', async () => {
  const { machine } = await beforeAttach(spec => start({ ...spec, backend: 'networkmanager-keyfile' }));
  await onceOk(machine);
  const mode = machine.system.files.get(file)?.mode;
  await machine.agent('remove');
  expect((await machine.agent('rollback')).code).toBe(0);
  expect(machine.system.files.get(file)?.mode).toBe(mode);
});

test('a removal that fails is taken back: the next boot brings the ENI up', async () => {
  const { machine } = await beforeRemoval(spec => start({ ...spec, backend: 'networkmanager-keyfile' }));
  machine.system.fail(/^write .*state\.json/, 'No space left on device');
  expect((await machine.agent('once')).code).toBe(1);
  machine.reboot();
  expect(addressesOf(machine, 'eth1')).toEqual(['172.31.40.10/32']);
});
