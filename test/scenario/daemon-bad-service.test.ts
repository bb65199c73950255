// The metadata service fails: nothing changes, nothing is removed, the report says what is believed and why the daemon waits, and the
// service is asked less and less. Over HTTP the same in daemon-http.test.ts.
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../agent/errors.ts';
import type { Response } from '../../agent/metadata/provider.ts';
import {
  expectWaits,
  type Life,
  lookTimes,
  noAnswerBecause,
  type ServiceFault,
  useDaemons,
} from './daemon-story.ts';
import { addressesOf, awsDualStack, awsPath, eth1Mac } from './story.ts';

const start = useDaemons();

const primaryMac = '0a:75:69:92:e2:10';
const awsOneEniMacs: Response = { status: 200, body: `${primaryMac}/` };
const failingSeconds = [1, 2, 5, 10, 30, 60, 120, 300, 300];

function unreachable(why: string): ServiceFault {
  return () => {
    throw new AgentError('metadata-unreachable', `no metadata service at http://169.254.169.254: ${why}`);
  };
}

const everything =
  (response: Response): ServiceFault =>
  () =>
    response;

const dead: readonly (readonly [string, ServiceFault, RegExp])[] = [
  ['ENETUNREACH', unreachable('no route to it (ENETUNREACH)'), /ENETUNREACH/],
  ['EHOSTUNREACH', unreachable('no route to it (EHOSTUNREACH)'), /EHOSTUNREACH/],
  ['refused', unreachable('connection refused'), /refused/],
  ['no token', unreachable('gave no token: answered 403'), /403/],
  ['401', everything({ status: 401, body: '' }), /answered 401/],
  ['403', everything({ status: 403, body: '' }), /answered 403/],
  ['429', everything({ status: 429, body: '' }), /answered 429/],
  ['503', everything({ status: 503, body: '' }), /answered 503/],
  ['reset', everything(noAnswerBecause('connection reset')), /connection reset/],
  ['too slow', everything(noAnswerBecause('no answer within 3 s')), /no answer within 3 s/],
  ['HTML', everything({ status: 200, body: '<html><body>Log in</body></html>' }), /HTML/],
  ['an empty 200', everything({ status: 200, body: '' }), /answered nothing/],
  ['404 for everything', everything({ status: 404, body: '' }), /answered 404/],
  ['another primary', path => (path.endsWith('/mac') ? body('0a:ff:ff:ff:ff:ff') : undefined), /primary/],
];

describe('no usable answer at all', () => {
  test.each(dead)('%s', async (_name, fault, why) => {
    const { machine, daemon, service, reads } = await settled();
    const good = machine.picture();
    const answeredAt = daemon.report().metadata.answeredAt;
    service.fault = fault;
    // What a read does not ask again cannot fail; the trigger makes it ask everything.
    machine.system.put('/run/eni-agent/triggers/x', '');
    const since = machine.system.now();
    await daemon.runFor(1_000_000);
    const times = lookTimes(reads, since);
    expect(times[0]).toBe(0);
    expectWaits(times.slice(1), failingSeconds);
    expect(machine.picture()).toEqual(good);
    expect(daemon.report()).toMatchObject({
      mood: 'failing',
      metadata: { state: 'failing', answeredAt },
      error: { message: expect.stringMatching(why), times: times.length },
    });
    expect(daemon.report().enis).toMatchObject([{ mac: eth1Mac, state: 'working' }]);
    expect(daemon.log.filter(line => line.startsWith('warn'))).toHaveLength(1);

    service.fault = undefined;
    await daemon.runFor(350_000);
    expect(machine.picture()).toEqual(good);
    expect(daemon.report()).toMatchObject({ error: null, metadata: { state: 'answered' } });
    expect(daemon.log.at(-1)).toMatch(/the metadata service answers again/);
  });
});

const broken: readonly (readonly [string, string, Response])[] = [
  ['503 for one list', 'local-ipv4s', { status: 503, body: '' }],
  ['429 for one list', 'ipv6s', { status: 429, body: '' }],
  ['HTML for one list', 'local-ipv4s', { status: 200, body: '<html>' }],
  ['an empty list', 'local-ipv4s', { status: 200, body: '' }],
  ['garbage for an address', 'local-ipv4s', { status: 200, body: '172.31.44.999' }],
  ['no listing of the ENI', '', { status: 503, body: '' }],
];

