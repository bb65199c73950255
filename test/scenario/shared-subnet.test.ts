// A second ENI joins the subnet of the first, and leaves it again. The first one's rules change from one per subnet to one per
// address, and back: at no single step may a packet from one of its addresses take another way.
import { expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import type { MetadataEmulator } from '../support/metadata-emulator.ts';
import {
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  expectIdle,
  leavesBy,
  onceOk,
  ownTraces,
  unlist,
  useMachines,
} from './story.ts';

const start = useMachines();

const first = ['172.31.40.10', '172.31.40.11', '2600:1f16:292:100::10'];
const second = ['172.31.40.20', '172.31.40.21', '2600:1f16:292:100::20'];

/** Two secondary ENIs in one subnet, of which the cloud lists only the first so far. */
async function startWithOne(): Promise<Machine> {
  const machine = await start({ recording: awsTwoSecondaries });
  hide(machine.metadata);
  await onceOk(machine);
  machine.system.restart();
  return machine;
}

function hide(metadata: MetadataEmulator): void {
  const responses = awsTwoSecondaries.responses;
  const rest = Object.entries(responses).filter(([path]) => !path.includes(`/${eth2Mac}/`));
  metadata.replace({ ...awsTwoSecondaries, responses: Object.fromEntries(rest) });
}

/** Notes every moment at which an address does not leave by its own link. */
function watch(machine: Machine, addresses: readonly string[], link: string): readonly string[] {
  const lapses: string[] = [];
  machine.system.watch = () => {
    for (const address of addresses) {
      const way = leavesBy(machine.system, address);
      if (way !== link) lapses.push(`${address} by ${way} before step ${machine.system.steps.length + 1}`);
    }
  };
  return lapses;
}

function position(machine: Machine, text: string): number {
  const at = machine.system.journal.findIndex(line => line.includes(text));
  expect(at, `${text} in\n${machine.system.journal.join('\n')}`).toBeGreaterThanOrEqual(0);
  return at;
}

test('a second ENI joins: rules by address first, the rule by subnet after', async () => {
  const machine = await startWithOne();
  machine.metadata.replace(awsTwoSecondaries);
  const lapses = watch(machine, first, 'eth1');
  await onceOk(machine);
  expect(lapses).toEqual([]);
  const added = position(machine, 'rule add from 172.31.40.10/32 lookup 28000');
  const removed = position(machine, 'rule del from 172.31.32.0/20 iif lo lookup 28000');
  expect(added).toBeLessThan(position(machine, 'write /etc/network/interfaces.d/60-eni-eth1'));
  expect(added).toBeLessThan(position(machine, 'run ifup --force eth2'));
  expect(removed).toBeGreaterThan(position(machine, 'run ifup --force eth2'));
  // The first ENI is not taken down for the other's sake.
  expect(machine.system.journal.filter(line => /if(up|down).* eth1$/.test(line))).toEqual([]);
  for (const address of first) expect(leavesBy(machine.system, address)).toBe('eth1');
  for (const address of second) expect(leavesBy(machine.system, address)).toBe('eth2');
  await expectIdle(machine);
});

test('main gets no connected route of either; of one that asks for it, while it is alone in the subnet', async () => {
  const connected = (machine: Machine) =>
    machine.system.kernel.routes
      .filter(r => r.table === 254 && r.destination === '172.31.32.0/20')
      .map(r => r.link);
  const plain = await startWithOne();
  expect(connected(plain)).toEqual([]);
  plain.metadata.replace(awsTwoSecondaries);
  await onceOk(plain);
  expect(connected(plain)).toEqual([]);

  const config = `[eni "${eth1Mac}"]\nconnected-route = yes\n[eni "${eth2Mac}"]\nconnected-route = yes`;
  const both = await start({ recording: awsTwoSecondaries, config });
  await onceOk(both);
  expect(connected(both)).toEqual(['eth1']);
  await expectIdle(both);
});

test.each([
  ['its link goes too', true],
  ['its link stays', false],
])(
  'it leaves again, %s: the first is back at one rule per subnet, without a lapse',
  async (_name, linkGone) => {
    const machine = await startWithOne();
    const alone = ownTraces(machine);
    machine.metadata.replace(awsTwoSecondaries);
    await onceOk(machine);
    unlist(machine, eth2Mac);
    if (linkGone) machine.detach('eth2');
    machine.system.restart();
    const lapses = watch(machine, first, 'eth1');
    await onceOk(machine);
    expect(lapses).toEqual([]);
    expect(ownTraces(machine)).toEqual(alone);
    const added = position(machine, 'rule add from 172.31.32.0/20 iif lo lookup 28000');
    expect(added).toBeLessThan(position(machine, 'rule del from 172.31.40.10/32 lookup 28000'));
    machine.system.watch = undefined;
    await expectIdle(machine);
  },
);

test('both were there from the start: the same kernel as if one had joined later', async () => {
  const joined = await startWithOne();
  joined.metadata.replace(awsTwoSecondaries);
  await onceOk(joined);
  const together = await start({ recording: awsTwoSecondaries });
  await onceOk(together);
  expect(together.system.kernel.describe()).toEqual(joined.system.kernel.describe());
});
