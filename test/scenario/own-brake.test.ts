// Somebody fights for eth1: that one is left alone until its brake is off, and whatever concerns another ENI goes on as if nobody fought.
import { describe, expect, test } from 'vitest';
import { answer } from '../../agent/metadata/recording.ts';
import type { Machine } from '../support/fake-machine.ts';
import { type Life, useDaemons } from './daemon-story.ts';
import { addressesOf, awsTwoSecondaries, eth1Mac, eth2Mac, setAddresses } from './story.ts';

const start = useDaemons();
const [first, second] = ['172.31.40.11/32', '172.31.40.21/32'];
const eth1File = '/etc/network/interfaces.d/60-eni-eth1';

describe('while somebody fights for eth1', () => {
  test('what is undone of eth2 is back at once, and eth1 is left alone', async () => {
    const { machine, daemon } = await braked();
    const { until } = daemon.report().brake!;
    for (let i = 0; i < 3; i += 1) {
      undo(machine, 'eth2', second);
      await daemon.runFor(999);
      expect(addressesOf(machine, 'eth2')).toContain(second);
      expect(addressesOf(machine, 'eth1')).not.toContain(first);
      await daemon.runFor(6000);
    }
    expect(daemon.report()).toMatchObject({
      brake: { until, text: `missing: address eth1 ${first}` },
      notAsPlanned: [eth1Mac],
      error: null,
      degraded: [],
    });
    expect(statesOf(daemon)).toEqual({ [eth1Mac]: 'contested', [eth2Mac]: 'working' });
  });

  test('its own file is kept byte for byte, also where it was changed', async () => {
    const { machine, daemon } = await braked();
    const before = machine.system.files.get(eth1File)!.content;
    machine.system.put(eth1File, `${before}# theirs\n`);
    undo(machine, 'eth2', second);
    await daemon.runFor(5000);
    expect(addressesOf(machine, 'eth2')).toContain(second);
    expect(machine.system.files.get(eth1File)!.content).toBe(`${before}# theirs\n`);
    await daemon.runFor(120_000);
    expect(machine.system.files.get(eth1File)!.content).toBe(before);
  });

  test('a file that claims eth2 is read, and one more within a minute', async () => {
    const { machine, daemon } = await braked();
    const claim = '/etc/network/interfaces.d/50-mine';
    machine.system.put(claim, 'auto eth2\niface eth2 inet dhcp\n');
    await daemon.runFor(1000);
    expect(statesOf(daemon)).toEqual({ [eth1Mac]: 'contested', [eth2Mac]: 'left-alone' });
    machine.system.files.delete(claim);
    machine.system.put('/etc/network/interfaces.d/20-docker', '# nothing\n');
    await daemon.runFor(62_000);
    expect(statesOf(daemon)[eth2Mac]).toBe('working');
  });

  test('a new ENI is served as soon as the metadata has it', async () => {
    const { machine, daemon, service } = await braked('eth2');
    machine.attach(eth2Mac, 'eth2');
    await daemon.runFor(2000);
    service.fault = undefined;
    await daemon.runFor(2000);
    // In one subnet with another one, eth1 has another plan as well, and gets that.
    expect(addressesOf(machine, 'eth2')).toContain(second);
    expect(daemon.report().brake).not.toBeNull();
  });

  test('what the cloud has new for eth1 itself is applied', async () => {
    const { machine, daemon } = await braked();
    setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11', '172.31.40.12');
    await daemon.runFor(75_000);
    expect(addressesOf(machine, 'eth1')).toContain('172.31.40.12/32');
  });

  test('attached anew, eth1 is configured at once: nobody fights for that link', async () => {
    const { machine, daemon } = await braked();
    machine.detach('eth1');
    await daemon.runFor(2000);
    machine.attach(eth1Mac, 'eth1');
    await daemon.runFor(5000);
    expect(addressesOf(machine, 'eth1')).toContain(first);
    expect(daemon.report().brake).toBeNull();
  });
});

test('two fights, and each has its own brake and its own trial', async () => {
  const { machine, daemon } = await braked();
  const since = machine.system.now();
  await daemon.runFor(20_000);
  await fight(machine, daemon, 'eth2', second);
  expect(statesOf(daemon)).toEqual({ [eth1Mac]: 'contested', [eth2Mac]: 'contested' });
  // The brake of eth1 is off after a minute, and that of eth2 is not.
  await daemon.runFor(since + 62_000 - machine.system.now());
  expect(addressesOf(machine, 'eth1')).toContain(first);
  expect(addressesOf(machine, 'eth2')).not.toContain(second);
  expect(daemon.report().brake?.text).toBe(`missing: address eth2 ${second}`);
  await daemon.runFor(60_000);
  expect(addressesOf(machine, 'eth2')).toContain(second);
  expect(errorsIn(daemon)).toHaveLength(2);
  await daemon.runFor(140_000);
  expect(daemon.report()).toMatchObject({ brake: null, error: null, notAsPlanned: [] });
});

