// Lives a made-up life from its first step to its rest, and throws BrokenPromise for the first thing that must not be.

import { doAct, start } from './life-acts.ts';
import { disturb } from './life-disturbances.ts';
import type { LifeProvider } from './life-enis.ts';
import { lifeSecondaries } from './life-enis.ts';
import { BrokenPromise, type Life, openLedger } from './life-ledger.ts';
import { createLifeMachine, type LifeFlaw } from './life-machine.ts';
import { heal, restFaults } from './life-rest.ts';
import { calmFaults, removedFaults } from './life-says.ts';
import type { LifeStep, LifeStory } from './life-steps.ts';

/** How long the machine may take to come to rest, looked at in between: an apply that was taken back is tried again after 240 s. */
const restMs = [60_000, 240_000, 600_000, 600_000] as const;

/** Two periods of the daemon, the longest wait before what failed is tried again, and a brake that has just come on fit into it. */
const calmMs = 600_000;

export async function live(provider: LifeProvider, story: LifeStory, flaw?: LifeFlaw): Promise<void> {
  await whatItDid(provider, story, flaw);
}

/** Every single change of the machine in a life, and what the daemons have logged. */
export async function whatItDid(
  provider: LifeProvider,
  { enis, steps }: LifeStory,
  flaw?: LifeFlaw,
): Promise<readonly string[]> {
  const life = await begin(provider, enis, flaw);
  for (const step of steps) await takeStep(life, step);
  await rest(life);
  const { system, log, daemon } = life.machine;
  return [...system.steps, ...log, ...(daemon?.log ?? [])];
}

async function begin(provider: LifeProvider, enis: number, flaw: LifeFlaw | undefined): Promise<Life> {
  const machine = createLifeMachine(provider, flaw);
  const ledger = openLedger(machine.system);
  const life: Life = {
    machine,
    ledger,
    config: { ignored: undefined, broken: false },
    claims: new Set(),
    renamed: new Set(),
    isRemoved: false,
    requests: 0,
    broken: undefined,
  };
  ledger.holdPrimary();
  for (const pick of [0, 1, 17]) disturb(life, { do: 'foreign-rule', pick });
  for (const pick of [0, 1]) disturb(life, { do: 'foreign-route', pick });
  // An effect in which a promise is broken goes on: the agent would take an exception for a failure of the machine.
  machine.onStep = () => void checked(life);
  for (const eni of lifeSecondaries.slice(0, enis)) {
    machine.cloud.attach(eni, 0);
    machine.plug(eni, `eth${eni.number}`);
  }
  await start(life);
  return life;
}

async function takeStep(life: Life, { act, wait }: LifeStep): Promise<void> {
  const { machine, ledger } = life;
  await doAct(life, act);
  judge(life);
  ledger.holdAddresses(machine.cloud.given());
  const isCalm = machine.cloud.isHonest() && machine.daemon !== undefined && wait >= 3000;
  const before = machine.daemon;
  const isFailing = machine.system.isFailing;
  await machine.runFor(wait);
  judge(life);
  broken(removedFaults(life), 'removed, and it is back');
  if (isCalm && machine.daemon === before && wait >= calmMs)
    broken(await calmFaults(life, isFailing), 'it says that all is well');
  if (isCalm && machine.daemon === before && machine.daemon?.report().brake === null) release(life);
  ledger.holdAddresses(machine.cloud.given());
}

function broken(faults: readonly string[], what: string): void {
  if (faults.length > 0) throw new BrokenPromise(`${what}:\n${faults.join('\n')}`);
}

/** ENIs that the agent has had time to bring up again. */
function release({ machine, ledger, config }: Life): void {
  const isUp = (link: string | undefined) => machine.system.kernel.links.some(l => l.name === link && l.up);
  for (const eni of lifeSecondaries)
    if (isUp(machine.linkOf(eni)) && config.ignored !== eni) ledger.released.delete(eni.mac);
}

async function rest(life: Life): Promise<void> {
  const { machine } = life;
  await heal(life);
  let faults: readonly string[] = [];
  for (const ms of restMs) {
    await machine.runFor(ms);
    judge(life);
    faults = await restFaults(life);
    if (faults.length === 0) break;
  }
  if (faults.length > 0) throw new BrokenPromise(`no rest:\n${faults.join('\n')}`);
  const outcome = await machine.once();
  judge(life);
  if (outcome !== 'unchanged') throw new BrokenPromise(`at rest, and a pass was ${outcome}`);
}

function checked(life: Life): void {
  try {
    life.ledger.check();
  } catch (error) {
    if (!(error instanceof BrokenPromise)) throw error;
    life.broken ??= error;
  }
}

function judge(life: Life): void {
  checked(life);
  const { broken, machine } = life;
  if (broken !== undefined) throw broken;
  // A process that is killed says nothing; in the fake its last call throws.
  const isBug = (line: string) =>
    line.includes('code=bug') && !/killed before step|a dead process/.test(line);
  const bug = [...machine.log, ...(machine.daemon?.log ?? [])].find(isBug);
  if (bug !== undefined) throw new BrokenPromise(bug);
}
