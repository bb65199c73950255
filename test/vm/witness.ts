// What must hold whatever happens to the machine: every address answers, a connection to the primary lives, and where nothing is to happen
// the kernel has nothing to say.
import { expect } from 'vitest';
import { failedPings, pingMatrixOf, renderMatrix } from '../lab/ping-matrix.ts';
import { report } from './machines.ts';
import type { TcpStream } from './tcp-stream.ts';
import { runInVm, type Vm, vmOk } from './vm.ts';

/** The stream's echo may be late while an emulated processor unpacks 110 MB; a connection that has lost its way is silent for good. */
const stallMs = 8000;
/** A change of the cloud is seen by the next look: at most 69 s, and some seconds on this processor. */
export const patience = 90_000;
/** Milliseconds between two looks into the machine while it is waited for: each look costs it as much as a second of its own work. */
export const lookEveryMs = 5000;

export interface Witness {
  /** Every address answers in each direction. */
  answers(within?: number): Promise<void>;
  /** The connection is the same and does not stall while `action` runs. */
  alive(action: () => Promise<unknown>): Promise<void>;
  /** The kernel says nothing about any link, address, route or rule while `action` runs. */
  silent(action: () => Promise<unknown>): Promise<void>;
  /** Nothing but one word for each of these links, which has the id of its ENI as one more name from then on: a boot takes that. */
  named(links: readonly string[], action: () => Promise<unknown>): Promise<void>;
}

async function said(vm: Vm, action: () => Promise<unknown>): Promise<readonly string[]> {
  const monitor = 'ip -o monitor link address route rule > /run/lab-monitor & echo $!; sleep 0.5';
  const pid = (await vmOk(vm, monitor)).trim();
  await action();
  const text = await vmOk(vm, `kill ${pid}; cat /run/lab-monitor`);
  return text.split('\n').flatMap(line => (line.trim() === '' ? [] : [line.trimEnd()]));
}

/** @param at the machine and its connection of now: both are others after a reboot */
export function witnessOf(at: () => { readonly vm: Vm; readonly stream: TcpStream }): Witness {
  return {
    async answers(within = patience) {
      const { vm } = at();
      const results = await pingMatrixOf(vm.vpc, script => runInVm(vm, script), {
        patience: within,
        outsideFirst: true,
      });
      expect(failedPings(results), renderMatrix(results)).toEqual([]);
    },
    async alive(action) {
      const { stream } = at();
      stream.reset();
      await action();
      const { sent, echoed, error, slowestMs } = stream.state();
      expect({ error, late: sent - echoed > stallMs / 100 }).toEqual({ error: undefined, late: false });
      expect(slowestMs, 'longest wait for an echo over the primary, ms').toBeLessThan(stallMs);
      report(`${expect.getState().currentTestName}: the slowest echo of the stream took ${slowestMs} ms`);
    },
    silent: async action => expect((await said(at().vm, action)).join('\n')).toBe(''),
    async named(links, action) {
      const lines = await said(at().vm, action);
      const names = lines.map(
        line => /^\d+: (\S+): <.*\bLOWER_UP\b.* altname eni-\S+$/.exec(line)?.[1] ?? line,
      );
      expect(names.toSorted()).toEqual([...links]);
    },
  };
}
