// A container network comes up inside of an ENI's subnet: a plan of today is another one, and the daemon sees that at its next look, whether or
// not the metadata answers.
import { expect, test } from 'vitest';
import { routeOfPacket } from '../support/fake-routing.ts';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, setAddresses } from './story.ts';

const start = useDaemons();

async function settled() {
  const life = await start({
    recording: awsTwoEnis,
    prepare: machine => setAddresses(machine, eth1Mac, '172.31.40.10'),
  });
  await life.daemon.runFor(30_000);
  return life;
}

const rulesInside = ({ machine }: Awaited<ReturnType<typeof settled>>) =>
  machine.system.kernel.rules.filter(r => r.priority === 27_700).map(r => `${r.from} to ${r.to}`);
const toContainer = ({ machine }: Awaited<ReturnType<typeof settled>>) =>
  routeOfPacket(machine.system.kernel, '172.31.40.10', '172.31.47.2')?.link;

test.each([
  ['while the metadata answers', false],
  ['while it does not', true],
])('its route comes first, %s', async (_name, isDown) => {
  const life = await settled();
  const { machine, daemon, service, reads } = life;
  if (isDown) service.fault = () => ({ status: 503, body: '' });
  const asked = reads.length;
  expect([rulesInside(life), toContainer(life)]).toEqual([[], 'eth1']);

  machine.system.sh('ip addr add 172.31.47.1/24 dev docker0');
  await daemon.runFor(999);
  expect(rulesInside(life)).toEqual(['172.31.32.0/20 to 172.31.32.0/20']);
  expect(toContainer(life)).toBe('docker0');
  // It goes by what the metadata said last.
  expect(reads.length).toBe(asked);

  // A second one needs no other rule.
  const changes = daemon.report().counters.changes;
  machine.system.sh('ip route add 172.31.46.0/24 dev docker0');
  await daemon.runFor(5000);
  expect([rulesInside(life).length, daemon.report().counters.changes]).toEqual([1, changes]);

  machine.system.sh('ip route del 172.31.46.0/24 dev docker0');
  machine.system.sh('ip addr del 172.31.47.1/24 dev docker0');
  await daemon.runFor(5000);
  expect([rulesInside(life), toContainer(life)]).toEqual([[], 'eth1']);
});

test('one that is inside of nothing changes nothing', async () => {
  const { machine, daemon } = await settled();
  const { counters } = daemon.report();
  machine.system.sh('ip route add 172.20.0.0/16 dev docker0');
  await daemon.runFor(5000);
  expect(daemon.report().counters).toMatchObject({ changes: counters.changes, repairs: counters.repairs });
});

test('the primary loses its link group: it is set at the next look, and three times a minute where somebody keeps taking it', async () => {
  const { machine, daemon } = await settled();
  const group = () => machine.system.kernel.link('eth0').group;
  await daemon.runFor(60_000);
  for (let time = 0; time < 3; time++) {
    machine.system.sh('ip link set dev eth0 group 0');
    await daemon.runFor(3000);
    expect(group()).toBe(28_000);
  }
  machine.system.sh('ip link set dev eth0 group 0');
  await daemon.runFor(10_000);
  expect(group()).toBe(0);
  await daemon.runFor(60_000);
  expect(group()).toBe(28_000);
});
