import { expect, test } from 'vitest';
import { backoffMs } from '../../../agent/metadata/backoff.ts';
import { judgeAnswer } from '../../../agent/metadata/judge-answer.ts';
import { limitConcurrency } from '../../../agent/metadata/limit-concurrency.ts';
import { endpointsOf } from '../../../agent/metadata/read-instance.ts';
import { providerNamed } from '../../../agent/metadata/registry.ts';
import type { Exchange } from '../../../agent/metadata/send-request.ts';

function answered(status: number, retryAfter?: string): Exchange {
  return { kind: 'answer', status, body: '', retryAfter };
}

test.each([200, 204, 301, 302, 400, 401, 403, 404, 500, 502, 504])('%i is not asked again', status => {
  expect(backoffMs(answered(status), 1)).toBeUndefined();
});

test.each([429, 503])('%i is asked again after a growing time', status => {
  for (let i = 0; i < 50; i += 1) {
    const [first, second] = [backoffMs(answered(status), 1)!, backoffMs(answered(status), 2)!];
    expect(first).toBeGreaterThanOrEqual(100);
    expect(first).toBeLessThanOrEqual(200);
    expect(second).toBeGreaterThanOrEqual(200);
    expect(second).toBeLessThanOrEqual(400);
  }
});

test('Retry-After counts in both forms, and is bounded', () => {
  expect(backoffMs(answered(503, '1'), 1)).toBe(1000);
  expect(backoffMs(answered(503, '0'), 1)).toBe(0);
  expect(backoffMs(answered(503, '3600'), 1)).toBe(2000);
  expect(backoffMs(answered(503, new Date(Date.now() + 3_600_000).toUTCString()), 1)).toBe(2000);
  expect(backoffMs(answered(503, new Date(0).toUTCString()), 1)).toBe(0);
  expect(backoffMs(answered(503, 'soon'), 1)).toBeLessThanOrEqual(200);
});

test('a lost connection is asked again, a deadline that passed is not', () => {
  const lost = { kind: 'failure', why: 'connection reset', connected: true } as const;
  expect(backoffMs({ ...lost, again: true }, 1)).toBeGreaterThanOrEqual(100);
  expect(backoffMs({ ...lost, again: false }, 1)).toBeUndefined();
});

test('limitConcurrency: never more at a time, first come first served, room is given back after a failure', async () => {
  const takeTurn = limitConcurrency(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const jobs = Array.from({ length: 7 }, (_, i) =>
    takeTurn(async () => {
      started.push(i);
      running += 1;
      most = Math.max(most, running);
      await new Promise(resolve => setTimeout(resolve, 2));
      running -= 1;
      if (i === 1) throw new Error('one job fails');
      return i;
    }),
  );
  const results = await Promise.allSettled(jobs);
  expect(results.map(r => r.status === 'fulfilled')).toEqual([true, false, true, true, true, true, true]);
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(2);
});

test.each([
  [200, ' <?xml version="1.0"?>', 0],
  [200, '<html>', 0],
  [200, 'a\0b', 0],
  [200, 'x'.repeat(512 * 1024 + 1), 0],
  [200, '10.0.0.1', 200],
  [404, '<html>', 404],
])('status %i with %j becomes %i', (status, body, seen) => {
  expect(judgeAnswer(status, body).status).toBe(seen);
});

test('a url is the only endpoint; without one AWS has its IPv6 endpoint second', () => {
  const aws = providerNamed('aws');
  expect(endpointsOf(aws, undefined)).toEqual(['http://169.254.169.254', 'http://[fd00:ec2::254]']);
  expect(endpointsOf(providerNamed('alibaba'), undefined)).toEqual(['http://100.100.100.200']);
  expect(endpointsOf(aws, 'http://127.0.0.1:8080')).toEqual(['http://127.0.0.1:8080']);
  expect(endpointsOf(aws, 'http://127.0.0.1:8080/')).toEqual(['http://127.0.0.1:8080']);
});

test.each([
  '127.0.0.1:8080',
  'https://127.0.0.1',
  'http://u:p@127.0.0.1',
  'http://127.0.0.1/x',
  'http://h/?q',
  '',
  'file:///x',
])('%j is no metadata url', url => {
  expect(() => endpointsOf(providerNamed('aws'), url)).toThrow(/is not of the form http:\/\/HOST\[:PORT\]/);
});
