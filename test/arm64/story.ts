// The life of a package of arm64 on a machine, from its installation to its purge: what runs there is its own Node, and what the machine is told
// is seen in its kernel from outside, by the `ip` of the machine that runs the test.
import { basename } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import { run, waitFor } from '../lab/command.ts';
import { readReport } from '../lab/daemon-host.ts';
import { allPing, kernelText } from '../lab/daemon-steps.ts';
import { guestOk, runInGuest } from '../lab/guest-commands.ts';
import { configure, differences, fileTree, packageState } from '../lab/package-guest.ts';
import { failedPings, pingMatrix } from '../lab/ping-matrix.ts';
import { kernelOfGuest } from '../lab/proofs/proof-guest.ts';
import { attachEni } from '../lab/vpc.ts';
import { first, plugged, primary } from '../matrix/enis.ts';
import {
  createMachine,
  type Daemon,
  daemonOf,
  destroyMachine,
  type Machine,
  type PackageName,
} from './machine.ts';

/** Milliseconds that a command of the agent takes at most; some 10 s where the processor is emulated. */
const patience = 120_000;

export function tellStory(name: PackageName): void {
  describe(`${name}, arm64`, () => tell(name));
}

function tell(name: PackageName): void {
  let machine: Machine;
  let daemon: Daemon;
  let before: ReadonlyMap<string, string>;
  let failed = false;

  beforeAll(async () => {
    machine = await createMachine(name, [primary, first]);
    daemon = daemonOf(machine, name);
    before = await fileTree(machine.host);
    configure(machine.host);
  });
  afterAll(() => destroyMachine(machine));
  // Each step stands on the one before it.
  beforeEach(context => context.skip(failed, 'an earlier step has failed'));
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail' || failed) return;
    failed = true;
    const { stdout } = await runInGuest(machine.host.guest, ['eni-agent', 'status'], { timeout: patience });
    console.error(`${name}: the status is\n${stdout}\nand the log ends with\n${daemon.log().slice(-3000)}`);
  });

  const inside = (...argv: string[]) => guestOk(machine.host.guest, argv, { timeout: patience });
  const apt = (...words: string[]) =>
    inside('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '--yes', '--quiet', ...words);
  const rulesOfOurs = async () => (await kernelText(machine.host)).match(/lookup 28\d\d\d/g) ?? [];
  /** The kernel is what the plan says, to the line, and each address answers in each direction. */
  const works = async () => {
    const { plan } = JSON.parse(await inside('eni-agent', 'plan', '--json'));
    const found = normalFormOfKernel(await kernelOfGuest(machine.host.vpc), plan, { foreign: new Set() });
    expect(diffNormalForms(normalFormOfPlan(plan), found)).toEqual([]);
    await allPing(machine.host);
  };
  /** The daemon says of each of these links, and of no other, that it works. */
  const settled = async (...links: string[]) => {
    const states = () =>
      readReport(machine.host)
        ?.enis.map(eni => `${eni.link} ${eni.state}`)
        .sort();
    const wanted = links.map(link => `${link} working`);
    await waitFor(() => states()?.join() === wanted.join(), 60_000);
    expect(states()).toEqual(wanted);
    await works();
  };

  test('the machine is one of arm64, and not by its name alone', async () => {
    expect(await inside('uname', '-m')).toBe('aarch64\n');
    expect(await inside('dpkg', '--print-architecture')).toBe('arm64\n');
    const { stdout } = await run([
      'sh',
      '-c',
      `od -An -tx1 -j18 -N2 /proc/${machine.host.guest.pid}/root/bin/dash`,
    ]);
    expect(stdout.trim()).toBe('b7 00');
  });

  test('apt install', async () => {
    const there = `/proc/${machine.host.guest.pid}/root/tmp`;
    await run(['cp', machine.deb, there]);
    await apt('install', `/tmp/${basename(machine.deb)}`);
    expect(await packageState(machine.host, name)).toMatch(/^ii /);
    expect(await inside('dpkg', '--verify', name)).toBe('');
    expect(await inside('/usr/lib/eni-agent/node', '--print', 'process.arch')).toBe('arm64\n');
    expect(await inside('eni-agent', '--version')).toMatch(/^eni-agent \d/);
  });

  if (name === 'eni-agent-legacy')
    test('its daemon has started by the init script, and configures the ENI that is there', async () => {
      expect(await inside('/etc/init.d/eni-agent', 'status')).toMatch(
        /^eni-agent is running \(process \d+\)$/m,
      );
      await settled('eth1');
      expect(await daemon.stop()).toContain('stopped; the network stays as it is');
    });
  else
    test('once: the ENI that is there is configured', async () => {
      expect(await rulesOfOurs()).toEqual([]);
      await inside('eni-agent', 'once');
      await works();
    });

  test('once again: there is nothing to do', async () => {
    const network = await kernelText(machine.host);
    expect((await rulesOfOurs()).length).toBeGreaterThan(0);
    await inside('eni-agent', 'once');
    expect(await kernelText(machine.host)).toBe(network);
  });

  test('the daemon starts, and says so', async () => {
    await daemon.start();
    await settled('eth1');
    if (name === 'eni-agent') expect(daemon.readiness()).toMatch(/^READY=1$/m);
  });

  test('an ENI is plugged in', async () => {
    await attachEni(machine.host.vpc, plugged);
    await machine.host.metadata.sync();
    await settled('eth1', 'eth3');
  });

  test('SIGTERM ends it, and leaves the network as it is', async () => {
    const network = await kernelText(machine.host);
    expect(await daemon.stop()).toContain('stopped; the network stays as it is');
    expect(await kernelText(machine.host)).toBe(network);
    await allPing(machine.host);
  });

  test('apt remove: what was configured goes on', async () => {
    const network = await kernelText(machine.host);
    await apt('remove', name);
    expect(await packageState(machine.host, name)).toMatch(/^rc /);
    expect(await kernelText(machine.host)).toBe(network);
    await allPing(machine.host);
  });

  test('apt purge: nothing of the agent is left, on disk or in the kernel, and the primary works', async () => {
    await apt('purge', name);
    const network = await kernelText(machine.host);
    expect(network.match(/lookup 28\d\d\d|table 28\d\d\d|(eth[13]).*(10\.0\.|2001:)/g)).toBeNull();
    await inside('rm', `/tmp/${basename(machine.deb)}`);
    expect(differences(before, await fileTree(machine.host))).toEqual([]);
    const results = await pingMatrix(machine.host.guest, { pick: ({ link }) => link === primary.link });
    expect(failedPings(results)).toEqual([]);
  });
}
