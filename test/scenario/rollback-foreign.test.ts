// A rollback makes the network service load files like any other change, and some services delete what others have beside an ENI when they do
// (Renderer.dropsForeign): it is put back, whether a person asks for the rollback or a crash has left one to make.
import { describe, expect, test } from 'vitest';
import { checkpointPath, lastChangePath } from '../../agent/apply/checkpoint.ts';
import { renderers } from '../../renderers/registry.ts';
import type { Machine } from '../support/fake-machine.ts';
import { beforeChange } from './prepared.ts';
import { addressesOf, once, onceOk, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const theirs = '172.31.40.200/32';
const dropping = travels.filter(({ backend }) => renderers[backend].dropsForeign?.includes('address'));

describe.each(dropping)('$backend', ({ backend }) => {
  test('eni-agent rollback', async () => {
    const machine = await changed();
    const { code, err } = await machine.agent('rollback');
    expect(code, err).toBe(0);
    expectTheirs(machine, err);
    expect(addressesOf(machine, 'eth1')).not.toContain('172.31.40.12/32');
  });

  test('an apply that was interrupted', async () => {
    const machine = await changed();
    const { system } = machine;
    const change = JSON.parse(system.files.get(lastChangePath)!.content);
    system.put(checkpointPath, JSON.stringify({ ...change, committed: false }));
    const next = await once(machine);
    expect(next.code, next.err).toBe(0);
    expect(next.err).toContain('an earlier apply was interrupted');
    expectTheirs(machine, next.err);
  });

  /** The next load costs an address of somebody else. */
  async function changed(): Promise<Machine> {
    const { machine } = await beforeChange(spec => make({ ...spec, backend }));
    const { system } = machine;
    await onceOk(machine);
    system.sh(`ip addr add ${theirs} dev eth1`);
    system.restart();
    return machine;
  }
});

function expectTheirs(machine: Machine, log: string): void {
  expect(log).toContain('the network service deleted what other programs had added; restoring it');
  expect(addressesOf(machine, 'eth1')).toContain(theirs);
}
