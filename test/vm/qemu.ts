// QEMU's command line. TCG and not KVM: it runs on every machine, and a nested KVM that opens may still not boot an unmodified kernel.
// One processor: two emulated ones boot slower than one. Nehalem is x86-64-v2, the least that today's distributions ask for.
import { join } from 'node:path';
import type { ProviderName } from '../../agent/model/instance.ts';
import type { VpcEni } from '../lab/vpc-spec.ts';

/** PCIe root ports: each takes one NIC. The primary is in the first. */
export const slotCount = 6;

/** What the cloud's firmware says of the machine (SMBIOS type 1); the agent knows the cloud by it. */
export function firmwareOf(provider: ProviderName): string {
  const strings = {
    aws: 'manufacturer=Amazon EC2,product=t3.micro,uuid=ec2a0000-0000-4000-8000-000000000001',
    alibaba: 'manufacturer=Alibaba Cloud,product=Alibaba Cloud ECS',
    jdcloud: 'manufacturer=JD.COM,product=JD Cloud',
  };
  return `type=1,${strings[provider]}`;
}

/**
 * @param image folder with vmlinux and initrd
 * @param dir folder of the VM: disk.qcow2, seed.iso, and the sockets and the console that QEMU makes
 */
export function machineArguments(
  image: string,
  dir: string,
  firmware: string,
  append: string,
): readonly string[] {
  const ports = Array.from({ length: slotCount }, (_, n) => n + 1).flatMap(slot => [
    '-device',
    `pcie-root-port,id=slot${slot},chassis=${slot},slot=${slot}`,
  ]);
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-M', 'q35', '-accel', 'tcg,tb-size=256'],
    ...['-cpu', 'Nehalem', '-smp', '1', '-m', '768', '-smbios', firmware],
    ...['-kernel', join(image, 'vmlinux'), '-initrd', join(image, 'initrd')],
    // panic=-1: a panic is a reboot and not a silence. mitigations=off: an emulated processor has nothing to be protected from, and page
    // tables that change with each system call cost it a fifth of its time.
    ...['-append', `root=/dev/vda ro console=ttyS0 panic=-1 quiet mitigations=off ${append}`],
    ...['-drive', `if=virtio,file=${join(dir, 'disk.qcow2')},format=qcow2,cache=writeback`],
    ...['-drive', `if=virtio,file=${join(dir, 'seed.iso')},format=raw,readonly=on`],
    ...['-device', 'virtio-rng-pci'],
    ...['-chardev', `file,id=console,path=${join(dir, 'console')},append=on`, '-serial', 'chardev:console'],
    ...['-serial', `unix:${join(dir, 'shell.sock')},server=on,wait=off`],
    ...['-qmp', `unix:${join(dir, 'qmp.sock')},server=on,wait=off`],
    ...ports,
  ];
}

/** A NIC that is there when the VM is switched on. */
export function nicArguments(eni: VpcEni, slot: number): readonly string[] {
  const netdev = Object.entries(netdevOf(eni)).map(([key, value]) => `${key}=${value}`);
  const device = Object.entries(deviceOf(eni, slot)).map(([key, value]) => `${key}=${value}`);
  // The first word of each is the value of `type` and `driver`.
  const words = (list: readonly string[]) => list.join(',').replace(/^(type|driver)=/, '');
  return ['-netdev', words(netdev), '-device', words(device)];
}

/** Arguments of QMP's netdev_add. */
export function netdevOf(eni: VpcEni) {
  return { type: 'tap', id: `net${eni.index}`, ifname: eni.port, script: 'no', downscript: 'no' };
}

/** Arguments of QMP's device_add. */
export function deviceOf(eni: VpcEni, slot: number) {
  return {
    driver: 'virtio-net-pci',
    id: `nic${eni.index}`,
    netdev: `net${eni.index}`,
    mac: eni.mac,
    bus: `slot${slot}`,
  };
}
