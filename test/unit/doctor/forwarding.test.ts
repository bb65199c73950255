// `doctor` on a router or NAT appliance: the kernel's own switch, and the option that it may not know of.
import { expect, test } from 'vitest';
import { forwarding } from '../../../agent/doctor/wishes/forwarding.ts';
import type { KernelLink } from '../../../agent/model/kernel-state.ts';
import type { System } from '../../../agent/system/system.ts';
import { comparisonOf, inspectionOf } from '../../support/example-look.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { settingsWith } from '../../support/plan-machine.ts';
import { nic, plainOptions } from '../../support/plan-parts.ts';

const plan = examplePlans['static-dual-stack']!.enis[0]!;

async function findings(values: Readonly<Record<string, string>>, forward: boolean, ...more: KernelLink[]) {
  const settings = { ...settingsWith(1, {}), enis: new Map([[plan.mac, { ...plainOptions, forward }]]) };
  const system = { readFile: async (path: string) => values[path] } as unknown as System;
  const look = inspectionOf({ enis: [comparisonOf(plan)] });
  const kernel = { ...look.kernel, links: [...look.kernel.links, ...more] };
  return forwarding({ ...look, kernel }, { settings, system });
}
const both = { '/proc/sys/net/ipv4/ip_forward': '1\n', '/proc/sys/net/ipv6/conf/all/forwarding': '1\n' };
const none = { '/proc/sys/net/ipv4/ip_forward': '0\n', '/proc/sys/net/ipv6/conf/all/forwarding': '0\n' };

test('with the option, and the kernel forwards', async () => {
  expect(await findings(both, true)).toMatchObject([
    { verdict: 'ok', saw: 'the kernel forwards to the subnets of eth1' },
  ]);
});

test('with the option, and the kernel does not', async () => {
  expect(await findings(none, true)).toMatchObject([
    {
      verdict: 'warning',
      saw: 'eth1 has forward = yes, and net.ipv4.ip_forward, net.ipv6.conf.all.forwarding are 0: nothing is forwarded',
      hint: 'sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1, and the same in a file in /etc/sysctl.d',
    },
  ]);
  // A kernel that forwards drops the primary's default route of an advertisement.
  const advertised = { ...none, '/proc/sys/net/ipv6/conf/eth0/accept_ra': '1\n' };
  expect(await findings(advertised, true)).toMatchObject([
    { hint: expect.stringContaining('sysctl -w net.ipv6.conf.eth0.accept_ra=2 net.ipv4.ip_forward=1 net.') },
  ]);
  expect(await findings({ ...both, '/proc/sys/net/ipv4/ip_forward': '0' }, true)).toMatchObject([
    { verdict: 'warning', hint: expect.stringContaining('net.ipv4.ip_forward=1, and') },
  ]);
});

test('without the option: a word about it where nothing else explains that the kernel forwards', async () => {
  expect(await findings(none, false)).toEqual([]);
  expect(await findings(both, false)).toMatchObject([
    { verdict: 'ok', saw: expect.stringContaining('needs "forward = yes" in its section') },
  ]);
  const docker = nic(7, { name: 'docker0', kind: 'bridge', physical: false });
  expect(await findings(both, false, docker)).toEqual([]);
});
