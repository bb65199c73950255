// What every scenario needs: machines that are switched off at its end, the check that the fake understood every command, and
// the metadata of one ENI as a cloud changes it.
import { afterEach, expect } from 'vitest';
import { createMachine, type Machine, type MachineSpec, type Outcome } from '../support/fake-machine.ts';
import { routeOfPacket } from '../support/fake-routing.ts';
import type { FakeSystem } from '../support/fake-system.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

export const eth1Mac = '0a:07:84:3d:6e:01';
export const eth2Mac = '0a:07:84:3d:6e:02';
export const outside = '203.0.113.9';
export const outside6 = '2001:db8:ffff::9';

/** Call once per file: returns the maker of machines. */
export function useMachines(): (spec: MachineSpec) => Promise<Machine> {
  let made: Machine[] = [];
  afterEach(async () => {
    const machines = made;
    made = [];
    for (const machine of machines) await machine.close();
    // A probe of the host swallows a command that the fake does not know; here it comes out.
    expect(machines.flatMap(m => m.system.unknown)).toEqual([]);
  });
  return async spec => {
    const machine = await createMachine(spec);
    made.push(machine);
    return machine;
  };
}

export const awsTwoEnis = loadRecording('aws', 'two-enis');
export const awsOneEni = loadRecording('aws', 'one-eni');
export const awsTwoSecondaries = loadRecording('aws', 'two-secondaries-one-subnet');
export const awsDualStack = loadRecording('aws', 'dual-stack');

export function awsPath(mac: string, key = ''): string {
  return `/latest/meta-data/network/interfaces/macs/${mac}/${key}`;
}

/** The cloud says that the ENI has these private IPv4 addresses. */
export function setAddresses(machine: Machine, mac: string, ...addresses: readonly string[]): void {
  machine.metadata.set(awsPath(mac, 'local-ipv4s'), addresses.join('\n'));
}

/** The cloud no longer lists the ENI. */
export function unlist(machine: Machine, mac: string): void {
  machine.metadata.remove(awsPath(mac));
}

/** A pass of a new process; the journal holds what it did. */
export async function once(machine: Machine, ...options: readonly string[]): Promise<Outcome> {
  machine.system.restart();
  return machine.agent('once', ...options);
}

/** A pass that must end well. */
export async function onceOk(machine: Machine, ...options: readonly string[]): Promise<Outcome> {
  const outcome = await once(machine, ...options);
  expect(outcome, `${outcome.out}${outcome.err}`).toMatchObject({ code: 0, err: '' });
  return outcome;
}

/** A pass that finds nothing to do, and touches nothing: not even its own state file. */
export async function expectIdle(machine: Machine, code = 0): Promise<void> {
  const before = machine.picture();
  const outcome = await once(machine);
  expect(outcome.code, `${outcome.out}${outcome.err}`).toBe(code);
  expect(outcome.out).toContain(code === 0 ? 'Nothing to do.' : 'Nothing was changed');
  expect(machine.system.journal).toEqual([]);
  expect(machine.system.steps).toEqual([]);
  expect(machine.picture()).toEqual(before);
}

/** Every packet from the address to the world leaves by that link. */
export function leavesBy(system: FakeSystem, address: string): string | undefined {
  return routeOfPacket(system.kernel, address, address.includes(':') ? outside6 : outside)?.link;
}

export function addressesOf(machine: Machine, link: string): readonly string[] {
  return machine.system.kernel.addresses.filter(a => a.link === link).map(a => `${a.ip}/${a.prefixLength}`);
}

/** Rules and tables in the agent's band, without the one of somebody else. */
export function ownTraces(machine: Machine): readonly string[] {
  return machine.system.kernel
    .describe()
    .filter(line => /^(rule \d (28|33)\d\d\d:|route 28\d\d\d )/.test(line) && !line.includes('fwmark'));
}
