// The emulator against what the clouds document: tokens, listings, error pages; and the changes and faults that tests rely on.
import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { ProviderName } from '../../../agent/model/instance.ts';
import { MetadataEmulator } from '../../support/metadata-emulator.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

const running: MetadataEmulator[] = [];

afterEach(async () => {
  for (const emulator of running.splice(0)) await emulator.close();
});

async function serve(provider: ProviderName, name: string) {
  const emulator = new MetadataEmulator(loadRecording(provider, name));
  running.push(emulator);
  const url = await emulator.listen();
  return { emulator, ask: (method: string, path: string, headers = {}) => ask(url, method, path, headers) };
}

function ask(url: string, method: string, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const outgoing = request(`${url}${path}`, { method, headers, agent: false }, incoming => {
        let body = '';
        incoming.setEncoding('utf8').on('data', text => {
          body += text;
        });
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode!, body, headers: incoming.headers }));
      });
      outgoing.on('error', reject).end();
    },
  );
}

const clouds = {
  aws: {
    recording: 'two-enis',
    ttl: 'X-aws-ec2-metadata-token-ttl-seconds',
    token: 'X-aws-ec2-metadata-token',
    withoutToken: 401,
    badTtl: '400 - Bad Request',
  },
  alibaba: {
    recording: 'token-required',
    ttl: 'X-aliyun-ecs-metadata-token-ttl-seconds',
    token: 'X-aliyun-ecs-metadata-token',
    withoutToken: 403,
    badTtl: 'Missing or Invalid Parameters',
  },
} as const;

const tokenPath = '/latest/api/token';
const mac = '/latest/meta-data/mac';

test.each(['aws', 'alibaba'] as const)('%s: tokens', async name => {
  const cloud = clouds[name];
  const { emulator, ask } = await serve(name, cloud.recording);
  expect((await ask('GET', mac)).status).toBe(cloud.withoutToken);
  expect((await ask('GET', mac, { [cloud.token]: 'made-up' })).status).toBe(401);
  for (const ttl of ['', '0', '21601', '-1', '1.5', 'x']) {
    const refused = await ask('PUT', tokenPath, { [cloud.ttl]: ttl });
    expect([ttl, refused.status]).toEqual([ttl, 400]);
    expect(refused.body).toContain(cloud.badTtl);
  }
  expect((await ask('PUT', tokenPath)).status).toBe(400);
  expect((await ask('PUT', tokenPath, { [cloud.ttl]: '60', 'X-Forwarded-For': '10.0.0.1' })).status).toBe(
    403,
  );
  expect((await ask('GET', tokenPath)).status).toBe(405);
  const given = await ask('PUT', tokenPath, { [cloud.ttl]: '21600' });
  expect(given.headers[cloud.ttl.toLowerCase()]).toBe('21600');
  expect((await ask('GET', mac, { [cloud.token]: given.body })).status).toBe(200);
  emulator.expireTokens();
  expect((await ask('GET', mac, { [cloud.token]: given.body })).status).toBe(401);
});

test('a token ends with its lifetime', async () => {
  const { ask } = await serve('aws', 'two-enis');
  const { body: token } = await ask('PUT', tokenPath, { [clouds.aws.ttl]: '1' });
  const get = () => ask('GET', mac, { [clouds.aws.token]: token }).then(r => r.status);
  expect(await get()).toBe(200);
  await new Promise(resolve => setTimeout(resolve, 1050));
  expect(await get()).toBe(401);
});

test('AWS refuses a dated token path, and has error pages in XHTML', async () => {
  const { ask } = await serve('aws', 'two-enis');
  expect((await ask('PUT', '/2021-03-23/api/token', { [clouds.aws.ttl]: '60' })).status).toBe(403);
  const { body } = await ask('GET', mac);
  expect(body).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<!DOCTYPE html PUBLIC /);
  expect(body).toContain('<title>401 - Unauthorized</title>');
});

test('JD Cloud has no tokens', async () => {
  const { ask } = await serve('jdcloud', 'two-enis');
  expect((await ask('PUT', tokenPath)).status).toBe(405);
  expect((await ask('GET', '/metadata/latest/network')).body).toBe('["1/","2/"]');
});

