// The agent is killed before every single step of an apply, one run per step: each write, each rename, each line of a batch, each line
// that ifup or a network service runs. After the next start there is the old state or the new one and nothing between, in files, kernel and records.
// more with --all: every step of networkd and NetworkManager

import { describe, expect, test } from 'vitest';
import { lastGoodPath } from '../../agent/config/last-good.ts';
import { historyPath } from '../../agent/history/store.ts';
import { modeOfRun, partOf } from '../needs/selection.ts';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { type FakeBackend, fakeBackends } from '../support/fake-machine-service.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { strictPicture } from '../support/strict-picture.ts';
import { checkpoint, crash, end, finish, isDeadRule, isSame, leftovers, rehearse } from './crash-story.ts';
import {
  awsDualStack,
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  onceOk,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';

const make = useMachines();
type Start = (spec: MachineSpec) => Promise<Machine>;

const works: readonly (readonly [string, (start: Start) => Promise<Machine>])[] = [
  [
    'a new ENI',
    async start => {
      const machine = await start({ recording: awsDualStack });
      await machine.agent('plan');
      return machine;
    },
  ],
  [
    'an address comes, another goes',
    async start => {
      const machine = await start({ recording: awsTwoEnis });
      setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
      await onceOk(machine);
      setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
      return machine;
    },
  ],
  [
    'a second ENI joins the subnet',
    async start => {
      const machine = await start({ recording: awsTwoSecondaries });
      unlist(machine, eth2Mac);
      await onceOk(machine);
      machine.metadata.replace(awsTwoSecondaries);
      return machine;
    },
  ],
  [
    'an ENI leaves, its link stays',
    async start => {
      const machine = await start({ recording: awsTwoSecondaries });
      await onceOk(machine);
      unlist(machine, eth2Mac);
      return machine;
    },
  ],
  [
    'an ENI has left with its link',
    async start => {
      const machine = await start({ recording: awsTwoEnis });
      await onceOk(machine);
      unlist(machine, eth1Mac);
      machine.detach('eth1');
      return machine;
    },
  ],
  [
    'an ENI with a DHCP lease',
    async start => {
      const machine = await start({ recording: loadRecording('jdcloud', 'two-enis') });
      await machine.agent('plan');
      return machine;
    },
  ],
];

/**
 * The steps that are tried. A service is a process of its own and ends what it has begun, so that many of its steps have one end: of
 * these machines the default run has every sixth step and `--rest` the others.
 */
function placesOf(backend: FakeBackend, steps: number): readonly number[] {
  const all = Array.from({ length: steps }, (_, index) => index + 1);
  return backend === 'ifupdown' ? partOf(all, () => true) : partOf(all, step => step % 6 === 1);
}

// The fake services take no lease for a secondary ENI.
const cases = fakeBackends.flatMap(backend =>
  works
    .filter(([name]) => backend === 'ifupdown' || !name.includes('DHCP'))
    .map(([name, prepare]) => ({
      name,
      backend,
      prepare: () => prepare(spec => make({ ...spec, backend })),
    })),
);

// The rest would run ifupdown without a step.
const tried = modeOfRun() === 'rest' ? cases.filter(({ backend }) => backend !== 'ifupdown') : cases;

describe.each(tried)('$backend: $name', ({ backend, prepare }) => {
  test('killed before each step, then started again', { timeout: 300_000 }, async () => {
    const { machine, reset, before, strict, after, steps } = await rehearse(prepare);
    for (const step of placesOf(backend, steps)) {
      reset();
      await crash(machine, step);

      // The new process first takes back what it finds. No metadata is needed for that.
      await finish(machine);
      const taken = end(machine);
      const place = `killed before step ${step} of ${steps}`;
      // Taken back, or done: the nearest one is compared, for a message that says what is between.
      const done = after.find(a => isSame(a, taken));
      expect(taken, place).toEqual(done ?? before);
      const withLinks = (lines: readonly string[]) => lines.filter(line => !isDeadRule(machine, line));
      if (done === undefined)
        expect(withLinks((await strictPicture(machine)).lines), place).toEqual(withLinks(strict.lines));

      // Then it does the work.
      await onceOk(machine);
      expect(end(machine), place).toEqual(after.at(-1));
      expect(leftovers(machine), place).toEqual([]);
    }
  });

  test('the power fails before each step: the network service boots whatever files there are, then the agent starts', {
    timeout: 300_000,
  }, async () => {
    const { machine, reset, steps } = await rehearse(prepare);
    reset();
    await onceOk(machine);
    machine.reboot();
    await onceOk(machine);
    const good = end(machine);
    for (const step of placesOf(backend, steps)) {
      reset();
      await crash(machine, step);
      machine.reboot();
      const outcome = await machine.agent('once');
      const place = `power failed before step ${step} of ${steps}`;
      expect(outcome.code, `${place}: ${outcome.out}${outcome.err}`).toBe(0);
      expect(end(machine), place).toEqual(good);
      expect(leftovers(machine), place).toEqual([]);
    }
  });
});

test('the steps are those of the whole apply, from the checkpoint to its removal, and what is kept of it', async () => {
  const { machine, reset, steps } = await rehearse(cases[0]!.prepare);
  reset();
  await onceOk(machine);
  expect(steps).toBeGreaterThan(20);
  const words = machine.system.steps;
  expect(words).toContain(`rename to ${checkpoint}`);
  expect(words).toContain('ip link set dev eth1 up');
  expect(words.at(-5)).toBe(`remove ${checkpoint}`);
  expect(words.filter(word => word.startsWith('rename to')).slice(-2)).toEqual([
    `rename to ${historyPath}`,
    `rename to ${lastGoodPath}`,
  ]);
});
