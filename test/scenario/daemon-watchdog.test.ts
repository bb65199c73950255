// When the daemon says that it gets on: at each check, within a long pass after each command, in time however long it would sleep, and not any
// more when something that it waits for never comes.
import { expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, setAddresses } from './story.ts';

const start = useDaemons();
const minute = 60_000;

async function watched(period = 60, longestSleepMs = 150_000) {
  const told: number[] = [];
  const life = await start({
    recording: awsTwoEnis,
    watchdog: ({ system }: Machine) => ({ longestSleepMs, progress: () => void told.push(system.now()) }),
    prepare: ({ system }) =>
      system.put('/etc/eni-agent/eni-agent.conf.d/period.conf', `[daemon]\nperiod = ${period}\n`),
  });
  const { system } = life.machine;
  /** The longest time without a word in what is about to happen. */
  const silence = async (act: () => Promise<void>) => {
    const from = system.now();
    told.length = 0;
    await act();
    const times = [from, ...told, system.now()];
    return Math.max(...times.slice(1).map((time, index) => time - times[index]!));
  };
  await life.daemon.runFor(10 * minute);
  return { ...life, silence };
}

test('at each quiet check', async () => {
  const { daemon, silence } = await watched();
  expect(await silence(() => daemon.runFor(60 * minute))).toBeLessThan(1.2 * minute);
});

test('in time also where the period is an hour, without a check more', async () => {
  const { daemon, silence } = await watched(3600);
  const { quiet } = daemon.report().counters;
  expect(await silence(() => daemon.runFor(50 * minute))).toBeLessThan(2.6 * minute);
  expect(daemon.report().counters.quiet - quiet).toBeLessThanOrEqual(1);
});

test('within a pass: after each command, however slow all of them are', async () => {
  const { machine, daemon, silence } = await watched();
  const run = machine.system.run.bind(machine.system);
  machine.system.run = async (argv, options) => {
    await machine.system.sleep(minute);
    return run(argv, options);
  };
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  const longest = await silence(() => daemon.runFor(20 * minute));
  expect(longest).toBeLessThan(2.5 * minute);
});

test('not while a question to the metadata never ends: it is told no more', async () => {
  const { daemon, service, silence } = await watched();
  service.fault = () => new Promise(() => undefined);
  expect(await silence(() => daemon.runFor(30 * minute))).toBeGreaterThan(20 * minute);
});

test('not while a pass never ends', async () => {
  const { machine, daemon, silence } = await watched();
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  const run = machine.system.run.bind(machine.system);
  let letGo: () => void = () => undefined;
  const hanging = new Promise<void>(resolve => {
    letGo = resolve;
  });
  machine.system.run = async (argv, options) => {
    if (argv.includes('-batch')) await hanging;
    return run(argv, options);
  };
  const living = daemon.runFor(60 * minute);
  await new Promise(resolve => setTimeout(resolve, 500));
  expect(await silence(() => machine.system.sleep(30 * minute))).toBeGreaterThan(20 * minute);
  letGo();
  await living;
});
