// The agent is killed before every single step of an apply, one run per step: each write, each rename, each line of a batch, each line
// that ifup runs. After the next start there is the old state or the new one and nothing between, in files, kernel and records.
import { describe, expect, test } from 'vitest';
import { emptyState, type State } from '../../agent/apply/state-file.ts';
import { readSettings } from '../../agent/config/read-settings.ts';
import { plainLog } from '../../agent/log.ts';
import { finishInterrupted } from '../../agent/pass/finish-interrupted.ts';
import type { Machine, Picture } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
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

const start = useMachines();
const checkpoint = '/var/lib/eni-agent/checkpoint.json';

/** Makes a machine that is about to do one thing. */
type Prepare = () => Promise<Machine>;

const works: readonly (readonly [string, Prepare])[] = [
  [
    'a new ENI',
    async () => {
      const machine = await start({ recording: awsDualStack });
      await machine.agent('plan');
      return machine;
    },
  ],
  [
    'an address comes, another goes',
    async () => {
      const machine = await start({ recording: awsTwoEnis });
      setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
      await onceOk(machine);
      setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
      return machine;
    },
  ],
  [
    'a second ENI joins the subnet',
    async () => {
      const machine = await start({ recording: awsTwoSecondaries });
      unlist(machine, eth2Mac);
      await onceOk(machine);
      machine.metadata.replace(awsTwoSecondaries);
      return machine;
    },
  ],
  [
    'an ENI leaves, its link stays',
    async () => {
      const machine = await start({ recording: awsTwoSecondaries });
      await onceOk(machine);
      unlist(machine, eth2Mac);
      return machine;
    },
  ],
  [
    'an ENI has left with its link',
    async () => {
      const machine = await start({ recording: awsTwoEnis });
      await onceOk(machine);
      unlist(machine, eth1Mac);
      machine.detach('eth1');
      return machine;
    },
  ],
  [
    'an ENI with a DHCP lease',
    async () => {
      const machine = await start({ recording: loadRecording('jdcloud', 'two-enis') });
      await machine.agent('plan');
      return machine;
    },
  ],
];

interface End {
  readonly picture: Picture;
  readonly state: State;
}

describe.each(works)('%s', (_name, prepare) => {
  test('killed before each step, then started again', async () => {
    const { machine, reset, before, after, steps } = await rehearse(prepare);
    for (let step = 1; step <= steps; step += 1) {
      reset();
      await crash(machine, step);

      // The new process first takes back what it finds. No metadata is needed for that.
      await finish(machine);
      const taken = end(machine);
      const place = `killed before step ${step} of ${steps}`;
      // Taken back, or done: the nearest one is compared, for a message that says what is between.
      expect(taken, place).toEqual(after.find(a => isSame(a, taken)) ?? before);

      // Then it does the work.
      await onceOk(machine);
      expect(end(machine), place).toEqual(after.at(-1));
      expect(leftovers(machine), place).toEqual([]);
    }
  });

  test('the power fails before each step: the network service boots whatever files there are, then the agent starts', async () => {
    const { machine, reset, steps } = await rehearse(prepare);
    reset();
    await onceOk(machine);
    machine.reboot();
    await onceOk(machine);
    const good = end(machine);
    for (let step = 1; step <= steps; step += 1) {
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

test('the steps are those of the whole apply, from the checkpoint to its removal', async () => {
  const { machine, reset, steps } = await rehearse(works[0]![1]);
  reset();
  await onceOk(machine);
  expect(steps).toBeGreaterThan(20);
  const words = machine.system.steps;
  expect(words).toContain(`rename to ${checkpoint}`);
  expect(words).toContain('ip link set dev eth1 up');
  expect(words.at(-1)).toBe(`remove ${checkpoint}`);
});

/** Runs the work once without harm, for what it looks like before and after, and how many steps it takes. */
async function rehearse(prepare: Prepare) {
  const machine = await prepare();
  machine.system.restart();
  const reset = machine.system.snapshot();
  const before = end(machine);
  const after: End[] = [];
  // A command may make two applies (DHCP): the end of each is a new state.
  machine.system.interfere({
    match: /^remove .*checkpoint/,
    when: 'after',
    act: () => after.push(end(machine)),
  });
  await onceAsIs(machine);
  const steps = machine.system.steps.length;
  const ends = [...after];
  return { machine, reset, before, after: ends, steps };
}

async function onceAsIs(machine: Machine): Promise<void> {
  const outcome = await machine.agent('once');
  expect(outcome.code, `${outcome.out}${outcome.err}`).toBe(0);
}

async function crash(machine: Machine, step: number): Promise<void> {
  machine.system.crashBefore = step;
  await machine.agent('once');
  expect(machine.system.isDead).toBe(true);
  machine.system.restart();
}

async function finish(machine: Machine): Promise<void> {
  const { system } = machine;
  const errors: string[] = [];
  const log = plainLog('error', line => errors.push(line));
  const settings = await readSettings(system);
  await finishInterrupted({ system, settings, log });
  expect(errors).toEqual([]);
  expect(system.files.has(checkpoint)).toBe(false);
}

/** Everything that counts: files and kernel, and what the agent remembers. A temporary file is no part of any configuration. */
function end(machine: Machine): End {
  const { files, kernel } = machine.picture();
  // What dhclient remembers of a lease that it gave back is its own affair.
  const passing = /\.eni-agent\.tmp|^\/var\/lib\/dhcp\//;
  // The rules of a link that has gone lead to an empty table. ifdown deletes them one by one and forgets the link, and nothing can
  // or has to put that back.
  const dead = machine.system.kernel.links.every(l => l.name !== 'eth1');
  const kept = Object.entries(files).filter(
    ([path]) => !passing.test(path) && !(dead && path.includes('ifstate')),
  );
  return {
    picture: {
      files: Object.fromEntries(kept),
      kernel: kernel.filter(line => !(dead && /^rule \d 28[036]00:/.test(line))),
    },
    // No state file and an empty one mean the same.
    state: { ...emptyState, ...(machine.state() ?? {}) },
  };
}

function isSame(a: End, b: End): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function leftovers(machine: Machine): readonly string[] {
  return [...machine.system.files.keys()].filter(path => path === checkpoint || path.endsWith('.tmp'));
}
