// Machines at the moment before an apply, for what happens in it and after it.
import type { Machine, MachineSpec, Picture } from '../support/fake-machine.ts';
import { awsTwoEnis, eth1Mac, onceOk, setAddresses, unlist } from './story.ts';

type Start = (spec: MachineSpec) => Promise<Machine>;

export interface Failing {
  readonly machine: Machine;
  readonly before: Picture;
}

/** A new ENI that is about to be applied. */
export async function beforeAttach(start: Start): Promise<Failing> {
  const machine = await start({ recording: awsTwoEnis });
  machine.system.restart();
  return { machine, before: machine.picture() };
}

/** An applied ENI that is about to get one address and to lose another. */
export async function beforeChange(start: Start): Promise<Failing> {
  const machine = await start({ recording: awsTwoEnis });
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  machine.system.restart();
  return { machine, before: machine.picture() };
}

/** An applied ENI that has been detached; its link is still there. */
export async function beforeRemoval(start: Start): Promise<Failing> {
  const machine = await start({ recording: awsTwoEnis });
  await onceOk(machine);
  unlist(machine, eth1Mac);
  machine.system.restart();
  return { machine, before: machine.picture() };
}
