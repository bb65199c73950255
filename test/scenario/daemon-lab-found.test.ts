// What the lab found in the daemon, told again on the fake machine.
import { expect, test } from 'vitest';
import { answer } from '../../agent/metadata/recording.ts';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, leavesBy } from './story.ts';

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
    expect.stringMatching(/something keeps undoing this/),
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

test('a link that is renamed while the metadata is asked: configured at once, but nothing that somebody has undone', async () => {
  const { machine, daemon, service } = await start({ recording: awsTwoEnis });
  const { system } = machine;
  const { kernel } = system;
  await daemon.runFor(300_000);
  const { repairs } = daemon.report().counters;
  const before = daemon.log.length;
  // The answer takes a second, and the kernel goes on speaking meanwhile.
  service.fault = async path => {
    await new Promise<void>(resolve => system.after(1000, resolve));
    return answer(machine.metadata.recording, path);
  };
  // `ip link set dev eth1 name eth11`: what is on the link stays.
  const moved = <T extends { readonly link: string | undefined }>(list: readonly T[]) =>
    list.map(o => (o.link === 'eth1' ? { ...o, link: 'eth11' } : o));
  kernel.links = kernel.links.map(l => (l.name === 'eth1' ? { ...l, name: 'eth11' } : l));
  kernel.addresses = moved(kernel.addresses);
  kernel.routes = moved(kernel.routes);
  system.after(300, () => system.sh('ip addr add 192.0.2.9/32 dev lo'));
  await daemon.runFor(20_000);
  service.fault = undefined;
  await daemon.runFor(120_000);
  expect(leavesBy(system, '172.31.40.10')).toBe('eth11');
  expect(daemon.report().counters.repairs).toBe(repairs);
  expect(daemon.log.slice(before).filter(line => line.includes('drift='))).toEqual([]);
});
