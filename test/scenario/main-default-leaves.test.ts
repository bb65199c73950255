// `default-route = yes`: the route in main is the agent's own, also for what puts back what others had on the link. Once per network service.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { awsTwoEnis, onceOk, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const config = '[eni "0a:07:84:3d:6e:01"]\ndefault-route = yes\n';
const inMain = ({ system }: Machine) =>
  system.kernel.routes
    .filter(r => r.table === 254 && r.link === 'eth1' && r.protocol !== 'kernel')
    .map(r => `${r.destination} metric ${r.metric}`);

describe.each(travels)('$backend', ({ backend }) => {
  test('remove takes it away and does not put it back', async () => {
    const machine = await make({ recording: awsTwoEnis, backend, config });
    const before = inMain(machine);
    await onceOk(machine);
    expect(inMain(machine).join()).toContain('metric 2000000000');
    machine.system.restart();
    const { code, err } = await machine.agent('remove');
    expect([code, err]).toEqual([0, expect.not.stringContaining('put back')]);
    expect(inMain(machine)).toEqual(before);
  });
});
