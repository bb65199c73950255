// From multi-nic-util to the agent and back, on a machine whose initscripts, systemd and package database answer as CentOS 7's do.
import { describe, expect, test } from 'vitest';
import { eth1Address, folder, migrate, pictureOf, snapshot, startVm, type Vm } from './migrate-story.ts';
import { addressesOf, expectIdle, leavesBy, once, ownTraces, useMachines } from './story.ts';

const start = useMachines();
const machine = () => startVm(start);

/** What of it must be gone from its place, and what must be as it was. */
const aside = [
  '/etc/systemd/system/eni.service.d/timeout.conf',
  '/etc/systemd/system/multi-user.target.wants/eni.service',
  '/etc/udev/rules.d/75-persistent-net-generator.rules',
  '/lib/udev/rules.d/61-eni.rules',
  '/lib/udev/write_net_rules',
  '/etc/dhcp/dhclient.d/eni.sh',
  '/etc/dhcp/dhclient-eth1.conf',
  '/etc/eni_utils/eni-cleanup',
  '/etc/eni_utils/eni-function',
  '/etc/eni_utils/net.hotplug',
  '/sbin/eni-ifscan',
];
const stays = [
  '/lib/udev/rules.d/60-net.rules',
  '/etc/udev/rules.d/70-persistent-net.rules',
  `${folder}/ifcfg-eth0`,
  '/var/log/multi-nic-util/eni.log',
];

