// What a cloud does to a running VM: a NIC is pushed into a PCI slot, or pulled out, and the metadata says so.
import { attachEni, detachEni, eniOf } from '../lab/vpc.ts';
import type { EniSpec, VpcEni } from '../lab/vpc-spec.ts';
import { deviceOf, netdevOf } from './qemu.ts';
import { freeSlot, type Vm } from './vm.ts';

/** Attaches the ENI; resolves once QEMU has the NIC, with the time (ms since the epoch) at which it was told to add it. */
export async function plugNic(
  vm: Vm,
  spec: EniSpec,
): Promise<{ readonly eni: VpcEni; readonly atMs: number }> {
  const eni = await attachEni(vm.vpc, spec);
  const slot = freeSlot(vm);
  vm.slots.set(eni.link, slot);
  await vm.qmp.run('netdev_add', netdevOf(eni));
  await vm.metadata.sync();
  const atMs = performance.timeOrigin + performance.now();
  await vm.qmp.run('device_add', deviceOf(eni, slot));
  return { eni, atMs };
}

/** Detaches it: the guest's driver is asked to let the NIC go, as by a cloud, and the metadata forgets it. */
export async function unplugNic(vm: Vm, link: string): Promise<void> {
  const eni = eniOf(vm.vpc, link);
  const id = `nic${eni.index}`;
  const since = vm.qmp.events.length;
  await vm.qmp.run('device_del', { id });
  const isGone = await vm.qmp.waitForEvent(
    e => e.event === 'DEVICE_DELETED' && e.data?.device === id,
    since,
    30_000,
  );
  if (!isGone) throw new Error(`the guest does not let ${link} go`);
  await vm.qmp.run('netdev_del', { id: `net${eni.index}` });
  vm.slots.delete(link);
  await detachEni(vm.vpc, link);
  await vm.metadata.sync();
}