test('where a recording says that there is no token path, there is none', async () => {
  const { ask } = await serve('alibaba', 'token-path-missing');
  expect((await ask('PUT', tokenPath, { [clouds.alibaba.ttl]: '60' })).status).toBe(404);
  expect((await ask('GET', mac)).status).toBe(200);
});

test('a dated tree has the same answers, HEAD has no body, other methods are refused', async () => {
  const { ask } = await serve('alibaba', 'two-enis');
  expect((await ask('GET', '/2016-01-01/meta-data/mac')).body).toBe('00:16:3e:12:16:01');
  expect(await ask('HEAD', mac)).toMatchObject({ status: 200, body: '' });
  expect((await ask('POST', mac)).status).toBe(405);
  expect((await ask('DELETE', mac)).status).toBe(405);
});

test('answers can be set, merged and removed, and listings follow', async () => {
  const { emulator, ask } = await serve('jdcloud', 'one-eni');
  const list = () => ask('GET', '/metadata/latest/network/').then(r => r.body);
  emulator.merge({ '/metadata/latest/network/2/mac': 'x', '/metadata/latest/network/2/local-ipv4': 'y' });
  expect(await list()).toBe('["1/","2/"]');
  emulator.set('/metadata/latest/network/2/mac', { status: 503, body: 'busy' });
  expect(await ask('GET', '/metadata/latest/network/2/mac')).toMatchObject({ status: 503, body: 'busy' });
  expect(emulator.remove('/metadata/latest/network/2/')).toBe(2);
  expect(await list()).toBe('["1/"]');
  expect(emulator.remove('/metadata/latest/network/1')).toBe(0);
  emulator.replace(loadRecording('jdcloud', 'index-hole'));
  expect(await list()).toBe('["1/","3/"]');
});

test('faults: counted, by method, the first that fits; then the truth again', async () => {
  const { emulator, ask } = await serve('jdcloud', 'one-eni');
  const path = '/metadata/latest/network/1/mac';
  const get = () => ask('GET', path).then(r => [r.status, r.body]);
  emulator.fault({ match: '/mac$', method: 'PUT', status: 500 });
  emulator.fault({ match: '/mac$', times: 2, status: 503, headers: { 'Retry-After': '7' } });
  emulator.fault({ match: '/mac$', times: 1, lie: '"fa:16:3e:00:00:01"' });
  expect((await ask('GET', path)).headers).toMatchObject({ 'retry-after': '7' });
  expect(await get()).toEqual([503, '']);
  expect(await get()).toEqual([200, '"fa:16:3e:00:00:01"']);
  expect(await get()).toEqual([200, '"fa:16:3e:ab:be:10"']);
  emulator.fault({ match: '', drop: 'before' });
  await expect(get()).rejects.toThrow('socket hang up');
  emulator.clearFaults();
  emulator.fault({ match: '', drop: 'middle' });
  await expect(get()).rejects.toThrow('aborted');
  emulator.clearFaults();
  emulator.fault({ match: '', delayMs: 150, times: 1 });
  const started = Date.now();
  expect((await get())[0]).toBe(200);
  expect(Date.now() - started).toBeGreaterThanOrEqual(140);
  expect(() => emulator.fault({ match: '(' })).toThrow('Invalid regular expression');
});

test('the log and the counters tell what was asked, but no token', async () => {
  const { emulator, ask } = await serve('aws', 'two-enis');
  const { body: token } = await ask('PUT', tokenPath, { [clouds.aws.ttl]: '60' });
  await ask('GET', mac, { [clouds.aws.token]: token });
  await ask('GET', '/latest/meta-data/nothing', { [clouds.aws.token]: token });
  emulator.fault({ match: '', drop: 'before' });
  await ask('GET', mac, {}).catch(() => undefined);
  expect(emulator.log.map(({ method, path, status, token }) => [method, path, status, token])).toEqual([
    ['PUT', tokenPath, 200, false],
    ['GET', mac, 200, true],
    ['GET', '/latest/meta-data/nothing', 404, true],
    ['GET', mac, 0, false],
  ]);
  expect(JSON.stringify(emulator.log)).not.toContain(token);
  expect(emulator.counters()).toMatchObject({
    requests: 4,
    puts: 1,
    connections: 4,
    statuses: { 0: 1, 200: 2, 404: 1 },
  });
  emulator.clearLog();
  expect(emulator.counters().requests).toBe(0);
});
