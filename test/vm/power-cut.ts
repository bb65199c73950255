// The power goes in the middle of an apply, again and again: the machine must boot with its primary working, and come to what the cloud says.
//
// A cut is SIGKILL to QEMU. What the VM had not written is lost: dirty pages, and the journal of ext4 up to its last commit. Of what it
// had written and not flushed, that part is lost which QEMU holds itself: with a qcow2 and cache=writeback, where new clusters are. What
// it flushed (fsync, or a barrier of the journal) stays, as on a cloud's volume. So a file that is renamed into place without fsync
// may come back empty here, as it may after a real cut.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/command.ts';
import { findPackage } from '../lab/packages.ts';
import { failedPings, pingMatrixOf, renderMatrix } from '../lab/ping-matrix.ts';
import { assignAddress, eniOf, unassignAddress } from '../lab/vpc.ts';
import { addressesOf } from '../lab/vpc-spec.ts';
import { aptInstall } from './apt.ts';
import { enisOf } from './enis.ts';
import { plugNic, unplugNic } from './hot-plug.ts';
import { type Machine, report } from './machines.ts';
import { booted, consoleOf, createVm, cutPower, destroyVm, powerOn, runInVm, type Vm, vmOk } from './vm.ts';
import { lookEveryMs } from './witness.ts';

/** How many cuts on each machine: two machines take their turns side by side. */
const cuts = Math.ceil(Number(process.env.VM_POWER_CUTS ?? 20) / 2);
const seed = Number(process.env.VM_SEED ?? Date.now() % 1_000_000);

/**
 * In the VM: waits until an apply begins (its checkpoint appears, see docs/safety.md), then until it ends, or for `seconds` if those are
 * over before. Prints how long it waited for the latter.
 */
const waitInApply = (seconds: number) => `python3 -c '
import os, time
path = "/var/lib/eni-agent/checkpoint.json"
end = time.time() + 100
while not os.path.exists(path) and time.time() < end: time.sleep(0.004)
began = time.time()
while os.path.exists(path) and time.time() < min(end, began + ${seconds}): time.sleep(0.004)
print(time.time() - began)
'`;

export function cutPowerAgainAndAgain(machine: Machine): void {
  describe(`power cuts, ${machine.image}`, () => {
    if (cuts > 0) tell(machine);
    else test.skip('none wanted', () => undefined);
  });
}

function tell({ image, naming, append }: Machine): void {
  const { primary, first, second } = enisOf(naming);
  const random = randomNumbers(seed);
  let vm: Vm;
  /** Seconds that an apply takes. */
  let applySeconds = 0;
  let failed = false;
  let hits = 0;

  /** The cloud changes something: an address comes or goes, or an ENI. */
  const change = async (): Promise<string> => {
    const isPlugged = vm.vpc.enis.has(second.link);
    const isAssigned = addressesOf(eniOf(vm.vpc, first.link)).some(address => address === '10.0.1.40');
    if (random() < 0.5) {
      if (isPlugged) await unplugNic(vm, second.link);
      else await plugNic(vm, second);
      return isPlugged ? 'an ENI was pulled out' : 'an ENI was plugged in';
    }
    await (isAssigned ? unassignAddress : assignAddress)(vm.vpc, first.link, '10.0.1.40');
    await vm.metadata.sync();
    void runInVm(vm, 'eni-agent refresh');
    return isAssigned ? 'an address was taken away' : 'an address was assigned';
  };
  const pings = async (patience: number, pick: (link: string) => boolean = () => true) => {
    const options = {
      patience,
      outsideFirst: true,
      pick: (eni: { readonly link: string }) => pick(eni.link),
    };
    const results = await pingMatrixOf(vm.vpc, script => runInVm(vm, script), options);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  const isSettled = async () => (await runInVm(vm, 'eni-agent plan', 60_000)).exitCode === 0;

  beforeAll(async () => {
    vm = await createVm({
      name: `cut${image.replace('-', '')}`,
      image,
      enis: [primary, first, second],
      seed: { files: [findPackage('eni-agent', 'deb')] },
      ...(append === undefined ? {} : { append }),
    });
    await booted(vm);
    await aptInstall(vm, findPackage('eni-agent', 'deb'));
    await pings(120_000);
    // The later boots do without: it has done its work, and would take three times as long.
    await vmOk(vm, 'touch /etc/cloud/cloud-init.disabled; sync');
    const apply = vmOk(vm, waitInApply(100), 120_000);
    await change();
    applySeconds = Number(await apply);
    await pings(60_000);
  });
  afterAll(async () => {
    report(
      `${image}: ${hits} of ${cuts} cuts were in an apply (${applySeconds.toFixed(1)} s long) that the next boot had to take back; seed ${seed}`,
    );
    await destroyVm(vm);
  });
  beforeEach(context => context.skip(failed, 'an earlier cut has failed'));

  test.each(Array.from({ length: cuts }, (_, n) => n + 1))('cut %i', async number => {
    failed = true;
    const delay = random() * applySeconds;
    const began = vmOk(vm, waitInApply(delay), 120_000);
    const what = await change();
    const seconds = Number(await began);
    await cutPower(vm);
    const since = Date.now();
    await powerOn(vm);
    const context = `seed ${seed}, cut ${number}: ${what}, ${seconds.toFixed(2)} s into the apply`;
    try {
      // Commands can be run before the network is up, and on a busy machine long before.
      await pings(180_000, link => link === primary.link);
      const primarySeconds = (Date.now() - since) / 1000;
      await pings(120_000);
      expect(await waitFor(isSettled, 90_000, lookEveryMs), 'nothing is left to do').toBe(true);
      const tookBack = await vmOk(vm, 'journalctl -u eni-agent -o cat | grep -c "was interrupted" || :');
      if (Number(tookBack) > 0) hits += 1;
      const allSeconds = (Date.now() - since) / 1000;
      report(
        `${image}: ${context}; primary after ${primarySeconds.toFixed(0)} s, all after ${allSeconds.toFixed(0)} s${Number(tookBack) > 0 ? ', took the apply back' : ''}`,
      );
    } catch (error) {
      const { stdout } = await runInVm(
        vm,
        'journalctl -b -o cat -u eni-agent | tail -n 40; ip -br addr; ip rule; ip route',
      );
      throw new Error(`${context}\n${consoleOf(vm).slice(-2000)}\n${stdout}`, { cause: error });
    }
    failed = false;
  });
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomNumbers(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