describe('one key fails', () => {
  test.each(broken)('%s: the ENI stays, the look-again times are those of waiting', async (_n, key, bad) => {
    const { machine, daemon, service, reads } = await settled();
    const good = machine.picture();
    service.fault = path => (path === awsPath(eth1Mac, key) ? bad : undefined);
    machine.system.put('/run/eni-agent/triggers/x', '');
    const since = machine.system.now();
    await daemon.runFor(300_000);
    expect(machine.picture()).toEqual(good);
    const times = lookTimes(reads, since);
    expectWaits(times, [0, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 60]);
    expect(times.length).toBeLessThanOrEqual(13);
    expect(daemon.report().mood).toBe('lagging');
    expect(daemon.report().waitingFor.join()).toContain(eth1Mac);
    service.fault = undefined;
    await daemon.runFor(75_000);
    expect(daemon.report()).toMatchObject({ waitingFor: [], error: null });
    expect(machine.picture()).toEqual(good);
  });
});

describe('the instance id cannot be read', () => {
  const idPath = '/latest/meta-data/instance-id';

  // To take that for another machine would be to forget what is known of the ENIs, and to believe one bad listing.
  test.each([
    ['and the listing lacks the ENI', () => awsPath('').slice(0, -1), awsOneEniMacs],
    ['and one list of the ENI', () => awsPath(eth1Mac, 'local-ipv4s'), { status: 503, body: '' }],
    [
      'and the subnet of the primary',
      () => awsPath(primaryMac, 'subnet-ipv4-cidr-block'),
      { status: 503, body: '' },
    ],
  ] as const)('%s: nothing is taken away', async (_name, other, wrong) => {
    const { machine, daemon, service } = await settled();
    const good = machine.picture();
    service.fault = path =>
      path === idPath ? { status: 503, body: '' } : path === other() ? wrong : undefined;
    machine.system.put('/run/eni-agent/triggers/x', '');
    await daemon.runFor(300_000);
    expect(machine.picture()).toEqual(good);
    expect(daemon.changes).toHaveLength(1);
    expect(daemon.report().waitingFor.join('\n')).toContain('instance-id');
  });
});

test('a listing with garbage in it proves nothing about an ENI that it lacks, not even while its link is away', async () => {
  const { machine, daemon, service } = await settled();
  const good = machine.picture();
  service.fault = path => (path === awsPath('').slice(0, -1) ? body(`${primaryMac}/\nwhat/`) : undefined);
  machine.detach('eth1');
  await daemon.runFor(120_000);
  expect(machine.system.files.has('/etc/network/interfaces.d/60-eni-eth1')).toBe(true);
  service.fault = undefined;
  machine.attach(eth1Mac, 'eth1');
  await daemon.runFor(1000);
  expect(machine.picture()).toEqual(good);
});

test('a service that hangs: the loop goes on, and what breaks meanwhile is repaired at once', async () => {
  const { machine, daemon, service, reads } = await settled();
  const good = machine.picture();
  service.fault = () =>
    new Promise(resolve => machine.system.after(15_000, () => resolve(noAnswerBecause('no answer'))));
  machine.system.put('/run/eni-agent/triggers/x', '');
  await daemon.runFor(5000);
  const asked = reads.length;
  machine.system.sh('ip -4 rule del priority 28600');
  await daemon.runFor(1000);
  expect(machine.picture().kernel).toEqual(good.kernel);
  expect(reads).toHaveLength(asked);
  expect(daemon.report().counters.repairs).toBe(1);
  await daemon.runFor(15_000);
  expect(daemon.report()).toMatchObject({ mood: 'failing', metadata: { state: 'failing' } });
});

test('the service fails and a link comes: it is seen, waits, and is configured when the service is back', async () => {
  const { machine, daemon, service } = await settled();
  service.fault = unreachable('connection refused');
  await daemon.runFor(100_000);
  machine.detach('eth1');
  machine.attach(eth1Mac, 'eth1');
  await daemon.runFor(2000);
  // It was configured before: what is known of it is enough.
  expect(addressesOf(machine, 'eth1')).toHaveLength(5);
  expect(daemon.report()).toMatchObject({ metadata: { state: 'failing' } });
});

async function settled(): Promise<Life> {
  const life = await start({ recording: awsDualStack });
  await life.daemon.runFor(300_000);
  expect(addressesOf(life.machine, 'eth1')).toHaveLength(5);
  expect(life.daemon.report().mood).toBe('quiet');
  return life;
}

function body(text: string): Response {
  return { status: 200, body: text };
}
