// "No data is not empty data": the metadata lags behind the cloud, forgets an ENI for a moment, fails, hangs, or answers with a page
// of somebody else. What works goes on working, and what is new comes as soon as it can be believed.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import type { Fault } from '../support/metadata-emulator.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import {
  addressesOf,
  awsDualStack,
  eth1Mac,
  expectIdle,
  leavesBy,
  once,
  onceOk,
  ownTraces,
  setAddresses,
  unlist,
  useMachines,
} from './story.ts';

const start = useMachines();

describe('an ENI is hot-plugged, and the metadata lags', () => {
  const moments = [
    'hot-plug-0-before',
    'hot-plug-1-listed',
    'hot-plug-2-addresses',
    'hot-plug-3-complete',
  ].map(name => loadRecording('aws', name));

  test('nothing is configured before everything is known, then all at once', async () => {
    const machine = await start({ recording: moments[3]! });
    machine.metadata.replace(moments[0]!);
    const untouched = machine.picture();
    await onceOk(machine);
    for (const moment of [moments[1]!, moments[2]!]) {
      machine.metadata.replace(moment);
      const early = await once(machine);
      expect(early.code, early.out).toBe(2);
      expect(early.out).toContain('warning: ');
      expect(machine.picture()).toEqual(untouched);
    }
    machine.metadata.replace(moments[3]!);
    await onceOk(machine);
    expect(addressesOf(machine, 'eth1')).toEqual([
      '172.31.40.10/32',
      '172.31.40.11/32',
      '2600:1f16:292:100::10/128',
    ]);
    await expectIdle(machine);
  });

  test('a link without metadata yet is not touched', async () => {
    const machine = await start({ recording: moments[3]! });
    machine.metadata.replace(moments[0]!);
    await onceOk(machine);
    expect(machine.system.kernel.link('eth1').up).toBe(false);
    expect(ownTraces(machine)).toEqual([]);
  });
});

describe('one reading that is wrong takes nothing away', () => {
  test('a 404 for the whole ENI, once', async () => {
    const machine = await started();
    machine.metadata.fault({ match: `macs/${eth1Mac}/`, status: 404, times: 1 });
    await expectUnharmed(machine, 2);
  });

  test('a 404 for a key that the listing promises, however often', async () => {
    const machine = await started();
    machine.metadata.fault({ match: 'local-ipv4s$', status: 404 });
    await expectUnharmed(machine, 2);
    await expectUnharmed(machine, 2);
    machine.metadata.clearFaults();
    await expectIdle(machine);
  });

  test('the id of the ENI cannot be read: the plan is the same without it', async () => {
    const machine = await started();
    machine.metadata.fault({ match: 'interface-id$', status: 500 });
    await expectUnharmed(machine, 2);
  });

  test('one key failed in the pass before: the ENI is remembered all the same, and doubted when it is missing', async () => {
    const machine = await started(['confirm-delay = 1']);
    machine.metadata.fault({ match: `macs/${eth1Mac}/`, status: 500 });
    await expectUnharmed(machine, 2);
    machine.metadata.clearFaults();
    const complete = machine.metadata.recording;
    unlist(machine, eth1Mac);
    machine.system.restart();
    machine.system.after(500, () => machine.metadata.replace(complete));
    expect((await machine.agent('once')).code).toBe(0);
    expect(machine.system.journal).toEqual([]);
  });

  test('the ENI is missing from one listing of two', async () => {
    const machine = await started(['confirm-delay = 1']);
    const complete = machine.metadata.recording;
    unlist(machine, eth1Mac);
    machine.system.after(500, () => machine.metadata.replace(complete));
    await expectUnharmed(machine);
  });

  test('an address list that is empty for a moment', async () => {
    const machine = await started(['confirm-delay = 1']);
    const complete = machine.metadata.recording;
    setAddresses(machine, eth1Mac, '');
    machine.system.after(500, () => machine.metadata.replace(complete));
    await expectUnharmed(machine, 2);
  });

  test('a flap right after a removal that was real: both readings must say the same', async () => {
    const machine = await started(['confirm-delay = 1']);
    setAddresses(machine, eth1Mac, '172.31.44.13');
    machine.system.after(500, () => setAddresses(machine, eth1Mac, '172.31.45.70'));
    await expectUnharmed(machine);
  });
});

