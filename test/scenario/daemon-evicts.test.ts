// A default route in main by the link of an ENI goes at once, and also while the brake keeps the daemon from all repairs: whatever else is
// fought about, the machine must not leave by the wrong NIC.
import { describe, expect, test } from 'vitest';
import { readBootId } from '../../agent/apply/checkpoint.ts';
import { parseMac } from '../../agent/model/address.ts';
import { pausePath } from '../../agent/pass/pause.ts';
import { cidr, ip } from '../support/example-plans.ts';
import { routeOf } from '../support/fake-kernel-objects.ts';
import type { Machine } from '../support/fake-machine.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { awsTwoEnis } from './story.ts';
import { travels } from './travels.ts';

const start = useDaemons();
const leak = 'ip route add default via 172.31.32.1 dev eth1 onlink metric 100';

describe.each(travels)('$backend', ({ backend }) => {
  test('without a brake: gone at once, one line, one repair', async () => {
    const { machine, daemon } = await settled();
    const good = machine.picture();
    const [logged, { repairs, failures }] = [daemon.log.length, daemon.report().counters];
    machine.system.sh(leak);
    await daemon.runFor(50);
    expect(defaultsBy(machine, 'eth1')).toEqual([]);
    await daemon.runFor(5000);
    expect(machine.picture()).toEqual(good);
    expect(daemon.log.slice(logged)).toEqual([
      expect.stringMatching(
        /^info removed a default route in main eni=\S+ link=eth1 trigger=kernel commands=ip -4 route del 0\.0\.0\.0\/0 via 172\.31\.32\.1/,
      ),
    ]);
    expect(daemon.report().counters).toMatchObject({ repairs: repairs + 1, failures });
  });

  test('one that comes back again and again is a fight, and goes under the brake as well', async () => {
    const { machine, daemon } = await settled();
    let longest = 0;
    let since: number | undefined;
    for (let step = 0; step < 400; step++) {
      if (step % 20 === 0) machine.system.sh(leak);
      await daemon.runFor(50);
      since = defaultsBy(machine, 'eth1').length === 0 ? undefined : (since ?? machine.system.now() - 50);
      if (since !== undefined) longest = Math.max(longest, machine.system.now() - since);
    }
    expect(daemon.report().brake?.text).toContain('default route in main by eth1');
    expect(daemon.report().enis).toMatchObject([{ state: 'contested' }]);
    // A look of a daemon that is held back comes every 0.8 s.
    expect(longest).toBeLessThanOrEqual(850);
    expect(defaultsBy(machine, 'eth0')).toHaveLength(1);
    expect(daemon.log.filter(line => line.includes('removed a default')).length).toBeLessThan(8);
  });

  test('the name is another NIC’s by now: that one’s default route stays', async () => {
    const { machine, daemon } = await settled();
    const { system } = machine;
    system.kernel.removeLink('eth1');
    system.kernel.addLink({ name: 'eth1', mac: parseMac('0a:00:00:00:00:99')!, up: true });
    system.kernel.routes.push(
      routeOf({ destination: cidr('0.0.0.0/0'), gateway: ip('172.31.32.1'), link: 'eth1', metric: 100 }),
    );
    await daemon.runFor(50);
    expect(defaultsBy(machine, 'eth1')).toHaveLength(1);
  });

  test('while the lock is waited for a pause has begun: it stays, and goes when that is over', async () => {
    const { machine, daemon } = await settled();
    const { system } = machine;
    const endsAt = Number.parseFloat((await system.readFile('/proc/uptime'))!) + 600;
    const mark = JSON.stringify({ version: 1, bootId: await readBootId(system), endsAt });
    system.holdLock(2000);
    system.after(1000, () => system.put(pausePath, mark));
    system.sh(leak);
    await daemon.runFor(60_000);
    expect(defaultsBy(machine, 'eth1')).toHaveLength(1);
    await daemon.runFor(600_000);
    expect(defaultsBy(machine, 'eth1')).toEqual([]);
  });

  test('what a rollback by hand has brought back stays', async () => {
    const { machine, daemon } = await settled();
    const { code, err } = await machine.agent('rollback');
    expect({ code, err }).toMatchObject({ code: 0 });
    machine.system.sh('ip link set dev eth1 up');
    machine.system.sh(leak);
    await daemon.runFor(5000);
    expect(defaultsBy(machine, 'eth1')).toHaveLength(1);
    expect(daemon.report()).toMatchObject({ refused: true, counters: { repairs: 0 } });
  });

  async function settled(): Promise<Life> {
    const life = await start({ recording: awsTwoEnis, backend });
    await life.daemon.runFor(300_000);
    expect(life.daemon.report().enis).toMatchObject([{ state: 'working' }]);
    return life;
  }
});

function defaultsBy({ system }: Machine, link: string): readonly unknown[] {
  return system.kernel.routes.filter(
    r => r.table === 254 && r.destination === '0.0.0.0/0' && r.link === link,
  );
}
