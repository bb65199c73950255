// A metadata service that speaks HTTP as an enemy would. Whatever comes over the wire: a request ends in time, with the body of a plain
// answer or with a reason in our own words, and nothing of what was sent beside it is taken for an answer.

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { openClient } from '../../agent/metadata/client.ts';
import { providerNamed } from '../../agent/metadata/registry.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Answers the n-th request of all with `talk`. */
async function serve(talk: (socket: Socket, number: number) => void) {
  let requests = 0;
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.on('data', () => talk(socket, ++requests));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise(resolve => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}

function open(url: string, requestMs = 400) {
  const { headers, token } = providerNamed('jdcloud');
  const client = openClient({ endpoints: [url], headers, token, requestMs, totalMs: 4000 });
  cleanups.push(() => client.close());
  return client;
}

const ok = (body: string, ...headers: readonly string[]) =>
  `HTTP/1.1 200 OK\r\n${headers.map(h => `${h}\r\n`).join('')}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunked = (text: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`;
const evil = '10.66.66.66';

/** What is sent at once, and what becomes of it: a body, or why there is none. */
const rows: readonly (readonly [name: string, sent: string | Buffer, body: string | RegExp])[] = [
  [
    'gzip that nobody asked for',
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${gzipSync(evil).length}\r\n\r\n`,
      ),
      gzipSync(evil),
    ]),
    /content coding/,
  ],
  ['gzip of a hundred megabytes', bomb(), /content coding/],
  ['a body that is longer than all answers may be', ok('x'.repeat(2_000_000)), /longer|more than|too/],
  [
    'a length that nobody can send',
    'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nx',
    /no answer within|longer|lost/,
  ],
  ['a length that is negative', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx', /not HTTP/],
  ['two lengths', `HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx`, /not HTTP/],
  [
    'a length and chunks',
    `HTTP/1.1 200 OK\r\nContent-Length: 11\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${evil}`,
    /not HTTP/,
  ],
  ['a chunk of no number', chunked(`zz\r\n${evil}\r\n`), /not HTTP/],
  [
    'a chunk as long as a number can be',
    chunked(`ffffffffffffffff\r\n${evil}`),
    /not HTTP|no answer within|longer/,
  ],
  ['a chunk that is longer than it says', chunked(`1\r\n${evil}\r\n0\r\n\r\n`), /not HTTP/],
  ['chunk extensions without end', chunked(`1;${'a'.repeat(100_000)}\r\nx\r\n0\r\n\r\n`), /not HTTP/],
  ['trailers without end', chunked(`1\r\nx\r\n0\r\n${'A: b\r\n'.repeat(20_000)}\r\n`), /not HTTP/],
  [
    'a hundred thousand headers',
    ok('x', ...Array.from({ length: 100_000 }, (_, n) => `X-${n}: y`)),
    /not HTTP/,
  ],
  ['a header of a megabyte', ok('x', `X: ${'y'.repeat(1_000_000)}`), /not HTTP/],
  ['a header with NUL', ok('x', 'X: a\0b'), /not HTTP/],
  ['a header that goes on in the next line', ok('x', 'X: a\r\n b'), /not HTTP/],
  ['a header with a line end of its own', ok('x', 'X: a\rSet: b'), /not HTTP/],
  [
    'a reason of a megabyte',
    `HTTP/1.1 200 ${'O'.repeat(1_000_000)}\r\nContent-Length: 1\r\n\r\nx`,
    /not HTTP|^x$/,
  ],
  ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20_000), /no answer within/],
  ['hints before the answer', `HTTP/1.1 103 Early Hints\r\nLink: <${evil}>\r\n\r\n${ok('x')}`, 'x'],
  ['HTTP 0.9', evil, /not HTTP/],
  ['HTTP 2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, /not HTTP/],
  ['TLS', Buffer.from([0x15, 3, 1, 0, 2, 2, 70]), /not HTTP/],
  [
    'an event stream',
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n',
    /no answer within/,
  ],
  ['nothing but a status line', 'HTTP/1.1 200 OK\r\n', /no answer within/],
  ['a page for people', ok('<!DOCTYPE html><html>x</html>'), /HTML/],
  ['a page for people, after a mark of the byte order', ok('\ufeff<html>x</html>'), /HTML/],
];

function bomb(): Buffer {
  const body = gzipSync(Buffer.alloc(100_000_000));
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
}

describe('what is sent at once', () => {
  test.each(rows)('%s', async (_, sent, body) => {
    const { url } = await serve(socket => socket.write(sent));
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const answer = await open(url).get('/x');
    if (typeof body === 'string') expect(answer).toEqual({ status: 200, body });
    else {
      expect(answer.body).toMatch(body);
      expect(answer.body.length).toBeLessThan(200);
      expect(answer.body).toMatch(/^[\x20-\x7e]*$/);
    }
    expect(JSON.stringify(answer)).not.toContain(evil);
    // Four seconds are the limit of all requests together; as much again for a busy machine.
    expect(performance.now() - started).toBeLessThan(8000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

describe('in several steps', () => {
  test.each([301, 302, 303, 307, 308])(
    'a redirect (%i), away and in a circle: neither is asked',
    async status => {
      const elsewhere = await serve(socket => socket.end(ok(evil)));
      const here = await serve((socket, number) => {
        const to = number % 2 === 0 ? `${elsewhere.url}/x` : '/x';
        socket.write(`HTTP/1.1 ${status} Moved\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`);
      });
      const client = open(here.url);
      for (let time = 1; time <= 2; time++) {
        expect(await client.get('/x')).toMatchObject({ status });
        expect([here.requests(), elsewhere.requests()]).toEqual([time, 0]);
      }
    },
  );

  test('two answers to one question: the second is the answer to nothing', async () => {
    const { url } = await serve((socket, number) =>
      socket.write(number === 1 ? ok('a') + ok(evil) : ok('b')),
    );
    const client = open(url);
    expect((await client.get('/a')).body).toBe('a');
    expect((await client.get('/b')).body).toBe('b');
  });

  test('headers that come a byte at a time, for ever', async () => {
    const { url } = await serve(socket => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      const timer = setInterval(() => socket.write('y'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect((await open(url).get('/x')).body).toMatch(/no answer within 0.4 s/);
  });

  test.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['closed', (socket: Socket) => socket.end()],
    ['half an answer', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx')],
  ] as const)('each connection is %s: it is asked a few times', async (_, talk) => {
    const { url, requests } = await serve(talk);
    const { status, body } = await open(url, 2000).get('/x');
    expect(status).toBe(0);
    expect(body).toMatch(/^connection (lost|closed|reset)/);
    expect(requests()).toBeGreaterThan(1);
    expect(requests()).toBeLessThan(10);
  });
});