function expectMigrated(vm: Vm): void {
  const { files } = vm.system;
  expect(aside.filter(path => files.has(path))).toEqual([]);
  expect(files.get(`${folder}/ifcfg-eth1`)?.content).toMatch(/^# Written by eni-agent;/);
  expect(addressesOf(vm, 'eth1')).toEqual([`${eth1Address}/32`]);
  expect(leavesBy(vm.system, eth1Address)).toBe('eth1');
  expect([...vm.initscripts.clients]).toEqual([]);
  // Of its routes nothing is left: no default by eth1 in main, no table of its own.
  const routes = vm.system.kernel
    .describe()
    .filter(line => line.startsWith('route') && line.includes('eth1'));
  expect(routes.filter(line => !line.startsWith('route 28000 '))).toEqual([]);
  expect([...vm.systemd.active].sort()).toEqual(['eni-agent.service', 'network.service']);
  // The name leads to the agent by now.
  expect(files.get('/etc/systemd/system/eni.service')?.target).toBe(
    '/usr/lib/systemd/system/eni-agent.service',
  );
}

describe('without an option', () => {
  test('shows everything, changes nothing, ends with 2', async () => {
    const vm = await machine();
    const before = pictureOf(vm);
    const { code, out, err } = await migrate(vm);
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(pictureOf(vm)).toEqual(before);
    for (const path of [...aside, ...stays.slice(0, 2)]) expect(out).toContain(path);
    expect(out).toMatch(/^ {2}eni\.service is active, enabled$/m);
    expect(out).toMatch(/^ {2}eth1 {2}eni-bp13i3ed90icgdga0002 {2}10\.0\.1\.20$/m);
    expect(out).toContain('-EC2SYNC=yes');
    expect(out).toContain('+# Written by eni-agent;');
    expect(out).toContain('acs-plugin-manager: if multi-nic-util is a plugin of it');
    expect(out).toContain('ip -4 rule del from 10.0.1.20/32 lookup 10001 priority 32765');
    const commands = out.slice(out.indexOf('Commands\n')).split('\n').slice(1, 7);
    expect(commands.map(c => c.trim())).toEqual([
      'systemctl stop eni.service',
      '(the files other than network files are moved here)',
      'systemctl daemon-reload',
      'udevadm control --reload-rules',
      'systemctl enable eni-agent.service',
      'ifdown eth1',
    ]);
    // As it will be: the link is down by then, so it is brought up, and nothing is changed on it live.
    expect(out).toMatch(/^ {2}ifup eth1\n {2}systemctl start eni-agent\.service\n/m);
    expect(out).not.toContain('ip -4 addr');
  });

  test('where multi-nic-util is not: nothing to do, and no metadata is asked', async () => {
    const vm = await start({ recording: (await machine()).metadata.recording });
    await vm.metadata.close();
    const { code, out } = await vm.agent('migrate', '--apply');
    expect({ code, out }).toEqual({ code: 0, out: 'Nothing to do: multi-nic-util was not found.\n' });
  });
});

describe('--apply and --undo', () => {
  test('there, idle, and back again', async () => {
    const vm = await machine();
    const before = pictureOf(vm);
    const done = await migrate(vm, '--apply');
    expect(done.err).toBe('');
    expect(done.code).toBe(0);
    expect(done.out).toContain('Migrated and verified.');
    expectMigrated(vm);
    for (const path of stays) expect(vm.picture().files[`${path} 644`]).toBe(before.files[`${path} 644`]);
    // The first pass by this configuration: it keeps it, and that is all.
    expect((await once(vm)).out).toContain('Nothing to do.');
    await expectIdle(vm);
    const again = await migrate(vm, '--apply');
    expect(again.out).toContain('Nothing to do: already migrated.');
    expect(again.code).toBe(0);

    const undone = await migrate(vm, '--undo');
    expect(undone).toMatchObject({ code: 0, err: '' });
    expect(pictureOf(vm)).toEqual(before);
    expect(ownTraces(vm)).toEqual([]);
    expect((await migrate(vm, '--undo')).err).toContain('nothing-to-roll-back');
    // And it can be done anew.
    await migrate(vm, '--apply');
    expectMigrated(vm);
  });

  test('the ENI is down from ifdown to its ifup, the primary never; nothing goes without a copy', async () => {
    const vm = await machine();
    const before = new Map(vm.system.files);
    vm.system.watch = () => {
      expect(vm.system.kernel.link('eth0').up).toBe(true);
      expect(addressesOf(vm, 'eth0')).toEqual(['10.0.0.19/24']);
      for (const path of [...aside, `${folder}/ifcfg-eth1`, `${folder}/route-eth1`]) {
        const { content, mode, target } = before.get(path)!;
        const here = vm.system.files.get(path)?.content === content;
        if (!here)
          expect(vm.system.files.get(`/var/lib/eni-agent/migration/files${path}`)).toMatchObject({
            content,
            mode,
            ...(target && { target }),
          });
      }
    };
    await migrate(vm, '--apply');
    const down = vm.system.journal.indexOf('run ifdown eth1');
    const up = vm.system.journal.indexOf('run ifup eth1');
    expect(vm.system.journal.indexOf('run systemctl stop eni.service')).toBeLessThan(down);
    expect(vm.system.journal.slice(down + 1, up).filter(line => line.startsWith('run'))).toEqual([
      'run ip link set dev eth0 group 28000',
      expect.stringMatching(/^run sysctl /),
    ]);
  });

  test.each([
    ['--apply', '--apply'],
    ['--apply', '--undo'],
    ['--undo', '--undo'],
  ])(
    '%s is killed before any of its steps: %s finishes it',
    async (killed, finish) => {
      const vm = await machine();
      const before = pictureOf(vm);
      if (killed === '--undo') await migrate(vm, '--apply');
      const rewind = snapshot(vm);
      await migrate(vm, killed);
      const steps = vm.system.steps.length;
      expect(steps).toBeGreaterThan(40);
      for (let step = 1; step <= steps; step++) {
        rewind();
        vm.system.crashBefore = step;
        await vm.agent('migrate', killed);
        expect(vm.system.isDead, `step ${step}`).toBe(true);
        expect(vm.system.kernel.link('eth0').up).toBe(true);
        const outcome = await migrate(vm, finish);
        const where = `${killed} ended before step ${step}, then ${finish}: ${outcome.out}${outcome.err}`;
        // Before the record is written there is nothing to take back.
        if (killed === '--apply' && outcome.err.includes('nothing-to-roll-back')) continue;
        if (outcome.err.includes('nothing-to-roll-back')) {
          expect(pictureOf(vm), where).toEqual(before);
          continue;
        }
        expect(outcome.err, where).not.toContain('eni-agent:');
        if (finish === '--apply') expectMigrated(vm);
        else expect(pictureOf(vm), where).toEqual(before);
      }
      // Some hundred runs of the program: on a busy machine they take their time.
    },
    300_000,
  );
});

describe('what fails is taken back', () => {
  test.each([
    ['its service does not stop', /systemctl stop eni\.service/, 'command-failed'],
    ['a file cannot be copied', /^copy \/lib\/udev\/rules\.d\/61-eni/, 'file-failed'],
    ['ifup fails', /^run ifup eth1/, 'command-failed'],
  ])('%s', async (_name, match, code) => {
    const vm = await machine();
    const before = pictureOf(vm);
    vm.system.fail(match, 'no');
    const outcome = await migrate(vm, '--apply');
    expect(outcome.code).toBe(1);
    expect(outcome.err).toContain(`${code}:`);
    expect(outcome.err).toContain('the migration was rolled back');
    expect(pictureOf(vm)).toEqual(before);
  });

  test('the metadata does not answer: nothing is begun', async () => {
    const vm = await machine();
    const before = pictureOf(vm);
    await vm.metadata.close();
    const outcome = await migrate(vm, '--apply');
    expect(outcome.err).toContain('metadata-unreachable');
    expect(pictureOf(vm)).toEqual(before);
  });
});

describe('what is not provably its own stays', () => {
  test('a file that belongs to a package, whatever it mentions', async () => {
    const vm = await machine();
    vm.system.put('/lib/udev/rules.d/60-net.rules', 'RUN+="/etc/eni_utils/net.hotplug"\n');
    const { code, out } = await migrate(vm, '--apply');
    expect(code).toBe(2);
    expect(out).toMatch(
      /60-net\.rules: it belongs to the package initscripts, though it mentions multi-nic-util/,
    );
    expect(vm.system.files.get('/lib/udev/rules.d/60-net.rules')?.content).toContain('net.hotplug');
  });

  test('a package database that fails: nothing of it is moved', async () => {
    const vm = await machine();
    const before = vm.picture();
    vm.system.programs.set('rpm', {
      looks: () => true,
      run: () => ({ exitCode: 1, stdout: '', stderr: 'error: rpmdb open failed\n' }),
    });
    const { code, out } = await migrate(vm, '--apply');
    expect(code).toBe(2);
    expect(out).toContain('the package database does not say');
    expect(out).toContain('Nothing to do: the files of multi-nic-util that were found stay');
    expect(vm.picture()).toEqual(before);
  });

  test.each([
    [
      'an alias by hand beside it',
      { [`${folder}/ifcfg-eth1:0`]: 'DEVICE=eth1:0\nIPADDR=10.0.1.21\n' },
      'ifcfg-eth1:0',
    ],
    [
      'an ENI that the configuration ignores',
      { '/etc/eni-agent/eni-agent.conf.d/x.conf': '[eni "00:16:3e:12:16:02"]\nignore = yes\n' },
      'ignore',
    ],
  ])('%s: its files stay, it works on, and why is told', async (_name, files, why) => {
    const vm = await machine();
    for (const [path, content] of Object.entries(files)) vm.system.put(path, content);
    const { code, out } = await migrate(vm, '--apply');
    expect(code).toBe(2);
    expect(out).toMatch(/ifcfg-eth1: the agent would leave eth1 alone \(/);
    expect(out).toContain(why);
    expect(vm.system.files.get(`${folder}/ifcfg-eth1`)?.content).toContain('EC2SYNC=yes');
    expect(addressesOf(vm, 'eth1')).toEqual([`${eth1Address}/24`]);
    expect([...vm.initscripts.clients]).toEqual(['eth1']);
    expect(vm.systemd.active.has('eni-agent.service')).toBe(true);
    expect(vm.systemd.active.has('eni.service')).toBe(false);
  });

  test('EC2SYNC=no, and a file without its keys', async () => {
    const vm = await machine();
    const ifcfg = `${folder}/ifcfg-eth1`;
    const content = vm.system.files.get(ifcfg)!.content;
    for (const text of [
      content.replace('EC2SYNC=yes', 'EC2SYNC=no'),
      content.replace(/EC2SYNC.*\nMAINROUTETABLE.*\n/, ''),
    ]) {
      vm.system.put(ifcfg, text);
      const { out } = await migrate(vm);
      expect(out).not.toMatch(/^ {2}network .*ifcfg-eth1$/m);
      expect(out).not.toContain('ifdown');
    }
  });

  test('the files of ec2-net-utils 1.x, which have the same keys', async () => {
    const vm = await machine();
    vm.system.put(`${folder}/ec2net-functions`, '# ec2-net-utils\n');
    const before = vm.system.files.get(`${folder}/ifcfg-eth1`)!.content;
    const { out } = await migrate(vm, '--apply');
    expect(out).toContain('ec2-net-utils is present');
    expect(vm.system.files.get(`${folder}/ifcfg-eth1`)!.content).toBe(before);
  });

  test('the primary’s file, though it has all its keys', async () => {
    const vm = await machine();
    const mine = 'DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\nEC2SYNC=yes\n';
    vm.system.put(`${folder}/ifcfg-eth0`, mine);
    await migrate(vm, '--apply');
    expect(vm.system.files.get(`${folder}/ifcfg-eth0`)?.content).toBe(mine);
    expectMigrated(vm);
  });

  test('an ifcfg file of an ENI that is no longer attached goes aside, so that the next of that name is free', async () => {
    const vm = await machine();
    const old = vm.system.files
      .get(`${folder}/ifcfg-eth1`)!
      .content.replaceAll('eth1', 'eth2')
      .replace('16:02', '16:09');
    vm.system.put(`${folder}/ifcfg-eth2`, old);
    await migrate(vm, '--apply');
    expect(vm.system.files.has(`${folder}/ifcfg-eth2`)).toBe(false);
    expect(vm.system.journal).not.toContain('run ifdown eth2');
    await migrate(vm, '--undo');
    expect(vm.system.files.get(`${folder}/ifcfg-eth2`)?.content).toBe(old);
  });
});

test('somebody has put a file of his own there meanwhile: --undo leaves it, and keeps the copy', async () => {
  const vm = await machine();
  await migrate(vm, '--apply');
  vm.system.put('/lib/udev/rules.d/61-eni.rules', '# mine\n');
  const { code, out } = await migrate(vm, '--undo');
  expect(code).toBe(2);
  expect(out).toContain(
    '61-eni.rules was replaced by another file, which stays; the original is /var/lib/eni-agent/migration/files/',
  );
  expect(vm.system.files.get('/lib/udev/rules.d/61-eni.rules')?.content).toBe('# mine\n');
  expect(
    vm.system.files.get('/var/lib/eni-agent/migration/files/lib/udev/rules.d/61-eni.rules')?.content,
  ).toContain('net.hotplug');
});

test('somebody has masked eni.service: the mask goes aside with the rest, and comes back', async () => {
  const vm = await machine();
  vm.systemd.active.delete('eni.service');
  vm.system.files.delete('/etc/systemd/system/multi-user.target.wants/eni.service');
  vm.system.files.set('/etc/systemd/system/eni.service', { content: '', mode: 0o777, target: '/dev/null' });
  const before = pictureOf(vm);
  const { out } = await migrate(vm);
  expect(out).toContain('eni.service is not active, masked');
  expect(out).not.toContain('systemctl stop eni.service');
  await migrate(vm, '--apply');
  expect(vm.system.journal).not.toContain('run systemctl stop eni.service');
  expect(vm.system.files.get('/etc/systemd/system/eni.service')?.target).toContain('eni-agent.service');
  expect(vm.systemd.active.has('eni-agent.service')).toBe(true);
  await migrate(vm, '--undo');
  expect(pictureOf(vm)).toEqual(before);
});

test('without systemd: files and ENI all the same, and what is left to do by hand', async () => {
  const vm = await machine();
  vm.system.folders.delete('/run/systemd/system');
  vm.system.put('/var/lock/subsys/network', '');
  vm.system.put('/etc/init.d/eni', '#!/bin/sh\n/sbin/eni-ifscan\n');
  const before = pictureOf(vm);
  const { code, out } = await migrate(vm, '--apply');
  expect(code).toBe(2);
  expect(out).toContain('warning: /etc/init.d/eni: how multi-nic-util starts without systemd is unknown');
  expect(out).toContain(
    'warning: eni-agent.service is not installed: start the daemon the way this system starts',
  );
  expect(addressesOf(vm, 'eth1')).toEqual([`${eth1Address}/32`]);
  expect(vm.system.journal.filter(line => line.includes('systemctl'))).toEqual([]);
  expect(await migrate(vm, '--undo')).toMatchObject({ code: 0, err: '' });
  expect(pictureOf(vm)).toEqual(before);
});

test('the agent ran before: it runs after --undo too', async () => {
  const vm = await machine();
  vm.systemd.active.add('eni-agent.service');
  await migrate(vm, '--apply');
  await migrate(vm, '--undo');
  expect([...vm.systemd.active].sort()).toEqual(['eni-agent.service', 'eni.service', 'network.service']);
});
