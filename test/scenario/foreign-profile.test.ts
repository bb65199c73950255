// NetworkManager has another profile active on the link of an ENI than ours: the one of an image makes way, that of a person stays. And
// what its tools make of ours.
import { describe, expect, test } from 'vitest';
import type { Mac } from '../../agent/model/address.ts';
import { ifcfgUuid } from '../../renderers/networkmanager/uuid.ts';
import type { Machine } from '../support/fake-machine.ts';
import { addressesOf, awsTwoSecondaries, eth1Mac, expectIdle, once, onceOk, useMachines } from './story.ts';

const start = useMachines();
const folder = '/etc/NetworkManager/system-connections';
const uuid = '2f8a7f3e-3d0e-4f0a-9a57-4b4c6f1d7a10';
const office = `${folder}/office.nmconnection`;
const ours = `${folder}/eni-eth1.nmconnection`;

/** `nmcli connection up office ifname eth1`, by hand. */
async function bringUp(machine: Machine, text: string): Promise<void> {
  machine.system.put(office, text, 0o600);
  for (const words of [
    ['load', office],
    ['up', 'uuid', uuid, 'ifname', 'eth1'],
  ])
    await machine.system.run(['nmcli', 'connection', ...words]);
}

test('a profile for any NIC was brought up by hand on one of ours: ours comes back', async () => {
  const machine = await start({ recording: awsTwoSecondaries, backend: 'networkmanager-keyfile' });
  await onceOk(machine);
  const good = addressesOf(machine, 'eth1');
  const any = `[connection]\nid=office\nuuid=${uuid}\ntype=ethernet\n[ipv4]\nmethod=auto\n`;
  await bringUp(machine, any);
  expect(addressesOf(machine, 'eth1')).toEqual([]);
  await onceOk(machine);
  expect(machine.system.journal.filter(line => line.startsWith('run nmcli'))).toEqual([
    expect.stringMatching(/connection load .*eni-eth1/),
    expect.stringMatching(/connection up uuid .* ifname eth1$/),
  ]);
  expect(addressesOf(machine, 'eth1')).toEqual(good);
  await expectIdle(machine);
});

test('a profile for this link was brought up by hand: it is theirs, and the others go on', async () => {
  const machine = await start({ recording: awsTwoSecondaries, backend: 'networkmanager-keyfile' });
  await onceOk(machine);
  const other = addressesOf(machine, 'eth2');
  await bringUp(machine, `[connection]\nid=office\nuuid=${uuid}\ninterface-name=eth1\n`);
  const outcome = await once(machine);
  expect(outcome.code).toBe(2);
  expect(outcome.out).toContain(`${office}:4: [connection] interface-name=eth1`);
  expect(machine.system.journal.join('\n')).not.toMatch(/nmcli.*eth1/);
  expect(addressesOf(machine, 'eth2')).toEqual(other);
  await expectIdle(machine, 2);
});

test('a profile that lies elsewhere is active: it is theirs', async () => {
  const machine = await start({ recording: awsTwoSecondaries, backend: 'networkmanager-keyfile' });
  await bringUp(machine, `[connection]\nid=office\nuuid=${uuid}\ninterface-name=eth1\n`);
  // It was changed after it came up, and not loaded.
  machine.system.put(office, `[connection]\nid=office\nuuid=${uuid}\ninterface-name=eth7\n`, 0o600);
  const outcome = await once(machine);
  expect(outcome.code).toBe(2);
  expect(outcome.out).toContain(`${office}: NetworkManager has this profile active on eth1`);
  expect(addressesOf(machine, 'eth1')).toEqual([]);
});

/** As nmcli writes a profile: every key of it, and no comment. */
function withoutComments(machine: Machine): string {
  const { content } = machine.system.files.get(ours)!;
  return content.replace(/^#.*\n\n?/gm, '');
}

describe('a profile of ours that a tool of NetworkManager has written anew', () => {
  test.each([
    [
      'nmcli connection modify',
      (text: string) => text.replace('method=manual', 'method=manual\ndns=10.9.9.9;'),
    ],
    [
      'nmcli connection migrate',
      (text: string) => text.replace(/^uuid=.*$/m, `uuid=${ifcfgUuid(eth1Mac as Mac)}`),
    ],
  ])('%s: it is ours again', async (_tool, change) => {
    const machine = await start({ recording: awsTwoSecondaries, backend: 'networkmanager-keyfile' });
    await onceOk(machine);
    const good = machine.picture();
    machine.system.put(ours, change(withoutComments(machine)), 0o600);
    await onceOk(machine);
    expect(machine.picture()).toEqual(good);
    await expectIdle(machine);
  });

  test('remove takes it away, and so does the script for a purge', async () => {
    const machine = await start({ recording: awsTwoSecondaries, backend: 'networkmanager-keyfile' });
    const before = machine.picture();
    await onceOk(machine);
    const uuid = ifcfgUuid(eth1Mac as Mac);
    machine.system.put(ours, withoutComments(machine).replace(/^uuid=.*$/m, `uuid=${uuid}`), 0o600);
    const { out } = await machine.agent('remove', '--script');
    expect(out).toContain(`drop_uuid ${ours} ${uuid}\n`);
    machine.system.restart();
    expect((await machine.agent('remove')).code).toBe(0);
    expect(machine.picture().files).toEqual(before.files);
  });

  test('another MAC, or another UUID, is not ours', async () => {
    const machine = await start({ recording: awsTwoSecondaries, backend: 'networkmanager-keyfile' });
    await onceOk(machine);
    const text = withoutComments(machine).replace(/^uuid=.*$/m, `uuid=${uuid}`);
    machine.system.put(ours, text, 0o600);
    expect((await once(machine)).code).toBe(2);
    expect(machine.system.files.get(ours)!.content).toBe(text);
  });
});
