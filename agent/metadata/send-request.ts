// One HTTP exchange with a metadata service, on node:http: a deadline, a body cap, no redirect, no proxy, no content coding.
// Tries once; retrying and tokens are the client's affair. Not fetch(): it costs 45 ms of CPU and 15 MB at start.

import { isUtf8 } from 'node:buffer';
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { onceEach } from '../model/value.ts';
import { limitTime } from './time-limit.ts';

export interface RequestOptions {
  readonly agent: Agent;
  /** `http://ADDRESS[:PORT]`. */
  readonly endpoint: string;
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For the whole exchange, the body included; milliseconds. */
  readonly deadlineMs: number;
  /** For the TCP handshake; milliseconds. */
  readonly connectMs: number;
  readonly maxBytes: number;
  /** Ends all requests of one read. */
  readonly ending: Ending;
}

/** The end of a read for all its requests: one listener of a signal, where each of them would add and remove its own. */
export interface Ending {
  readonly has: () => boolean;
  readonly pending: Set<() => void>;
}

export function endingOf(signal: AbortSignal): Ending {
  const pending = new Set<() => void>();
  const end = () => {
    for (const finish of [...pending]) finish();
  };
  signal.addEventListener('abort', end, { once: true });
  return { has: () => signal.aborted, pending };
}

export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly retryAfter: string | undefined;
    }
  | { readonly kind: 'failure'; readonly why: string; readonly connected: boolean; readonly again: boolean };

/**
 * Codes of errors below HTTP, where asking again, or at another endpoint, may help. A deadline that passed is none of them. The last four come
 * from connect() itself, without a packet: a route of type prohibit, a packet filter, a route of type blackhole, IPv6 that is not in the kernel.
 */
const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EPIPE',
  'ETIMEDOUT',
  'EACCES',
  'EPERM',
  'EINVAL',
  'EAFNOSUPPORT',
]);

/** What connect() says of a route of type prohibit. */
export const prohibited = 'no route to it but a route of type prohibit (EACCES)';

/** How the text of a failure begins where nothing came in time. */
export const silence = 'no answer within';

const lostMiddle = 'connection lost in the middle of the answer';

/** Sends one request. Never throws: what went wrong is in the result, without any header's value. */
export async function sendRequest(options: RequestOptions): Promise<Exchange> {
  // What a listing has named need not be a path. Node throws.
  if (!/^\/[\x21-\x7e]*$/.test(options.path))
    return { kind: 'failure', why: 'is no path that can be asked for', connected: true, again: false };
  return new Promise(resolve => {
    const { host, hostname, port } = placeOf(options.endpoint);
    let connected = false;
    let settled = false;
    let endConnectLimit = () => {};

    // An agent of its own also means no proxy: with NODE_USE_ENV_PROXY=1, Node >= 24.5 gives HTTP_PROXY to the global agent only.
    const outgoing = request({
      agent: options.agent,
      host: hostname,
      port,
      method: options.method,
      path: options.path,
      headers: { Host: host, 'User-Agent': 'eni-agent', ...options.headers },
    });
    const finish = (exchange: Exchange) => {
      settled = true;
      endLimit();
      endConnectLimit();
      options.ending.pending.delete(onAbort);
      resolve(exchange);
    };
    const fail = (why: string, again: boolean) => {
      // After a whole answer the socket belongs to the agent again and must not be destroyed by a late event.
      if (settled) return;
      finish({ kind: 'failure', why, connected, again });
      outgoing.destroy();
    };
    const onAbort = () => fail('the time limit for reading the metadata is over', false);
    const endLimit = limitTime(options.deadlineMs, () =>
      fail(`${silence} ${options.deadlineMs / 1000} s`, false),
    );
    options.ending.pending.add(onAbort);

    outgoing.on('socket', socket => {
      if (!socket.connecting) {
        // One that is kept open; or one that connect() itself has refused, because there is no route: destroyed, and its error is on the way.
        connected = !socket.destroyed;
        return;
      }
      endConnectLimit = limitTime(options.connectMs, () =>
        fail(`no connection within ${options.connectMs / 1000} s`, true),
      );
      socket.once('connect', () => {
        connected = true;
        endConnectLimit();
      });
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'unknown error';
      fail(explainCode(code), connectionErrors.has(code));
    });
    let answer: IncomingMessage | undefined;
    outgoing.on('close', () => {
      if (answer === undefined) fail('connection closed without an answer', true);
      // A whole answer whose connection the server closes at once: 'end' comes after this event.
      else if (!answer.complete) fail(lostMiddle, true);
    });
    outgoing.on('response', incoming => {
      answer = incoming;
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > options.maxBytes) fail(`more than ${Math.ceil(options.maxBytes / 1024)} KiB`, false);
        else chunks.push(chunk);
      });
      incoming.on('error', () => fail(lostMiddle, true));
      incoming.on('end', () => {
        if (!incoming.complete) fail(lostMiddle, true);
        else finish(readAnswer(incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks)));
      });
    });
    if (options.ending.has()) onAbort();
    else outgoing.end();
  });
}

function readAnswer(status: number, headers: IncomingHttpHeaders, bytes: Buffer): Exchange {
  // Node's parser lets 000 and 999 pass. 0 is our own word for "no answer", whose body is a reason that is shown.
  if (status < 100 || status > 599) {
    const why = `answered with the status ${status}, which is none`;
    return { kind: 'failure', why, connected: true, again: false };
  }
  const retryAfter = headers['retry-after'];
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    return { kind: 'failure', why: 'answered in a content coding', connected: true, again: false };
  const body = decode(bytes);
  if (body === undefined)
    return { kind: 'failure', why: 'answered with bytes that are not UTF-8', connected: true, again: false };
  return { kind: 'answer', status, body, retryAfter };
}

/** A byte order mark at its start is none of it. */
function decode(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8').replace(/^\ufeff/, '') : undefined;
}

interface Place {
  /** As the header has it. */
  readonly host: string;
  readonly hostname: string;
  readonly port: number;
}

/** Of `http://ADDRESS[:PORT]`. */
const placeOf = onceEach((endpoint): Place => {
  const { host, hostname, port } = new URL(endpoint);
  return { host, hostname: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
});

/** `EINVAL`: of type blackhole. */
function isNoRoute(code: string): boolean {
  return ['EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EINVAL'].includes(code);
}

function explainCode(code: string): string {
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ECONNRESET') return 'connection reset';
  if (code === 'EACCES') return prohibited;
  if (isNoRoute(code)) return `no route to it (${code})`;
  if (code.startsWith('HPE_')) return `not HTTP (${code})`;
  return code;
}
