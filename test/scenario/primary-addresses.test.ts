// `primary-addresses = yes`: the cloud's secondary addresses of the primary on its link, and nothing else of that link. Once per network service.
import { describe, expect, test } from 'vitest';
import { lacking, primaryAddressBatches, wishOf } from '../../agent/apply/primary/addresses.ts';
import { type Eni, unknown } from '../../agent/model/instance.ts';
import { ip } from '../support/example-plans.ts';
import type { Machine } from '../support/fake-machine.ts';
import { primary } from '../support/plan-machine.ts';
import { addressOn, familyOf } from '../support/plan-parts.ts';
import { useDaemons } from './daemon-story.ts';
import { awsTwoEnis, expectIdle, onceOk, setAddresses, unlist, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();
const startDaemon = useDaemons();
const config = '[agent]\nprimary-addresses = yes\n';
const primaryMac = '0a:75:69:92:e2:10';
const eth1Mac = '0a:07:84:3d:6e:01';
const dropIn = '/etc/eni-agent/eni-agent.conf.d/test.conf';
const own = '172.31.16.20/20';
const onPrimary = ({ system }: Machine) =>
  system.kernel.addresses
    .filter(a => a.link === 'eth0' && a.family === 4)
    .map(a => `${a.ip}/${a.prefixLength}`);
const give = (machine: Machine, ...more: readonly string[]) =>
  setAddresses(machine, primaryMac, '172.31.16.20', ...more);

describe.each(travels)('$backend', ({ backend }) => {
  const start = (text = config) => make({ recording: awsTwoEnis, backend, config: text });

  test('come, stay, and go with the cloud’s; the primary’s own and an administrator’s are not touched', async () => {
    const machine = await start();
    machine.system.sh('ip addr add 172.31.16.99/32 dev eth0');
    give(machine, '172.31.16.21', '172.31.16.22');
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.99/32', '172.31.16.21/32', '172.31.16.22/32']);
    await expectIdle(machine);
    give(machine, '172.31.16.22', '172.31.16.99');
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.99/32', '172.31.16.22/32']);
    give(machine);
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.99/32']);
    await expectIdle(machine);
  });

  test('without the option nothing of the primary is touched', async () => {
    const machine = await start('');
    give(machine, '172.31.16.21');
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own]);
  });

  test('plan shows them, and changes nothing', async () => {
    const machine = await start();
    await onceOk(machine);
    give(machine, '172.31.16.21');
    machine.system.restart();
    const { code, out } = await machine.agent('plan');
    expect([code, onPrimary(machine)]).toEqual([2, [own]]);
    expect(out).toContain('  ip -4 addr add 172.31.16.21/32 dev eth0\n');
  });

  test('the option goes, or the program: so do they', async () => {
    const machine = await start();
    give(machine, '172.31.16.21');
    await onceOk(machine);
    machine.system.put(dropIn, '[agent]\nprimary-addresses = no\n', 0o644);
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own]);
    machine.system.files.delete(dropIn);
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.21/32']);
    machine.system.restart();
    expect((await machine.agent('remove')).code).toBe(0);
    expect(onPrimary(machine)).toEqual([own]);
  });

  test('on a machine with no second ENI', async () => {
    const machine = await start();
    unlist(machine, eth1Mac);
    give(machine, '172.31.16.21');
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.21/32']);
    await expectIdle(machine);
  });

  test('after a boot they come again, and what somebody else has by then is his', async () => {
    const machine = await start();
    give(machine, '172.31.16.21', '172.31.16.22');
    await onceOk(machine);
    machine.system.reboot();
    expect(onPrimary(machine)).toEqual([own]);
    machine.system.sh('ip addr add 172.31.16.22/32 dev eth0');
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.22/32', '172.31.16.21/32']);
    give(machine);
    await onceOk(machine);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.22/32']);
  });
});

test('the daemon brings back what a service deletes', async () => {
  const { machine, daemon } = await startDaemon({
    recording: awsTwoEnis,
    config,
    prepare: m => give(m, '172.31.16.21'),
  });
  await daemon.runFor(90_000);
  expect(onPrimary(machine)).toEqual([own, '172.31.16.21/32']);
  // A service that is told to configure the link anew may do so more than once.
  for (let time = 0; time < 3; time++) {
    machine.system.sh('ip addr del 172.31.16.21/32 dev eth0');
    await daemon.runFor(3000);
    expect(onPrimary(machine)).toEqual([own, '172.31.16.21/32']);
  }
  machine.system.sh('ip addr del 172.31.16.21/32 dev eth0');
  await daemon.runFor(3000);
  expect(onPrimary(machine)).toEqual([own]);
  await daemon.runFor(60_000);
  expect(onPrimary(machine)).toEqual([own, '172.31.16.21/32']);
});

test('the primary’s own comes back behind them: they are put behind it again', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  give(machine, '172.31.16.21');
  await onceOk(machine);
  machine.system.sh(`ip addr del ${own} dev eth0`);
  machine.system.sh(`ip addr add ${own} dev eth0`);
  expect(onPrimary(machine)).toEqual(['172.31.16.21/32', own]);
  await onceOk(machine);
  expect(onPrimary(machine)).toEqual([own, '172.31.16.21/32']);
});

