// The life of the package on a machine, told once for every image: from `apt install` to `purge`, with a TCP connection to the primary that
// lives through all of it but the reboot.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/command.ts';
import { findPackage } from '../lab/packages.ts';
import { failedPings, pingMatrixOf } from '../lab/ping-matrix.ts';
import { assignAddress, unassignAddress } from '../lab/vpc.ts';
import { apt, aptInstall } from './apt.ts';
import { enisOf } from './enis.ts';
import { changedFiles, rememberFiles } from './file-tree.ts';
import { plugNic, unplugNic } from './hot-plug.ts';
import { type Machine, report, resultsFolder } from './machines.ts';
import { servedOnDemand } from './on-demand.ts';
import { repack } from './packages.ts';
import { renderPlugTime, timePlug } from './plug-time.ts';
import { openStream, type TcpStream } from './tcp-stream.ts';
import { booted, consoleOf, createVm, destroyVm, rebootVm, runInVm, type Vm, vmOk } from './vm.ts';
import { lookEveryMs, patience, witnessOf } from './witness.ts';

export function tellStory(machine: Machine): void {
  describe(machine.image, () => tell(machine));
}

function tell({ image, naming, append }: Machine): void {
  const { primary, first, second } = enisOf(naming);
  let vm: Vm;
  let stream: TcpStream;
  let failed = false;

  beforeAll(async () => {
    const deb = findPackage('eni-agent', 'deb');
    const next = await repack(deb, join(resultsFolder ?? tmpdir(), `eni-agent-${image}`));
    const name = image.replace('-', '');
    vm = await createVm({
      name,
      image,
      enis: [primary],
      seed: { files: [deb, next] },
      ...(append === undefined ? {} : { append }),
    });
  }, 900_000);
  afterAll(async () => {
    await stream?.stop();
    await destroyVm(vm);
  });
  // Each step stands on the one before it.
  beforeEach(context => context.skip(failed, 'an earlier step has failed'));
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || failed) return;
    failed = true;
    const { stdout } = await runInVm(
      vm,
      'journalctl -u eni-agent -o cat | tail -n 60; ip -br addr; ip rule; ip route',
    );
    console.error(
      `${image}: the console ends with\n${consoleOf(vm).slice(-3000)}\nand the machine says\n${stdout}`,
    );
  });

  const witness = witnessOf(() => ({ vm, stream }));
  const { answers, alive, named, silent } = witness;
  const linksOf = (link: string) => vmOk(vm, `ip -o addr show dev ${link}`);

  test('boots, with cloud-init', async () => {
    await booted(vm);
    // Exit code 2 with 23.4 and later: done, with a warning in its log.
    expect((await runInVm(vm, 'cloud-init status --long')).stdout).toContain('status: done');
    await answers(10_000);
    await rememberFiles(vm);
    // The watcher of the next steps does see what happens.
    const planted = () => vmOk(vm, 'ip rule add pref 9 lookup main; ip rule del pref 9');
    await expect(silent(planted)).rejects.toThrow('lookup main');
    stream = await openStream(vm);
  });

  test('apt install', async () => {
    await alive(() =>
      silent(async () => {
        await aptInstall(vm, findPackage('eni-agent', 'deb'));
        expect((await runInVm(vm, 'systemctl is-active eni-agent')).stdout.trim()).toBe('active');
      }),
    );
    await vmOk(
      vm,
      'printf "[agent]\\nlog-level = debug\\nlog-format = json\\n" > /etc/eni-agent/eni-agent.conf.d/90-lab.conf; systemctl restart eni-agent',
    );
  });

  test('two ENIs are plugged in', async () => {
    await alive(async () => {
      report(renderPlugTime(`${image}, first ENI`, await timePlug(vm, first, stream)));
      await plugNic(vm, second);
      await answers();
    });
  });

  test('addresses come and go', async () => {
    await alive(async () => {
      await assignAddress(vm.vpc, first.link, '10.0.1.32');
      await unassignAddress(vm.vpc, first.link, '10.0.1.31');
      await assignAddress(vm.vpc, first.link, '2001:db8:1::12');
      await vm.metadata.sync();
      await answers();
      expect(
        await waitFor(async () => !(await linksOf(first.link)).includes('10.0.1.31'), patience, lookEveryMs),
      ).toBe(true);
    });
  });

  test('one is pulled out', async () => {
    await alive(async () => {
      await unplugNic(vm, second.link);
      const traces = async () =>
        (await vmOk(vm, 'ip rule; grep -rl 10.0.2.50 /etc/netplan /etc/network || :')).split('\n');
      expect(
        await waitFor(
          async () => !(await traces()).some(l => /10\.0\.2\.|interfaces|netplan/.test(l)),
          patience,
          lookEveryMs,
        ),
      ).toBe(true);
      await answers();
    });
    await plugNic(vm, second);
    await answers();
  });

  test('reboot: all works without the agent', async () => {
    await stream.stop();
    await vmOk(vm, 'systemctl disable eni-agent');
    await rebootVm(vm);
    await booted(vm);
    expect((await runInVm(vm, 'systemctl is-active eni-agent')).stdout.trim()).toBe('inactive');
    await answers(20_000);
    stream = await openStream(vm);
    await named([first.link, second.link], () => vmOk(vm, 'systemctl enable --now eni-agent', 60_000));
  });

  test('on demand: udev starts a pass when a NIC comes and when it goes, and nothing stays', () =>
    servedOnDemand(vm, second, witness));

  test('the limits of the unit hold, and are far away', async () => {
    const read = async (name: string) =>
      (await vmOk(vm, `cat /sys/fs/cgroup/system.slice/eni-agent.service/${name}`)).trim();
    expect([await read('memory.max'), await read('pids.max')]).toEqual([`${256 * 2 ** 20}`, '64']);
    expect(await read('memory.events')).toMatch(/^max 0$/m);
    const peak = Number(await read('memory.peak'));
    report(
      `${image}: the daemon's control group had at most ${(peak / 2 ** 20).toFixed(0)} MB of the 256 MB`,
    );
    expect(peak).toBeLessThan(200 * 2 ** 20);
  });

  test('upgrade', async () => {
    await alive(() => silent(() => aptInstall(vm, 'eni-agent_next_amd64.deb')));
    expect(await vmOk(vm, 'dpkg-query -W eni-agent')).toMatch(/\+next$/m);
    expect((await runInVm(vm, 'systemctl is-active eni-agent')).stdout.trim()).toBe('active');
    await answers(10_000);
  });

  test('remove: what was configured goes on', async () => {
    await vmOk(vm, 'rm /etc/eni-agent/eni-agent.conf.d/90-lab.conf');
    await alive(() => silent(() => apt(vm, 'remove eni-agent')));
    expect((await runInVm(vm, 'pgrep -f /usr/lib/eni-agent/node')).stdout).toBe('');
    await answers(10_000);
  });

  test('purge: nothing is left', async () => {
    await alive(() => apt(vm, 'purge eni-agent'));
    const left = await vmOk(
      vm,
      'ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; ip -o addr',
    );
    // Numbers of the agent's tables and rules, and an address that only the metadata has told.
    expect(left.split('\n').filter(line => /\b(28|33)\d\d\d\b|\b10\.0\.1\.32\b/.test(line))).toEqual([]);
    expect(await changedFiles(vm)).toEqual([]);
    const ofPrimary = { pick: (eni: { readonly link: string }) => eni.link === primary.link };
    const results = await pingMatrixOf(vm.vpc, script => runInVm(vm, script), ofPrimary);
    expect(failedPings(results)).toEqual([]);
  });
}
