// IPv6 is switched off on an ENI's link by sysctl: nothing that we write switches it on, and IPv4 works.
import { expect, test } from 'vitest';
import { addressesOf, awsDualStack, expectIdle, onceOk, useMachines } from './story.ts';

const start = useMachines();
const file = '/etc/NetworkManager/system-connections/eni-eth1.nmconnection';
const off = '/proc/sys/net/ipv6/conf/eth1/disable_ipv6';

test("NetworkManager's profile says disabled, until it is switched on again", async () => {
  const machine = await start({ recording: awsDualStack, backend: 'networkmanager-keyfile' });
  machine.system.put(off, '1\n');
  await onceOk(machine);
  const text = () => machine.system.files.get(file)!.content;
  expect(text()).toMatch(/^\[ipv6\]\nmethod=disabled\n/m);
  expect(addressesOf(machine, 'eth1').some(a => a.includes(':'))).toBe(false);
  await expectIdle(machine);
  machine.system.put(off, '0\n');
  await onceOk(machine);
  expect(text()).toMatch(/^\[ipv6\]\nmethod=manual\n/m);
  expect(addressesOf(machine, 'eth1').some(a => a.includes(':'))).toBe(true);
  await expectIdle(machine);
});