describe('a service that does not answer as it should', () => {
  const html = '<html><head><title>Login</title></head><body>captive portal</body></html>';
  const faults: readonly (readonly [string, Fault])[] = [
    ['503 for everything', { match: '.*', status: 503, body: 'Service Unavailable' }],
    ['503 for one ENI', { match: `macs/${eth1Mac}/`, status: 503, body: '' }],
    ['a page of HTML with status 200', { match: 'meta-data', lie: html }],
    ['HTML for the addresses only', { match: 'local-ipv4s$', lie: html }],
    ['connections that are closed', { match: 'macs/', drop: 'before' }],
    ['answers that break off', { match: 'local-ipv4s$', drop: 'middle' }],
    ['a token that is refused', { match: '/api/token$', method: 'PUT', status: 403 }],
    ['garbage for addresses', { match: 'local-ipv4s$', lie: '172.31.44.999; rm -rf /' }],
    ['an address list without addresses', { match: 'ipv6s$', lie: '\n \n' }],
  ];
  test.each(faults)('%s: nothing changes, and the outcome says so', async (_name, fault) => {
    const machine = await started();
    machine.metadata.fault(fault);
    const before = machine.picture();
    const outcome = await once(machine);
    expect(outcome.code, outcome.out).not.toBe(0);
    expect(`${outcome.out}${outcome.err}`).not.toBe('');
    expect(machine.picture()).toEqual(before);
    machine.metadata.clearFaults();
    await expectIdle(machine);
  });

  test('no service at all, or one that hangs', async () => {
    const machine = await started(['timeout = 1']);
    const before = machine.picture();
    machine.metadata.fault({ match: '.*', delayMs: 1500 });
    expect((await once(machine)).code).toBe(1);
    expect(machine.picture()).toEqual(before);
    await machine.metadata.close();
    const outcome = await once(machine);
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toMatch(/^eni-agent: .*\n {2}metadata-unreachable: .*\n$/);
    expect(machine.system.journal).toEqual([]);
    expect(machine.picture()).toEqual(before);
  });

  test('a new address is taken while another key fails', async () => {
    const machine = await started();
    setAddresses(machine, eth1Mac, '172.31.44.13', '172.31.45.70', '172.31.45.71');
    machine.metadata.fault({ match: 'ipv6s$', status: 500 });
    expect((await once(machine)).code).toBe(2);
    expect(leavesBy(machine.system, '172.31.45.71')).toBe('eth1');
    expect(addressesOf(machine, 'eth1')).toHaveLength(6);
  });
});

test('a new ENI is not held up by another one whose metadata fails', async () => {
  const machine = await start({ recording: loadRecording('aws', 'fifteen-enis-fifty-addresses') });
  const [broken] = machine.system.kernel.links.filter(l => l.name === 'eth3').map(l => l.mac!);
  machine.metadata.fault({ match: `${broken}/local-ipv4s$`, status: 500 });
  const outcome = await once(machine);
  expect(outcome.code).toBe(2);
  expect(machine.state().applied.map(e => e.mac)).toHaveLength(13);
  expect(addressesOf(machine, 'eth3')).toEqual([]);
  machine.metadata.clearFaults();
  await onceOk(machine);
  expect(machine.state().applied).toHaveLength(14);
  await expectIdle(machine);
});

async function started(metadataKeys: readonly string[] = []): Promise<Machine> {
  const machine = await start({ recording: awsDualStack, metadataKeys });
  await onceOk(machine);
  expect(addressesOf(machine, 'eth1')).toHaveLength(5);
  return machine;
}

async function expectUnharmed(machine: Machine, code = 0): Promise<void> {
  const before = machine.picture();
  const outcome = await once(machine);
  expect(outcome.code, `${outcome.out}${outcome.err}`).toBe(code);
  expect(machine.system.journal).toEqual([]);
  expect(machine.picture()).toEqual(before);
}
