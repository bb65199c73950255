// Other programs that configure ENIs: a container network keeps everything, and the drop-ins that keep the rest off come and go with
// their options.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import {
  awsTwoEnis,
  awsTwoSecondaries,
  eth1Mac,
  eth2Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  useMachines,
} from './story.ts';

const start = useMachines();

/** A node on which the VPC CNI has taken eth1 for pods. */
async function nodeWithVpcCni(config = ''): Promise<Machine> {
  const machine = await start({ recording: awsTwoSecondaries, config });
  machine.system.put('/etc/cni/net.d/10-aws.conflist', '{"name": "aws-cni"}\n');
  for (const line of [
    'ip link set dev eth1 up',
    'ip addr add 172.31.40.10/20 dev eth1',
    'ip route add 172.31.32.1 dev eth1 table 2',
    'ip route add default via 172.31.32.1 dev eth1 table 2',
    'ip rule add to 172.31.40.20/32 lookup main priority 512',
    'ip rule add fwmark 128 lookup main priority 1024',
    'ip rule add from 172.31.40.20/32 lookup 2 priority 1536',
    'ip rule add from 172.31.40.10/32 lookup 2 priority 32765',
  ])
    machine.system.sh(line);
  return machine;
}

describe('a node of a container network', () => {
  test('keeps every rule, route and address, and no ENI is touched', async () => {
    const machine = await nodeWithVpcCni();
    const before = machine.picture();
    await onceOk(machine);
    expect(machine.picture()).toEqual(before);
    const status = await machine.agent('status');
    expect(status.code).toBe(0);
    expect(status.out).toContain('Amazon VPC CNI is present (/etc/cni/net.d/10-aws.conflist)');
    expect(machine.system.kernel.link('eth2').up).toBe(false);
    await expectIdle(machine);
  });

  test('an ENI that the configuration names is configured, and the rest stays', async () => {
    const machine = await nodeWithVpcCni(`[eni "${eth2Mac}"]\n`);
    const theirs = machine.system.kernel.describe().filter(line => !line.includes('eth2'));
    await onceOk(machine);
    expect(machine.state().applied.map(e => e.mac)).toEqual([eth2Mac]);
    const now = machine.system.kernel.describe();
    expect(theirs.filter(line => !now.includes(line))).toEqual([]);
    await expectIdle(machine);
  });

  test('container-network = ignore configures all that is free', async () => {
    const machine = await start({
      recording: awsTwoEnis,
      config: '[coexistence]\ncontainer-network = ignore\n',
    });
    machine.system.put('/run/cilium/state', '');
    await onceOk(machine);
    expect(leavesBy(machine.system, '172.31.40.10')).toBe('eth1');
  });

  test('what was applied before the container network came stays as it is', async () => {
    const machine = await start({ recording: awsTwoEnis });
    await onceOk(machine);
    const before = machine.picture();
    machine.system.put('/run/cilium/state', '');
    await onceOk(machine);
    const { files, kernel } = machine.picture();
    expect(kernel).toEqual(before.kernel);
    expect(files).toMatchObject(before.files);
    expect(machine.state().applied.map(e => e.mac)).toEqual([eth1Mac]);
    await expectIdle(machine);
  });
});

describe('a drop-in', () => {
  const dropIn = '/etc/cloud/cloud.cfg.d/99-eni-agent.cfg';
  const config = '[coexistence]\ncloud-init = once\n';
  const withCloudInit = async (more: string = config) => {
    const machine = await start({ recording: awsTwoEnis, config: more });
    machine.system.put('/usr/bin/cloud-init', '');
    machine.system.put('/etc/cloud/cloud.cfg', '');
    return machine;
  };
  /** The administrator changes the option. */
  const setOption = (machine: Machine, from: string, to: string) => {
    const path = '/etc/eni-agent/eni-agent.conf';
    machine.system.put(path, machine.system.files.get(path)!.content.replace(from, to));
  };

  test('is shown by plan, written once, and goes with the option', async () => {
    const machine = await withCloudInit();
    machine.system.restart();
    expect((await machine.agent('plan')).out).toContain('when: [boot-new-instance]');
    expect(machine.system.files.has(dropIn)).toBe(false);
    await onceOk(machine);
    expect(machine.system.files.get(dropIn)?.content).toContain('when: [boot-new-instance]');
    await expectIdle(machine);
    setOption(machine, 'cloud-init = once', 'cloud-init = leave');
    await onceOk(machine);
    expect(machine.system.files.has(dropIn)).toBe(false);
    expect(machine.state().applied).toHaveLength(1);
    await expectIdle(machine);
  });

  test('goes with "remove"', async () => {
    const machine = await withCloudInit();
    await onceOk(machine);
    machine.system.restart();
    expect((await machine.agent('remove')).out).toContain(dropIn);
    expect(machine.system.files.has(dropIn)).toBe(false);
  });

  test('goes with the program', async () => {
    const machine = await withCloudInit();
    await onceOk(machine);
    machine.system.files.delete('/usr/bin/cloud-init');
    await onceOk(machine);
    expect(machine.system.files.has(dropIn)).toBe(false);
  });

  test('that is somebody else’s stays, whatever the option says', async () => {
    const machine = await withCloudInit();
    machine.system.put(dropIn, 'updates: {}\n');
    await onceOk(machine);
    expect(machine.system.files.get(dropIn)?.content).toBe('updates: {}\n');
    setOption(machine, 'cloud-init = once', 'cloud-init = leave');
    expect((await onceOk(machine)).out).toContain('Nothing to do.');
    await expectIdle(machine);
    machine.system.restart();
    await machine.agent('remove');
    expect(machine.system.files.get(dropIn)?.content).toBe('updates: {}\n');
  });

  test('comes back with a rollback of the change that took it', async () => {
    const machine = await withCloudInit();
    await onceOk(machine);
    setOption(machine, 'cloud-init = once', 'cloud-init = leave');
    await onceOk(machine);
    machine.system.restart();
    expect((await machine.agent('rollback')).code).toBe(0);
    expect(machine.system.files.has(dropIn)).toBe(true);
    expect((await once(machine)).code).not.toBe(1);
  });

  test('is not touched while the option is off', async () => {
    const machine = await withCloudInit('');
    await onceOk(machine);
    expect(
      [...machine.system.files.keys()].filter(path => path.startsWith('/etc/cloud/cloud.cfg.d')),
    ).toEqual([]);
  });
});
