// What was on the link of an ENI before it was ours: a rollback gives it back to the word, `remove` in the same boot as well, and what a DHCP
// client has left there and nobody keeps goes with the take-over. Once per network service.
import { describe, expect, test } from 'vitest';
import type { BackendName } from '../../agent/model/host.ts';
import { installInitscripts } from '../support/fake-initscripts.ts';
import type { Machine } from '../support/fake-machine.ts';
import { type FakeBackend, fakeBackends } from '../support/fake-machine-service.ts';
import { strictPicture } from '../support/strict-picture.ts';
import { crash, finish } from './crash-story.ts';
import { atThisMoment, expectAsBefore, type Failing } from './prepared.ts';
import { awsTwoEnis, expectIdle, leavesBy, onceOk, useMachines } from './story.ts';

const make = useMachines();

/** Each with the words of a person or a program that has put it there. */
const foundThings: readonly (readonly [string, readonly string[]])[] = [
  ['up, and nothing more', []],
  [
    'a foreign network with routes behind it, one of them in a table with a rule',
    [
      'addr add 192.0.2.5/24 dev eth1 broadcast +',
      'addr add 192.0.2.6/24 dev eth1 broadcast +',
      'route add 198.18.0.0/15 via 192.0.2.1 dev eth1',
      'route add default via 192.0.2.1 dev eth1 table 77',
      'rule add from 192.0.2.0/24 lookup 77 priority 500',
    ],
  ],
  [
    'the lease of a catch-all, with its default route',
    [
      '-4 addr replace 172.31.40.10/20 dev eth1 broadcast + valid_lft 1800 preferred_lft 1800',
      'route add default via 172.31.32.1 dev eth1 proto dhcp metric 1003',
    ],
  ],
  [
    'the address and the routes of a router advertisement',
    [
      '-6 addr replace 2001:db8:77::7/64 dev eth1 mngtmpaddr valid_lft 2592000 preferred_lft 604800',
      '-6 route add default via fe80::1 dev eth1 proto ra metric 1024 expires 1800',
    ],
  ],
  [
    'the address of the ENI with the length of its subnet',
    ['addr add 172.31.40.10/20 dev eth1 broadcast +', 'route add 10.99.0.0/16 via 172.31.32.1 dev eth1'],
  ],
  ['its very address, added by hand', ['addr add 172.31.40.10/32 dev eth1']],
  [
    'its very address, with a lifetime',
    ['-4 addr replace 172.31.40.10/32 dev eth1 valid_lft 1800 preferred_lft 1800'],
  ],
];

/** Each service, and the backends that work by the same one with other files, as the configuration names them. */
const cases: readonly {
  readonly backend: BackendName;
  readonly service: FakeBackend;
  readonly prepare?: (machine: Machine) => void;
}[] = [
  ...fakeBackends.map(service => ({ backend: service, service })),
  { backend: 'networkmanager-ifcfg', service: 'networkmanager-keyfile' },
  {
    backend: 'initscripts',
    service: 'ifupdown',
    prepare: ({ system }) => void installInitscripts(system),
  },
];

describe.each(cases)('$backend', ({ backend, service, prepare }) => {
  const withThings = async (lines: readonly string[]): Promise<Failing> => {
    const config = backend === service ? '' : `[agent]\nbackend = ${backend}\n`;
    const machine = await make({ recording: awsTwoEnis, config, backend: service });
    prepare?.(machine);
    for (const line of ['link set dev eth1 up', ...lines]) machine.system.sh(`ip ${line}`);
    return atThisMoment(machine);
  };

  describe.each(foundThings)('%s', (_name, lines) => {
    test('an apply that fails is taken back', async () => {
      const failing = await withThings(lines);
      const { system } = failing.machine;
      const act = () => system.sh('ip -4 rule del priority 28600');
      system.interfere({
        match: /^(run|write) .*(networkctl|nmcli|ifup|60-eni|ifcfg-eth1|rule add .*28600)/,
        when: 'after',
        times: 90,
        act: ignoring(act),
      });
      const outcome = await failing.machine.agent('once');
      expect(outcome.code, outcome.err).toBe(1);
      system.heal();
      await expectAsBefore(failing);
    });

    test('killed in the middle: the next start takes it back', async () => {
      const failing = await withThings(lines);
      const { machine } = failing;
      const reset = machine.system.snapshot();
      await onceOk(machine);
      const { steps } = machine.system;
      const open = steps.findIndex(step => step.endsWith('checkpoint.json')) + 2;
      const closed = steps.findLastIndex(
        step => step.startsWith('remove') && step.endsWith('checkpoint.json'),
      );
      for (let step = open; step <= closed; step += 3) {
        reset();
        await crash(machine, step);
        await finish(machine);
        expect(await strictPicture(machine), `step ${step}: ${steps[step - 1]}`).toEqual(failing.strict);
      }
    });

    test('configured, and given back by "rollback" and by "remove"', async () => {
      const failing = await withThings(lines);
      const { machine } = failing;
      await onceOk(machine);
      expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
      expect(machine.state().backend).toBe(backend);
      await expectIdle(machine);
      machine.system.restart();
      expect(await machine.agent('rollback')).toMatchObject({ code: 0 });
      await expectAsBefore(failing);
      await onceOk(machine, '--force');
      machine.system.restart();
      expect(await machine.agent('remove')).toMatchObject({ code: 0 });
      expect(machine.state().taken).toEqual({});
      await expectAsBefore(failing);
    });
  });
});

/** Somebody's act that may be too early or too late. */
function ignoring(act: () => unknown): () => void {
  return () => {
    try {
      act();
    } catch {
      // Nothing to delete.
    }
  };
}
