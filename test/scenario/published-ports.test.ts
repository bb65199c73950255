// `published-ports = yes` through the life of a machine: the packets of published ports are marked, and are again when somebody has emptied the
// rule set. Once per network service.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { publishedScript } from '../support/fake-nft.ts';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, expectIdle, onceOk, unlist, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const startDaemon = useDaemons();
const config = '[routing]\npublished-ports = yes\n';
const dropIn = '/etc/eni-agent/eni-agent.conf.d/test.conf';
const mark = '| 0x01000000';
const sysctl = 'net/ipv4/conf/eth1/src_valid_mark';
const isMarked = ({ system }: Machine) => system.firewall.table?.includes(mark) === true;
const hasRules = ({ system }: Machine) =>
  system.kernel.rules.filter(r => r.selectors === 'fwmark 0x1000000/0xff000000').length;
const runs = ({ system }: Machine) =>
  system.journal.filter(line => line === `run sh ${publishedScript}`).length;

describe.each(travels)('$backend', ({ backend }) => {
  const start = (text = config) => make({ recording: awsTwoEnis, backend, config: text });

  test('marks, keeps, and ends with the option', async () => {
    const machine = await start();
    await onceOk(machine);
    expect([isMarked(machine), hasRules(machine), machine.system.sysctls.get(sysctl)]).toEqual([
      true,
      3,
      '1',
    ]);
    expect(machine.system.firewall.table).toContain('ct original ip daddr { 172.31.32.0/20 }');
    await expectIdle(machine);
    machine.system.put(dropIn, '[routing]\npublished-ports = no\n');
    await onceOk(machine);
    expect([isMarked(machine), hasRules(machine), machine.system.sysctls.get(sysctl)]).toEqual([
      false,
      0,
      '0',
    ]);
    expect(machine.system.files.has(publishedScript)).toBe(false);
    await expectIdle(machine);
  });

  test('nothing of it without the option', async () => {
    const machine = await start('');
    await onceOk(machine);
    expect([isMarked(machine), hasRules(machine), runs(machine)]).toEqual([false, 0, 0]);
    expect(machine.system.files.has(publishedScript)).toBe(false);
  });

  test('after a boot without the agent', async () => {
    const machine = await start();
    await onceOk(machine);
    machine.system.reboot();
    expect([isMarked(machine), hasRules(machine), machine.system.sysctls.get(sysctl)]).toEqual([
      true,
      3,
      '1',
    ]);
    await onceOk(machine);
    expect(runs(machine)).toBe(0);
  });

  test('once puts back what somebody has emptied, and plan says so before', async () => {
    const machine = await start();
    await onceOk(machine);
    machine.system.firewall.flush();
    machine.system.restart();
    const { code, out } = await machine.agent('plan');
    expect([code, isMarked(machine)]).toEqual([2, false]);
    expect(out).toContain(`  sh ${publishedScript}\n`);
    await onceOk(machine);
    expect([isMarked(machine), runs(machine)]).toEqual([true, 1]);
    await expectIdle(machine);
  });

  test('goes with the last ENI, and with remove', async () => {
    const machine = await start();
    await onceOk(machine);
    unlist(machine, eth1Mac);
    await onceOk(machine);
    expect([isMarked(machine), machine.system.files.has(publishedScript)]).toEqual([false, false]);
    const other = await start();
    await onceOk(other);
    other.system.restart();
    expect((await other.agent('remove')).code).toBe(0);
    expect([isMarked(other), hasRules(other), other.system.sysctls.get(sysctl)]).toEqual([false, 0, '0']);
    expect(other.system.files.has(publishedScript)).toBe(false);
  });
});

test('with iptables where there is no nft, in both families that the ENI has', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  const { firewall } = machine.system;
  firewall.tools = ['iptables'];
  await onceOk(machine);
  expect(firewall.mangle.get('iptables')).toContain('--ctorigdst 172.31.32.0/20');
  await expectIdle(machine);
  firewall.flush();
  await onceOk(machine);
  expect([...firewall.mangle.keys()]).toContain('iptables');
  machine.system.restart();
  expect((await machine.agent('remove')).code).toBe(0);
  expect([...firewall.mangle.keys()]).toEqual([]);
});

test('with neither it is said, and the ENI works all the same', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  machine.system.firewall.tools = [];
  machine.system.restart();
  const word = 'published-ports: there is neither nft nor iptables to mark packets with';
  expect((await machine.agent('plan')).out).toContain(word);
  const { code, err } = await machine.agent('once');
  expect(code).toBe(2);
  expect(err).toContain('there is no nft that can do it, and no iptables');
  expect(hasRules(machine)).toBe(3);
  const doctor = await machine.agent('doctor');
  expect(doctor.out).toContain('the packets of published ports are not marked');
});

test('the daemon puts it back within its period, and at once where the kernel has an event', async () => {
  const { machine, daemon } = await startDaemon({ recording: awsTwoEnis, config });
  await daemon.runFor(90_000);
  expect(isMarked(machine)).toBe(true);
  machine.system.firewall.flush();
  await daemon.runFor(70_000);
  expect(isMarked(machine)).toBe(true);
  await daemon.runFor(120_000);
  machine.system.firewall.flush();
  machine.system.sh('ip route add 192.0.2.0/24 dev eth0');
  await daemon.runFor(1_000);
  expect(isMarked(machine)).toBe(true);
});

test('status and doctor see what is missing', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  await onceOk(machine);
  expect((await machine.agent('doctor')).out).toContain('those of eth1 are marked, by nft');
  machine.system.sysctls.set(sysctl, '0');
  machine.system.restart();
  const status = await machine.agent('status');
  expect([status.code, status.out]).toEqual([2, expect.stringContaining('src_valid_mark of eth1 is 0')]);
  expect((await machine.agent('doctor')).out).toContain('src_valid_mark of eth1 is 0');
  await onceOk(machine);
  expect(machine.system.sysctls.get(sysctl)).toBe('1');
});

test('a purge without the program takes it back', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  await onceOk(machine);
  machine.system.restart();
  const { out } = await machine.agent('remove', '--script');
  expect(out).toContain('nft delete table inet eni-agent 2> /dev/null\n');
  expect(out).toContain('sysctl -q -e -w net/ipv4/conf/eth1/src_valid_mark=0 2> /dev/null\n');
  expect(out).toContain(`drop ${publishedScript}\n`);
});

test('somebody’s file in the place of the script is not run', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  machine.system.put(publishedScript, '#!/bin/sh\nreboot\n');
  machine.system.restart();
  const { code, out } = await machine.agent('once');
  expect([code, runs(machine)]).toEqual([2, 0]);
  expect(out).toContain(`${publishedScript} is not the one that eni-agent writes`);
});
