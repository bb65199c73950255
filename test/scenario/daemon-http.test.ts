// What only a real connection can do wrong: tokens, Retry-After, sockets that close, hang or drip. Two looks of each; the times and the
// report of a failure that lasts are in daemon-bad-service.test.ts.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../support/metadata-emulator.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { type Life, type LifeSpec, useDaemons } from './daemon-story.ts';
import { awsTwoEnis, eth1Mac, leavesBy } from './story.ts';

const start = useDaemons();
const config = '/etc/eni-agent/eni-agent.conf';

describe('over before the read is: nobody hears of it', () => {
  const passing: readonly (readonly [string, Fault])[] = [
    ['429', { match: 'macs/$', status: 429, times: 1 }],
    ['429, Retry-After 1', { match: 'macs/$', status: 429, times: 1, headers: { 'Retry-After': '1' } }],
    ['503', { match: 'local-ipv4s$', status: 503, times: 2 }],
    ['503, Retry-After 0', { match: 'local-ipv4s$', status: 503, times: 2, headers: { 'Retry-After': '0' } }],
    ['reset before the answer', { match: 'macs/$', drop: 'before', times: 1 }],
    ['reset in the middle', { match: 'local-ipv4s$', drop: 'middle', times: 1 }],
    ['401 once', { match: 'macs/$', method: 'GET', status: 401, times: 1 }],
  ];
  test.each(passing)('%s', async (_name, fault) => {
    const life = await settled();
    life.machine.metadata.fault(fault);
    await expectUnharmed(life);
    expect(life.daemon.report()).toMatchObject({ error: null, waitingFor: [], mood: 'quiet' });
    expect(life.daemon.report().counters.failures).toBe(0);
    expect(life.machine.metadata.counters().statuses[fault.status ?? 0]).toBe(fault.times);
  });

  test('the token has expired: one new one, and the same answers', async () => {
    const life = await settled();
    life.machine.metadata.clearLog();
    life.machine.metadata.expireTokens();
    await expectUnharmed(life);
    expect(life.machine.metadata.counters().puts).toBe(1);
    expect(life.daemon.report()).toMatchObject({ error: null, waitingFor: [] });
  });

  test('an instance that takes no request without a token (Alibaba Cloud: 403)', async () => {
    const life = await settled({ recording: loadRecording('alibaba', 'token-required') });
    await expectUnharmed(life);
    expect(life.machine.metadata.counters().statuses[403]).toBeUndefined();
    expect(life.daemon.report().metadata.state).toBe('answered');
  });
});

describe('for longer', () => {
  const lasting: readonly (readonly [string, Fault, RegExp])[] = [
    ['429', { match: '.', status: 429 }, /answered 429/],
    ['503', { match: '.', status: 503 }, /answered 503/],
    ['503, Retry-After 0', { match: '.', status: 503, headers: { 'Retry-After': '0' } }, /answered 503/],
    ['reset before the answer', { match: 'macs/$', drop: 'before' }, /connection (reset|closed|lost)/],
    ['reset in the middle', { match: 'macs/$', drop: 'middle' }, /connection lost|closed/],
    ['a page of HTML', { match: '.', method: 'GET', lie: '<html>Log in</html>' }, /HTML/],
    ['an empty 200', { match: '.', method: 'GET', lie: '' }, /answered nothing/],
    ['the service is turned off: no token', { match: '.', status: 403 }, /403/],
    ['no request with a token either', { match: '.', method: 'GET', status: 401 }, /answered 401/],
  ];
  test.each(lasting)('%s: nothing changes, and the report says why', async (_name, fault, why) => {
    const life = await settled();
    if (fault.method === undefined) life.machine.metadata.expireTokens();
    life.machine.metadata.fault(fault);
    await expectUnharmed(life);
    expect(life.daemon.report()).toMatchObject({
      mood: 'failing',
      metadata: { state: 'failing' },
      error: { message: expect.stringMatching(why) },
    });
    expect(life.daemon.report().enis).toMatchObject([{ mac: eth1Mac, state: 'working' }]);
    // Three attempts of each request, and none of them renews the token again and again.
    expect(life.machine.metadata.counters().requests).toBeLessThan(80);
    life.machine.metadata.clearFaults();
    await life.daemon.runFor(400_000);
    expect(life.daemon.report()).toMatchObject({ error: null, metadata: { state: 'answered' } });
  });

  test('nobody listens', async () => {
    const life = await settled();
    await life.machine.metadata.close();
    await expectUnharmed(life);
    expect(life.daemon.report().error?.message).toContain('connection refused');
  });

  test('it hangs', async () => {
    const life = await settled({ metadataKeys: ['timeout = 1'] });
    life.machine.metadata.fault({ match: '.', delayMs: 1500 });
    await expectUnharmed(life, 2000);
    expect(life.daemon.report().error?.message).toMatch(
      /the time limit for reading the metadata is over|no answer/,
    );
  });

  test('one byte a second', async () => {
    const life = await settled({ metadataKeys: ['timeout = 1'] });
    const drip = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': 60 });
      const timer = setInterval(() => response.write('a'), 1000);
      response.on('close', () => clearInterval(timer));
    });
    drip.listen(0, '127.0.0.1');
    await once(drip, 'listening');
    const { port } = drip.address() as AddressInfo;
    const text = life.machine.system.files.get(config)!.content;
    life.machine.system.put(config, text.replace(/^url = .*$/m, `url = http://127.0.0.1:${port}`));
    await expectUnharmed(life, 2000);
    expect(life.daemon.report().metadata.state).toBe('failing');
    expect(life.daemon.report().error?.message).toMatch(
      /the time limit for reading the metadata is over|no token/,
    );
    drip.closeAllConnections();
    drip.close();
  });
});

/** A quiet daemon that has configured eth1. */
async function settled(spec: Partial<LifeSpec> = {}): Promise<Life> {
  const life = await start({ recording: awsTwoEnis, overHttp: true, ...spec });
  await life.daemon.runFor(300_000);
  expect(life.daemon.report().mood).toBe('quiet');
  if (spec.recording === undefined) expect(leavesBy(life.machine.system, '172.31.40.10')).toBe('eth1');
  expect(life.daemon.changes).toHaveLength(1);
  life.machine.metadata.clearLog();
  return life;
}

/** A look that asks everything, and those of the next milliseconds. */
async function expectUnharmed({ machine, daemon, reads }: Life, forMs = 2500): Promise<void> {
  const good = machine.picture();
  const count = reads.length;
  machine.system.put('/run/eni-agent/triggers/look', '');
  await daemon.runFor(forMs);
  expect(reads.length).toBeGreaterThan(count);
  const { [`${config} 644`]: _, ...files } = machine.picture().files;
  expect(good.files).toMatchObject(files);
  expect(machine.picture().kernel).toEqual(good.kernel);
  expect(daemon.changes).toHaveLength(1);
}
