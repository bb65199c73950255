// Everything that a failed apply must leave as it was: the files, and the kernel of the whole machine in the strict normal form (addresses with
// their flags, routes and rules to the word, up and down, masters), with the sysctls that an apply or a service sets.
import { normalFormOfMachine } from '../../agent/apply/normal-form.ts';
import { readSysctls } from '../../agent/apply/others/found.ts';
import { readKernelState } from '../../agent/system/kernel/reader.ts';
import type { Machine } from './fake-machine.ts';

export interface StrictPicture {
  readonly files: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

export async function strictPicture(machine: Machine): Promise<StrictPicture> {
  const state = await readKernelState(machine.system);
  const sysctls = await Promise.all(state.links.map(({ name }) => readSysctls(machine.system, name)));
  const values = sysctls.flatMap(s => Object.entries(s).map(([key, value]) => `sysctl ${key} ${value}`));
  const lines = normalFormOfMachine(state).map(withoutMaker);
  return { files: machine.files(), lines: [...lines.sort(), ...values.sort()] };
}

/** Of our own objects it does not count who has added them, the service or the agent: a protocol, and the broadcast address of a /32. */
function withoutMaker(line: string): string {
  if (/^(rule \d|route) (28\d\d\d|33000|33001) /.test(line)) return line.replace(/ proto \S+/, '');
  return line.replace(/(\/32) brd \S+/, '$1');
}