test('they move with the primary to a bridge, and go with the option', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  const { system } = machine;
  const shown = () =>
    system.kernel.addresses
      .filter(a => a.ip.startsWith('172.31.16.'))
      .map(a => `${a.link} ${a.ip}/${a.prefixLength}`);
  give(machine, '172.31.16.21');
  await onceOk(machine);
  system.kernel.addLink({ name: 'br0', kind: 'bridge', mac: system.kernel.link('eth0').mac, up: true });
  system.kernel.link('eth0').master = 'br0';
  system.sh(`ip addr del ${own} dev eth0`);
  system.sh(`ip addr add ${own} dev br0`);
  system.restart();
  await onceOk(machine);
  expect(shown()).toEqual([`br0 ${own}`, 'br0 172.31.16.21/32']);
  await expectIdle(machine);
  machine.system.put(dropIn, '[agent]\nprimary-addresses = no\n');
  await onceOk(machine);
  expect(shown()).toEqual([`br0 ${own}`]);
});

test('doctor names what is missing, and a purge without the program takes back what was added', async () => {
  const machine = await make({ recording: awsTwoEnis });
  give(machine, '172.31.16.21');
  await onceOk(machine);
  machine.system.restart();
  expect((await machine.agent('doctor')).out).toContain(
    'eth0 lacks 172.31.16.21, which the cloud lists for it; "primary-addresses = yes" in [agent] adds them',
  );
  machine.system.put(dropIn, config, 0o644);
  await onceOk(machine);
  machine.system.restart();
  expect((await machine.agent('doctor')).out).toContain('eth0 has all that the cloud lists for it');
  expect((await machine.agent('remove', '--script')).out).toContain(
    'ip addr del 172.31.16.21/32 dev eth0 2> /dev/null\n',
  );
});

test('a plan of the ENIs that was taken back by hand does not hold up the primary’s addresses', async () => {
  const machine = await make({ recording: awsTwoEnis, config });
  give(machine, '172.31.16.21');
  await onceOk(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.11');
  await onceOk(machine);
  machine.system.restart();
  expect((await machine.agent('rollback')).code).toBe(0);
  give(machine, '172.31.16.22');
  machine.system.restart();
  const { out, err } = await machine.agent('once');
  expect(`${out}${err}`).toContain('rolled back by hand');
  expect(onPrimary(machine)).toEqual([own, '172.31.16.22/32']);
});

test('what the metadata did not tell takes nothing away', () => {
  const given = { link: 'eth0', addresses: [ip('10.0.1.25'), ip('2001:db8:1::25')] };
  const kernel = {
    addresses: ['10.0.1.10/24', '10.0.1.25/32', '2001:db8:1::10/64', '2001:db8:1::25/128'].map(a =>
      addressOn('eth0', a),
    ),
  };
  const untold = unknown('no answer within 3 s');
  const four = { ...primary.ipv4, addresses: untold };
  const removed = (enis: readonly Eni[], link: string | undefined = 'eth0') =>
    primaryAddressBatches(kernel, wishOf({ enis }, link, true), given);
  const six = familyOf(['2001:db8:1::10', '2001:db8:1::25'], ['2001:db8:1::/64'], 'fe80::1');
  const nothing = { add: [], remove: [], missing: [] };
  expect(removed([{ ...primary, ipv4: four, ipv6: six }])).toEqual(nothing);
  expect(removed([])).toEqual(nothing);
  expect(removed([], undefined)).toEqual(nothing);
  expect(removed([{ ...primary, ipv4: four, ipv6: six }], 'br0').add).toEqual([]);
  // Told that there is none, it goes.
  const only = familyOf(['2001:db8:1::10'], ['2001:db8:1::/64'], 'fe80::1');
  expect(removed([{ ...primary, ipv4: four, ipv6: only }]).remove.flatMap(b => b.lines)).toEqual([
    'addr del 2001:db8:1::25/128 dev eth0',
  ]);
});

test('the primary’s own of a family is never given, also while it is missing', () => {
  const six = (...texts: readonly string[]) => familyOf(texts, ['2001:db8:1::/64'], 'fe80::1');
  const instance = { enis: [{ ...primary, ipv6: six('2001:db8:1::10', '2001:db8:1::25') }] };
  const wish = wishOf(instance, 'eth0', true);
  expect(wish.wanted).toEqual(['2001:db8:1::25']);
  const addresses = [addressOn('eth0', '10.0.1.10/24'), addressOn('eth0', '2001:db8:1::25/128')];
  // Of IPv6 there is only what was given: nothing more of it is.
  const more = { ...wish, wanted: [...wish.wanted, ip('2001:db8:1::26')] };
  expect(lacking({ addresses }, more, [ip('2001:db8:1::25')])).toEqual([]);
  expect(lacking({ addresses }, more)).toEqual(['2001:db8:1::26']);
});
