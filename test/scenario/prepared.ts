// Machines at the moment before an apply, for what happens in it and after it.
import { expect } from 'vitest';
import type { Machine, MachineSpec, Picture } from '../support/fake-machine.ts';
import { type StrictPicture, strictPicture } from '../support/strict-picture.ts';
import { awsTwoEnis, eth1Mac, onceOk, setAddresses, unlist } from './story.ts';

type Start = (spec: MachineSpec) => Promise<Machine>;

export interface Failing {
  readonly machine: Machine;
  readonly before: Picture;
  readonly strict: StrictPicture;
}

/** The whole machine is as it was before the apply. */
export async function expectAsBefore({ machine, before, strict }: Failing): Promise<void> {
  expect(machine.picture()).toEqual(before);
  expect(await strictPicture(machine)).toEqual(strict);
}

/** A machine as it is before its apply. */
export async function atThisMoment(machine: Machine): Promise<Failing> {
  machine.system.restart();
  return { machine, before: machine.picture(), strict: await strictPicture(machine) };
}

/** A new ENI that is about to be applied. */
export async function beforeAttach(start: Start): Promise<Failing> {
  const machine = await start({ recording: awsTwoEnis });
  return atThisMoment(machine);
}

/** An applied ENI that is about to get one address and to lose another. */
export async function beforeChange(start: Start): Promise<Failing> {
  const machine = await start({ recording: awsTwoEnis });
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  return atThisMoment(machine);
}

/** An applied ENI that has been detached; its link is still there. */
export async function beforeRemoval(start: Start): Promise<Failing> {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  unlist(machine, eth1Mac);
  return atThisMoment(machine);
}
