// The on-demand mode on a machine with a real udev: nothing resident, a NIC that comes or goes starts a pass.
import { expect } from 'vitest';
import { waitFor } from '../lab/command.ts';
import type { EniSpec } from '../lab/vpc-spec.ts';
import { plugNic, unplugNic } from './hot-plug.ts';
import { runInVm, type Vm, vmOk } from './vm.ts';
import { lookEveryMs, patience, type Witness } from './witness.ts';

/** Switches to the mode, plugs the ENI, which is plugged now, out and in, and switches back to the daemon. */
export async function servedOnDemand(vm: Vm, eni: EniSpec, { alive, answers }: Witness): Promise<void> {
  const subnet = eni.subnets[0]!.subnet;
  const pullOut = async () => {
    await unplugNic(vm, eni.link);
    const hasGone = async () => !(await vmOk(vm, 'ip rule')).includes(subnet);
    expect(await waitFor(hasGone, patience, lookEveryMs), 'the rules of the ENI that was pulled out go').toBe(
      true,
    );
  };
  const isIdle = async () => (await runInVm(vm, 'pgrep -f /usr/lib/eni-agent/node')).exitCode === 1;
  // udev wishes for the unit only for NICs that come after the switch.
  await pullOut();
  await vmOk(vm, 'systemctl disable --now eni-agent; systemctl enable --now eni-agent-once.path', 60_000);
  await alive(async () => {
    await plugNic(vm, eni);
    await answers();
    await pullOut();
    await plugNic(vm, eni);
    await answers();
    expect(await waitFor(isIdle, patience, lookEveryMs), 'the pass ends').toBe(true);
  });
  const log = await vmOk(vm, 'journalctl -b -o cat -u "eni-agent-hotplug@*"');
  const said = (word: string) => log.split(`${word} eni-agent-hotplug@`).length - 1;
  expect({ came: said('Finished'), went: said('Stopped') }, log).toEqual({ came: 2, went: 1 });
  const timer = 'eni-agent-once.timer';
  await vmOk(
    vm,
    `systemctl disable --now eni-agent-once.path ${timer}; systemctl enable --now eni-agent`,
    60_000,
  );
}
