// What the lab found in the daemon, told again on the fake machine.
import { expect, test } from 'vitest';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac } from './story.ts';

const start = useDaemons();

test('something undoes a repair before it is verified: few tries, each taken back, and then the brake', async () => {
  const { machine, daemon } = await start({ recording: awsTwoEnis });
  const { system } = machine;
  await daemon.runFor(300_000);
  let fights = true;
  const undo = () => {
    if (fights && system.kernel.rules.some(r => r.priority === 28600 && r.family === 4))
      system.sh('ip -4 rule del priority 28600');
  };
  system.interfere({ match: /^run ip -4 rule add .*priority 28600/, when: 'after', act: undo });
  // Kernel events that mean nothing: each makes the daemon look again.
  const noise = (verb: 'add' | 'del') => {
    if (!fights) return;
    system.sh(`ip addr ${verb} 192.0.2.9/32 dev lo`);
    system.after(3000, () => noise(verb === 'add' ? 'del' : 'add'));
  };
  noise('add');
  undo();
  await daemon.runFor(50_000);
  const { brake, counters, enis, mood } = daemon.report();
  expect({ mood, failures: counters.failures }).toEqual({ mood: 'braked', failures: 3 });
  expect(brake?.text).toContain('missing: rule 4 28600');
  expect(enis.find(e => e.mac === eth1Mac)).toMatchObject({
    state: 'contested',
    lastError: { text: expect.stringContaining('rule 4 28600') },
  });
  expect(daemon.log.filter(line => line.startsWith('error'))).toEqual([
    expect.stringMatching(/a pass failed .*missing: rule 4 28600/),
    expect.stringMatching(/something undoes this again and again/),
  ]);

  // One trial when the hold of a minute is over, by the timer, and none in between.
  await daemon.runFor(40_000);
  expect(daemon.report().counters.failures).toBe(3);
  await daemon.runFor(60_000);
  expect(daemon.report().counters.failures).toBe(4);
  fights = false;
  await daemon.runFor(400_000);
  expect(system.kernel.rules.filter(r => r.priority === 28600 && r.family === 4)).toHaveLength(1);
  expect(daemon.report()).toMatchObject({ brake: null, error: null, enis: [{ state: 'working' }] });
});
