// A process was killed in the middle of an apply, and the next one is a daemon that gets no metadata: half of a change may be the half that
// an ENI lacks, and to take it back needs none.
import { describe, expect, test } from 'vitest';
import { halfWritten } from '../../agent/pass/finish-interrupted.ts';
import { fakeBackends } from '../support/fake-machine-service.ts';
import { checkpoint, crash, end, isSame, leftovers, rehearse } from './crash-story.ts';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, onceOk, setAddresses, useMachines } from './story.ts';

const make = useMachines();
const start = useDaemons();

test('a checkpoint that was cut off goes at once, too, and not when the metadata answers', async () => {
  const machine = await make({ recording: awsTwoEnis });
  const { recording } = machine.metadata;
  // What it keeps of its own is there already: nothing is written beside the checkpoint.
  const first = await start({ recording, machine });
  await first.daemon.runFor(20_000);
  await first.daemon.stop();
  machine.system.put(halfWritten, '{"version": 1, "ti', 0o600);
  machine.metadata.replace({ ...recording, responses: {} });
  const { daemon } = await start({ recording, machine });
  await daemon.runFor(20_000);
  expect(leftovers(machine)).toEqual([]);
  await daemon.stop();
});

describe.each(fakeBackends)('%s', backend => {
  test('the daemon takes it back at once, and does it when the metadata answers', {
    timeout: 120_000,
  }, async () => {
    const { machine, reset, before, after, steps } = await rehearse(async () => {
      const prepared = await make({ recording: awsTwoEnis, backend });
      setAddresses(prepared, eth1Mac, '172.31.40.10', '172.31.40.11');
      await onceOk(prepared);
      setAddresses(prepared, eth1Mac, '172.31.40.10', '172.31.40.12');
      return prepared;
    });
    const { recording } = machine.metadata;
    let halves = 0;
    for (const step of [0.3, 0.5, 0.7].map(share => Math.round(steps * share))) {
      reset();
      await crash(machine, step);
      halves += isSame(end(machine), before) ? 0 : 1;
      expect(machine.system.files.has(checkpoint)).toBe(true);
      machine.metadata.replace({ ...recording, responses: {} });
      const { daemon } = await start({ recording, machine });
      await daemon.runFor(20_000);
      expect(machine.system.files.has(checkpoint)).toBe(false);
      expect(end(machine), `killed before step ${step}`).toEqual(before);
      expect(leftovers(machine)).toEqual([]);
      machine.metadata.replace(recording);
      await daemon.runFor(900_000);
      expect(end(machine)).toEqual(after.at(-1));
      await daemon.stop();
    }
    expect(halves).toBeGreaterThan(0);
  });
});
