// The HTTP client by itself: tokens, endpoints, proxies, connections that end oddly.
import { execFile } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import type { ClientOptions, OpenClient } from '../../agent/metadata/client.ts';
import { openClient } from '../../agent/metadata/client.ts';
import { readInstance } from '../../agent/metadata/read-instance.ts';
import { providerNamed } from '../../agent/metadata/registry.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import { MetadataEmulator } from '../support/metadata-emulator.ts';
import { changed, loadRecording } from '../support/metadata-emulator-recordings.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(provider: ProviderName, name: string) {
  const emulator = new MetadataEmulator(loadRecording(provider, name));
  const url = await emulator.listen();
  cleanups.push(() => emulator.close());
  return { emulator, url };
}

function open(
  provider: ProviderName,
  endpoints: ClientOptions['endpoints'],
  more: Partial<ClientOptions> = {},
): OpenClient {
  const { headers, token } = providerNamed(provider);
  const client = openClient({ endpoints, headers, token, ...more });
  cleanups.push(() => client.close());
  return client;
}

/** A TCP server that treats each connection as `talk` says, and the URL of it. */
async function serveRaw(talk: (socket: import('node:net').Socket) => void): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise(resolve => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const mac = '/latest/meta-data/mac';

test('a time in which this process stood still is not taken for the silence of the service', async () => {
  const { url } = await serve('aws', 'two-enis');
  const client = open('aws', [url], { requestMs: 1500, connectMs: 1500, totalMs: 1500 });
  const answer = client.get(mac);
  const end = performance.now() + 1700;
  while (performance.now() < end);
  expect(await answer).toMatchObject({ status: 200 });
});

test('one token for all requests', async () => {
  const { emulator, url } = await serve('aws', 'two-enis');
  const client = open('aws', [url]);
  await Promise.all(Array.from({ length: 8 }, () => client.get(mac)));
  expect(emulator.counters()).toMatchObject({ requests: 9, puts: 1 });
});

test('tokens that expire in the middle: one new token for all, each request is repeated once', async () => {
  const { emulator, url } = await serve('aws', 'two-enis');
  const client = open('aws', [url]);
  await client.get(mac);
  emulator.expireTokens();
  const answers = await Promise.all(Array.from({ length: 4 }, () => client.get(mac)));
  expect(answers.map(a => a.status)).toEqual([200, 200, 200, 200]);
  expect(emulator.counters()).toMatchObject({ puts: 2, statuses: { 401: 4 } });
});

test('a service that refuses every token is not asked for ever', async () => {
  const { emulator, url } = await serve('aws', 'two-enis');
  emulator.fault({ match: mac, status: 401, body: '<html>' });
  expect((await open('aws', [url]).get(mac)).status).toBe(401);
  expect(emulator.counters()).toMatchObject({ requests: 4, puts: 2 });
});

test('Alibaba: with a token where it is required and where it is not, without one where there is none', async () => {
  for (const [name, withToken] of [
    ['token-required', true],
    ['two-enis', true],
    ['token-path-missing', false],
  ] as const) {
    const { emulator, url } = await serve('alibaba', name);
    expect((await open('alibaba', [url]).get(mac)).status).toBe(200);
    expect(emulator.log.filter(r => r.method === 'GET').map(r => r.token)).toEqual([withToken]);
    expect(emulator.counters().puts).toBe(1);
  }
});

test('AWS never goes without a token', async () => {
  const { emulator, url } = await serve('aws', 'two-enis');
  emulator.fault({ match: 'token', status: 404 });
  await expect(open('aws', [url]).get(mac)).rejects.toMatchObject({ code: 'metadata-invalid' });
  expect(emulator.log.map(r => r.method)).toEqual(['PUT']);
});

test('JD Cloud gets its header and no token', async () => {
  const seen: unknown[] = [];
  const server = createHttpServer((request, response) => {
    seen.push([request.method, request.headers['metadata-flavor']]);
    response.end('["1/"]');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  await open('jdcloud', [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]).get(
    '/metadata/latest/network/',
  );
  expect(seen).toEqual([['GET', 'JCS']]);
});

test('a metadata service that is turned off is told apart, with a hint', async () => {
  const { emulator, url } = await serve('aws', 'two-enis');
  emulator.fault({ match: 'token', status: 403 });
  await expect(open('aws', [url]).get(mac)).rejects.toMatchObject({
    code: 'metadata-unreachable',
    hint: expect.stringContaining('disabled for this instance'),
  });
});

test('the token is in no error, whatever the service sends in its place', async () => {
  const secret = 'AQAAATOPSECRET==';
  for (const body of [`${secret} ${secret}`, `${secret}\nx`, `${secret}\u0000`, secret]) {
    const { emulator, url } = await serve('aws', 'two-enis');
    emulator.fault({ match: 'token', lie: body });
    const outcome = await open('aws', [url])
      .get(mac)
      .catch((error: unknown) => error);
    const text =
      outcome instanceof Error
        ? `${outcome.message} ${outcome.stack} ${String(outcome.cause)}`
        : JSON.stringify(outcome);
    expect(text).not.toContain('TOPSECRET');
  }
});

test.each(['000', '099', '600', '999'])(
  'a status that is none (%s): its body is shown nowhere',
  async status => {
    const body = 'x\nMAINPID=331\n{"level":"info","msg":"forged"}\n\u001b]0;pwned\u0007\u001b[2J';
    const url = await serveRaw(socket => {
      socket.once('data', () => {
        socket.end(
          `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
        );
      });
    });
    const refused = await open('aws', [url])
      .get(mac)
      .catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'metadata-unreachable' });
    expect((refused as Error).message).toMatch(/ failed: answered with the status \d+, which is none$/);
    const { status: none, body: why } = await open('jdcloud', [url]).get('/metadata/latest/network/');
    expect(none).toBe(0);
    expect(why).toMatch(/^answered with the status \d+, which is none$/);
  },
);

test('a token that is lost on its way in another manner than silence: no word of hop limits', async () => {
  const hints = await Promise.all(
    [
      (socket: import('node:net').Socket) => socket.resetAndDestroy(),
      (socket: import('node:net').Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
      () => undefined,
    ].map(async talk => {
      const url = await serveRaw(socket => socket.once('data', () => talk(socket)));
      const error = await open('aws', [url], { requestMs: 500 })
        .get(mac)
        .catch((e: { hint: string }) => e);
      return (error as { hint: string }).hint.includes('hop limit');
    }),
  );
  expect(hints).toEqual([false, false, true]);
});

test('the second endpoint is asked if the first one does not connect, and is kept', async () => {
  const { emulator: gone, url: dead } = await serve('aws', 'two-enis');
  await gone.close();
  const { emulator, url } = await serve('aws', 'two-enis');
  const client = open('aws', [dead, url]);
  expect((await client.get(mac)).body).toBe('0a:75:69:92:e2:10');
  await client.get(mac);
  expect(client.requests()).toBe(4);
  expect(emulator.counters().requests).toBe(3);
});

// A broadcast address: the kernel refuses it in connect() itself (ENETUNREACH), as where a machine has no IPv4 route at all. No packet.
const unroutable = 'http://255.255.255.255';

test('the second endpoint is asked if the kernel has no route to the first one', async () => {
  const { emulator, url } = await serve('aws', 'two-enis');
  const client = open('aws', [unroutable, url]);
  expect((await client.get(mac)).body).toBe('0a:75:69:92:e2:10');
  expect(emulator.counters()).toMatchObject({ requests: 2, puts: 1 });
  expect(client.endpoint()).toBe(url);
});

test('no route to any endpoint: the service is unreachable, which is no matter of tokens and hop limits', async () => {
  const other = 'http://224.0.0.1';
  const error = await open('aws', [unroutable, other])
    .get(mac)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'metadata-unreachable',
    message: `no metadata service at ${unroutable}: no route to it (ENETUNREACH); at ${other}: no route to it (ENETUNREACH)`,
    hint: expect.stringMatching(/^a machine without IPv4 needs the IPv6 endpoint/),
  });
});

test('an endpoint that has connected is not left for another one', async () => {
  const first = await serve('aws', 'two-enis');
  const second = await serve('aws', 'two-enis');
  const client = open('aws', [first.url, second.url]);
  await client.get(mac);
  await first.emulator.close();
  expect(await client.get(mac)).toEqual({ status: 0, body: 'connection refused' });
  expect(second.emulator.log).toEqual([]);
});

test('a request has its own deadline, and the next one goes on', async () => {
  const { emulator, url } = await serve('jdcloud', 'two-enis');
  emulator.fault({ match: 'slow', delayMs: 5000 });
  const client = open('jdcloud', [url], { requestMs: 200 });
  expect(await client.get('/slow')).toEqual({ status: 0, body: 'no answer within 0.2 s' });
  expect((await client.get('/metadata/latest/network/')).status).toBe(200);
});

test('a deadline runs while a request is on its way, not while it waits for its turn', async () => {
  const { emulator, url } = await serve('jdcloud', 'two-enis');
  emulator.fault({ match: '', delayMs: 500 });
  const client = open('jdcloud', [url], { requestMs: 2000 });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => client.get('/metadata/latest/network/')),
  );
  expect(answers.filter(a => a.status !== 200)).toEqual([]);
});

test('answers are limited in sum', async () => {
  const { emulator, url } = await serve('jdcloud', 'two-enis');
  emulator.fault({ match: '', lie: 'x'.repeat(300 * 1024) });
  const client = open('jdcloud', [url]);
  const answers = [await client.get('/a'), await client.get('/b'), await client.get('/c')];
  expect(answers.map(a => a.status)).toEqual([200, 0, 0]);
});

test.each([
  [
    'without a length, ended by closing',
    'HTTP/1.0 200 OK\r\n\r\n10.0.0.1',
    { status: 200, body: '10.0.0.1' },
  ],
  [
    'in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n10.0\r\n4\r\n.0.1\r\n0\r\n\r\n',
    { status: 200, body: '10.0.0.1' },
  ],
  [
    'shorter than its length',
    'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n10.0.0.1',
    { status: 0, body: 'connection lost in the middle of the answer' },
  ],
  ['that is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', { status: 0, body: 'not HTTP (HPE_INVALID_CONSTANT)' }],
  [
    'of bytes that are no UTF-8',
    'HTTP/1.0 200 OK\r\n\r\n\xff\xfe',
    { status: 0, body: 'answered with bytes that are not UTF-8' },
  ],
  [
    'that switches protocols',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    { status: 0, body: 'connection closed without an answer' },
  ],
])('an answer %s', async (_, text, expected) => {
  const url = await serveRaw(socket => socket.once('data', () => socket.end(Buffer.from(text, 'latin1'))));
  expect(await open('jdcloud', [url]).get('/x')).toEqual(expected);
});

test('an answer that never ends is cut at the deadline', async () => {
  const url = await serveRaw(socket => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  const answer = await open('jdcloud', [url], { requestMs: 300 }).get('/x');
  expect(answer).toEqual({ status: 0, body: 'no answer within 0.3 s' });
});

test('proxy variables are ignored, also where Node itself would follow them', async () => {
  const proxied: string[] = [];
  const proxy = createHttpServer((request, response) => {
    proxied.push(request.url ?? '');
    response.end('10.0.0.1');
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => proxy.close());
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { url } = await serve('aws', 'two-enis');
  const script = `
    const { readInstance } = await import(${JSON.stringify(fileURLToPath(new URL('../../agent/metadata/read-instance.ts', import.meta.url)))});
    const http = await import('node:http');
    const { instance } = await readInstance({ provider: 'aws', url: ${JSON.stringify(url)}, dmi: {} });
    await new Promise(done => http.get(${JSON.stringify(`${url}/control`)}, r => { r.resume(); r.on('end', done); }));
    console.log(instance.enis.length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
    env: {
      PATH: process.env.PATH,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: proxyUrl,
      http_proxy: proxyUrl,
      ALL_PROXY: proxyUrl,
    },
  });
  expect(stdout.trim()).toBe('2');
  // The plain http.get of the script did go through the proxy: the variables were in force.
  expect(proxied).toEqual([expect.stringContaining('/control')]);
});

test('an ENI that comes and goes while the service runs', async () => {
  const { emulator, url } = await serve('aws', 'hot-plug-0-before');
  const seen: number[][] = [];
  for (const step of [
    'hot-plug-0-before',
    'hot-plug-1-listed',
    'hot-plug-2-addresses',
    'hot-plug-3-complete',
    'hot-plug-0-before',
  ]) {
    emulator.replace(loadRecording('aws', step));
    const { instance } = await readInstance({ provider: 'aws', url, dmi: {} as never });
    seen.push([instance.enis.length, instance.problems.length]);
  }
  expect(seen).toEqual([
    [1, 0],
    [2, 3],
    [2, 1],
    [2, 0],
    [1, 0],
  ]);
  expect(changed(emulator.recording, {})).toEqual(loadRecording('aws', 'hot-plug-0-before'));
});

test.each([
  ['aws', 'two-enis', 'macs/$'],
  ['alibaba', 'two-enis', 'macs/$'],
  ['jdcloud', 'two-enis', 'network/$'],
] as const)(
  '%s: a name in the list of ENIs that cannot be asked for is that ENI’s trouble alone',
  async (provider, name, listing) => {
    const odd = [
      '02:00:00:00:00:0f /',
      '02:00:00:00:00:0e\t/',
      '7 /',
      'a b/',
      '../x/',
      'é/',
      '\u001b[2J/',
      '%/',
    ];
    const { emulator, url } = await serve(provider, name);
    const read = () => readInstance({ provider, url, dmi: {} as never });
    const { instance: honest } = await read();
    const path = emulator.log.find(r => new RegExp(listing).test(r.path))!.path;
    const { body } = await open(provider, [url]).get(path);
    const list = body.trim().startsWith('[')
      ? JSON.stringify([...(JSON.parse(body) as string[]), ...odd])
      : `${body}\n${odd.join('\n')}`;
    emulator.fault({ match: listing, lie: list });
    const { instance } = await read();
    expect(instance.enis.filter(eni => honest.enis.some(h => h.mac === eni.mac))).toEqual(honest.enis);
    // A name that is a MAC, or the number of an ENI, is one of which nothing is known; each other one is named.
    expect(instance.problems.length).toBeGreaterThanOrEqual(odd.length - 2);
  },
);