test('a file that is no ENI’s is fought for: no ENI is left alone', async () => {
  const { machine, daemon } = await settled();
  const path = '/etc/network/eni-agent-stanza';
  const { content } = machine.system.files.get(path)!;
  for (let i = 0; i < 6; i += 1) {
    machine.system.put(path, `${content}# ${i}\n`);
    await daemon.runFor(2000);
  }
  expect(daemon.report().brake?.text).toContain(path);
  expect(machine.system.files.get(path)!.content).not.toBe(content);
  undo(machine, 'eth1', first);
  undo(machine, 'eth2', second);
  await daemon.runFor(999);
  expect(addressesOf(machine, 'eth1')).toContain(first);
  expect(addressesOf(machine, 'eth2')).toContain(second);
});

describe('no hot loop: somebody undoes it each second for ten minutes', () => {
  test.each([
    ['an address', (m: Machine) => undo(m, 'eth1', first)],
    [
      'its file',
      (m: Machine, i: number) => m.system.put(eth1File, `${m.system.files.get(eth1File)!.content}# ${i}\n`),
    ],
    [
      'an address, beside a file of others',
      (m: Machine, i: number) => {
        undo(m, 'eth1', first);
        m.system.put('/etc/network/interfaces.d/20-docker', `# ${i}\n`);
      },
    ],
  ])('%s', async (_name, act) => {
    const { machine, daemon, reads } = await settled();
    const [{ passes }, asked] = [daemon.report().counters, reads.length];
    for (let i = 0; i < 600; i += 1) {
      act(machine, i);
      await daemon.runFor(1000);
      if (i > 10 && i % 50 === 0) {
        undo(machine, 'eth2', second);
        await daemon.runFor(999);
        expect(addressesOf(machine, 'eth2')).toContain(second);
      }
    }
    const { counters } = daemon.report();
    // 11 of them put eth2 back. Else: five repairs, then three trials of two repairs, and a pass or two a minute that read files.
    expect(counters.passes - passes).toBeLessThan(60);
    expect(reads.length - asked).toBeLessThan(60);
    expect(errorsIn(daemon).length).toBeLessThan(6);
  });
});

test('repairs of eth1 fail before they are verified: eth2 is served all the same', async () => {
  const { machine, daemon } = await settled();
  const act = () => undo(machine, 'eth1', first);
  machine.system.interfere({ match: /addr add 172\.31\.40\.11/, when: 'after', act });
  act();
  // Events that mean nothing: each makes the daemon look again.
  for (let i = 0; i < 20; i += 1) {
    machine.system.sh(`ip addr ${i % 2 === 0 ? 'add' : 'del'} 192.0.2.9/32 dev lo`);
    await daemon.runFor(3000);
  }
  expect(statesOf(daemon)).toEqual({ [eth1Mac]: 'contested', [eth2Mac]: 'working' });
  expect(daemon.report().brake).not.toBeNull();
  undo(machine, 'eth2', second);
  await daemon.runFor(999);
  expect(addressesOf(machine, 'eth2')).toContain(second);
  await daemon.runFor(1_200_000);
  expect(errorsIn(daemon).filter(line => line.includes('a pass failed'))).toHaveLength(1);
});

function undo({ system }: Machine, link: string, address: string): void {
  if (system.kernel.addresses.some(a => a.link === link && `${a.ip}/${a.prefixLength}` === address))
    system.sh(`ip addr del ${address} dev ${link}`);
}

async function fight(machine: Machine, daemon: Life['daemon'], link: string, address: string): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    undo(machine, link, address);
    await daemon.runFor(1500);
  }
  expect(addressesOf(machine, link)).not.toContain(address);
}

/** @param late the link of an ENI that is not there yet, and not in the metadata */
async function settled(late?: string): Promise<Life> {
  const life = await start({
    recording: awsTwoSecondaries,
    prepare: machine => (late === undefined ? undefined : machine.detach(late)),
  });
  if (late !== undefined)
    life.service.fault = path => {
      const { status, body } = answer(life.machine.metadata.recording, path);
      const isThere = (line: string) => !line.startsWith(eth2Mac);
      return path.endsWith('/macs/')
        ? { status, body: body.split('\n').filter(isThere).join('\n') }
        : undefined;
    };
  await life.daemon.runFor(300_000);
  return life;
}

async function braked(late?: string): Promise<Life> {
  const life = await settled(late);
  await fight(life.machine, life.daemon, 'eth1', first);
  expect(life.daemon.report().brake).not.toBeNull();
  return life;
}

function statesOf(daemon: Life['daemon']): Readonly<Record<string, string>> {
  return Object.fromEntries(daemon.report().enis.map(eni => [eni.mac, eni.state]));
}

function errorsIn(daemon: Life['daemon']): readonly string[] {
  return daemon.log.filter(line => line.startsWith('error'));
}
