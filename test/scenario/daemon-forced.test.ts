// A plan that was rolled back by hand and then applied with `once --force` is wanted again: the daemon looks after it as before.
import { describe, expect, test } from 'vitest';
import { describeReport } from '../../agent/daemon/publish.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { awsTwoEnis, onceOk } from './story.ts';
import { travels } from './travels.ts';

const start = useDaemons();

describe.each(travels)('$backend', ({ backend }) => {
  test('the first change of the ENI', async () => {
    const life = await settled();
    await back(life);
    await forth(life);
    await expectLookedAfter(life);
  });

  test('a repair in the kernel, which no file tells of', async () => {
    const life = await settled();
    dropRules(life);
    await life.daemon.runFor(300_000);
    expect(life.daemon.report().counters.repairs).toBe(1);
    await back(life);
    dropRules(life);
    await forth(life);
    await expectLookedAfter(life);
  });

  async function settled(): Promise<Life> {
    const life = await start({ recording: awsTwoEnis, backend });
    await life.daemon.runFor(300_000);
    return life;
  }
});

async function back({ machine, daemon }: Life): Promise<void> {
  const { code, err } = await machine.agent('rollback');
  expect(code, err).toBe(0);
  await daemon.runFor(5000);
}

async function forth({ machine, daemon }: Life): Promise<void> {
  await daemon.runFor(5000);
  expect(daemon.report()).toMatchObject({ refused: true });
  expect(describeReport(daemon.report(), machine.system.now())).toBe(
    'secondary ENIs: 1 not as planned; the plan was rolled back by hand',
  );
  await onceOk(machine, '--force');
  await daemon.runFor(5000);
}

async function expectLookedAfter(life: Life): Promise<void> {
  const { machine, daemon } = life;
  const working = { refused: false, notAsPlanned: [], enis: [{ state: 'working' }] };
  expect(daemon.report()).toMatchObject(working);
  const rules = machine.system.kernel.rules.length;
  dropRules(life);
  await daemon.runFor(5000);
  expect(machine.system.kernel.rules).toHaveLength(rules);
  expect(daemon.report()).toMatchObject(working);
}

function dropRules({ machine: { system } }: Life): void {
  system.kernel.rules = system.kernel.rules.filter(r => r.priority < 28_600 || r.priority >= 28_700);
}
