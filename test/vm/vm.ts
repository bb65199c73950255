// A virtual machine in a VPC of the lab: QEMU with an emulated processor (TCG), inside the router's network namespace, each ENI a tap
// that is a port of the router. The disk is a qcow2 on top of the image, so that each VM starts clean and keeps what it writes until it goes.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, type Outcome, runOk, startBackground, waitFor } from '../lab/command.ts';
import { type Emulator, startEmulator } from '../lab/emulator.ts';
import { inNamespace } from '../lab/namespace.ts';
import { createVpc, destroyVpc, type Vpc } from '../lab/vpc.ts';
import { type EniSpec, metadataAddresses } from '../lab/vpc-spec.ts';
import type { VmImageName } from '../needs/declaration.ts';
import { findImage } from './images.ts';
import { firmwareOf, machineArguments, nicArguments, slotCount } from './qemu.ts';
import { connectQmp, type Qmp } from './qmp.ts';
import { makeSeed, type Seed } from './seed.ts';
import { connectShell, type SerialShell } from './serial-shell.ts';

export interface VmSpec {
  /** 1 to 20 of a-z and 0-9. */
  readonly name: string;
  readonly image: VmImageName;
  /** The primary first. Names as the image's kernel gives them (enis.ts). */
  readonly enis: readonly EniSpec[];
  readonly seed?: Seed;
  /** More words of the kernel command line. */
  readonly append?: string;
}

export interface Vm {
  readonly spec: VmSpec;
  readonly vpc: Vpc;
  readonly metadata: Emulator;
  /** Root port of each NIC, from 1, by link. */
  readonly slots: Map<string, number>;
  qemu: Background;
  qmp: Qmp;
  shell: SerialShell;
}

/** How long a boot may take until the shell answers: 16 s on an idle machine. */
const bootPatience = 180_000;

/** Builds the VPC and boots; resolves when commands can be run, before the boot is complete (booted() waits for that). */
export async function createVm(spec: VmSpec): Promise<Vm> {
  const image = findImage(spec.image);
  const vpc = await createVpc({ name: spec.name, provider: 'aws', enis: spec.enis, cable: 'tap' });
  try {
    const metadata = await startEmulator(vpc);
    mkdirSync(join(vpc.dir, 'vm'));
    await makeSeed(seedOf(vpc), spec.seed ?? {});
    const disk = ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', join(image, 'root.ext4')];
    await runOk([...disk, join(vpc.dir, 'vm/disk.qcow2')]);
    const slots = new Map(spec.enis.map(({ link }, n) => [link, n + 1]));
    const vm: Vm = { spec, vpc, metadata, slots, ...(await start(spec, vpc, slots)) };
    await waitForShell(vm, undefined);
    return vm;
  } catch (error) {
    await destroyVpc(vpc);
    throw error;
  }
}

/** Everything goes: QEMU, the metadata service, the VPC with its disk. */
export async function destroyVm(vm: Vm | undefined): Promise<void> {
  if (vm === undefined) return;
  await cutPower(vm);
  await vm.metadata.stop();
  await destroyVpc(vm.vpc);
}

/** Runs a bash script in the VM; see SerialShell.exec. */
export function runInVm(vm: Vm, script: string, timeout?: number): Promise<Outcome> {
  return vm.shell.exec(script, timeout);
}

/** The same for a script that must succeed; returns its stdout. */
export async function vmOk(vm: Vm, script: string, timeout?: number): Promise<string> {
  const { exitCode, stdout, stderr } = await vm.shell.exec(script, timeout);
  if (exitCode !== 0) throw new Error(`in the VM: ${script}: exit ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}

/** Waits until all units of the boot have been started, cloud-init's last stage included. */
export async function booted(vm: Vm): Promise<void> {
  await vmOk(
    vm,
    'timeout 900 systemctl is-system-running --wait; ! systemctl is-system-running | grep -qv "running\\|degraded"',
    960_000,
  );
}

/** `systemctl reboot`: the VM resets itself, with all its NICs. Resolves when commands can be run again. */
export async function rebootVm(vm: Vm): Promise<void> {
  const before = vm.shell.bootId();
  // Its answer may be lost with the shell.
  void vm.shell.exec('systemctl reboot', 1000);
  await waitForShell(vm, before);
}

/** The VM is no more, from one instruction to the next (SIGKILL). What that does to the disk: power-cut.ts. */
export async function cutPower(vm: Vm): Promise<void> {
  if (vm.qemu.running()) process.kill(vm.qemu.pid, 'SIGKILL');
  await waitFor(() => !vm.qemu.running(), 5000, 5);
  vm.shell.close();
  vm.qmp.close();
}

/** Switches it on again, with the ENIs that it has by now. */
export async function powerOn(vm: Vm): Promise<void> {
  Object.assign(vm, await start(vm.spec, vm.vpc, vm.slots));
  await waitForShell(vm, undefined);
}

/** The first root port without a NIC. */
export function freeSlot(vm: Vm): number {
  const taken = new Set(vm.slots.values());
  const slot = Array.from({ length: slotCount }, (_, n) => n + 1).find(n => !taken.has(n));
  if (slot === undefined) throw new Error(`all ${slotCount} root ports have a NIC`);
  return slot;
}

/** All that the VM has written to its console in all its boots. */
export function consoleOf(vm: Vm): string {
  return readFileSync(join(vm.vpc.dir, 'vm/console'), 'utf8');
}

async function start(spec: VmSpec, vpc: Vpc, slots: ReadonlyMap<string, number>) {
  const dir = join(vpc.dir, 'vm');
  const nics = [...vpc.enis.values()].flatMap(eni => nicArguments(eni, slots.get(eni.link)!));
  const machine = machineArguments(findImage(spec.image), dir, firmwareOf(vpc.provider), spec.append ?? '');
  // Whatever runs in the VM may contact the metadata address, so the guard is the one of every program of the lab.
  const argv = await inNamespace(vpc.router, ['qemu-system-x86_64', ...machine, ...nics], {
    router: vpc.router,
    addresses: metadataAddresses(vpc.provider),
  });
  const qemu = startBackground(argv);
  try {
    const shell = await connectShell(join(dir, 'shell.sock'));
    const qmp = await connectQmp(join(dir, 'qmp.sock'));
    return { qemu, shell, qmp };
  } catch (error) {
    await qemu.stop();
    throw new Error(`QEMU did not start: ${qemu.output().trim()}`, { cause: error });
  }
}

async function waitForShell(vm: Vm, before: string | undefined): Promise<void> {
  const isUp = () => vm.shell.bootId() !== undefined && vm.shell.bootId() !== before;
  await waitFor(() => isUp() || !vm.qemu.running(), bootPatience, 50);
  if (!isUp()) throw new Error(`the VM did not come up: ${vm.qemu.output()}\n${consoleOf(vm).slice(-4000)}`);
}

function seedOf(vpc: Vpc): string {
  return join(vpc.dir, 'vm/seed.iso');
}
