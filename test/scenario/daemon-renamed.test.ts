// Names and MACs move: a link gets another name, a MAC another link, a name another ENI. An ENI is its MAC, and nothing else.
import { describe, expect, test } from 'vitest';
import { type Life, useDaemons } from './daemon-story.ts';
import {
  addressesOf,
  awsPath,
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  leavesBy,
  ownTraces,
  unlist,
} from './story.ts';

const start = useDaemons();
const file = '/etc/network/interfaces.d/60-eni-eth1';
const otherMac = '0a:07:84:3d:6e:0f';

describe('names and links', () => {
  test('the link is renamed: configured under its new name, and nothing left under the old one', async () => {
    const { machine, daemon } = await settled();
    machine.detach('eth1');
    machine.attach(eth1Mac, 'ens6');
    await daemon.runFor(3000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('ens6');
    expect(machine.system.files.has(file)).toBe(false);
    expect(machine.system.files.has('/etc/network/interfaces.d/60-eni-ens6')).toBe(true);
    expect(daemon.report().enis).toMatchObject([{ state: 'working', link: 'ens6' }]);
    expect(ownTraces(machine).filter(line => line.includes('eth1'))).toEqual([]);
  });

  test('the MAC moves to another link, and the old link stays with another one', async () => {
    const { machine, daemon } = await settled();
    machine.detach('eth1');
    machine.attach(eth1Mac, 'eth2');
    machine.attach(otherMac, 'eth1');
    await daemon.runFor(3000);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth2');
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    expect(daemon.report().waitingFor).toEqual(['eth1: not in the metadata yet']);
  });

  test('another ENI is attached under the same name: its own addresses, none of the old one', async () => {
    const { machine, daemon } = await settled();
    unlist(machine, eth1Mac);
    machine.detach('eth1');
    const prefix = awsPath(eth2Mac);
    const { responses } = awsTwoSecondaries;
    for (const [path, answer] of Object.entries(responses))
      if (path.startsWith(prefix)) machine.metadata.set(path, answer);
    machine.attach(eth2Mac, 'eth1');
    await daemon.runFor(3000);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.20/32');
    expect(addressesOf(machine, 'eth1')).not.toContain('172.31.40.10/32');
    expect(leavesBy(machine.system, '172.31.40.20')).toBe('eth1');
    expect(daemon.report().enis).toMatchObject([{ mac: eth2Mac, state: 'working', link: 'eth1' }]);
  });

  test('and where the metadata knows the new one later: the old file does not configure it', async () => {
    const { machine, daemon } = await settled();
    machine.detach('eth1');
    machine.attach(eth2Mac, 'eth1');
    await daemon.runFor(3000);
    expect(addressesOf(machine, 'eth1')).toEqual([]);
    expect(daemon.report().waitingFor.join('\n')).toContain('eth1: not in the metadata yet');
  });

  test('ten changes within a second end in one state', async () => {
    const { machine, daemon } = await settled();
    const good = machine.picture();
    for (let i = 0; i < 10; i += 1)
      machine.system.after(i * 100, () =>
        i % 2 === 0 ? machine.detach('eth1') : machine.attach(eth1Mac, 'eth1'),
      );
    await daemon.runFor(5000);
    expect(machine.picture()).toEqual(good);
  });
});

async function settled(): Promise<Life> {
  const life = await start({ recording: awsTwoEnis });
  await life.daemon.runFor(300_000);
  expect(leavesBy(life.machine.system, '172.31.40.10')).toBe('eth1');
  return life;
}
