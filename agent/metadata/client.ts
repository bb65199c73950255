// The metadata client of one read: few connections that stay open, a token where the cloud has one, retries that end. Bad
// answers become Responses with a reason; only "not there at all" is an exception. Knows no cloud: what differs is data in the
// Provider.
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentError } from '../errors.ts';
import { backoffMs } from './backoff.ts';
import { judgeAnswer, maxBodyBytes, noAnswer } from './judge-answer.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import type { MetadataClient, Response, TokenProtocol } from './provider.ts';
import type { Exchange } from './send-request.ts';
import { endingOf, prohibited, sendRequest, silence } from './send-request.ts';
import { limitTime } from './time-limit.ts';

/** AWS limits simultaneous connections and 1024 packets/s per ENI, shared with DNS and NTP, without saying how it refuses. */
const mostSockets = 4;
const mostAttempts = 3;

export interface ClientOptions {
  /** `http://ADDRESS[:PORT]`; a later one is tried while none has connected. */
  readonly endpoints: readonly [string, ...string[]];
  readonly headers: Readonly<Record<string, string>>;
  readonly token: TokenProtocol | undefined;
  /** Deadline of the whole read in milliseconds. Default 15000. */
  readonly totalMs?: number;
  /** Deadline of one request in milliseconds. Default 3000. */
  readonly requestMs?: number;
  /** Deadline of one TCP handshake in milliseconds. Default 1500. */
  readonly connectMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Connections at the same time, at most; 4 unless told. */
  readonly sockets?: number;
  /** Keeps the token over several reads. */
  readonly session?: TokenSession | undefined;
}

/** A token that outlives one read. */
export interface TokenSession {
  token?: Promise<string | undefined> | undefined;
}

export interface OpenClient extends MetadataClient {
  /** HTTP requests that were sent so far, tokens and repetitions included. */
  requests(): number;
  /** The one that has connected, else the one that is asked next. */
  endpoint(): string;
  /** Closes the connections and ends the time limit; either would keep the process alive. */
  close(): void;
}

/** Opens a client for one read of the tree; the time for the whole read starts now. */
export function openClient(options: ClientOptions): OpenClient {
  const sockets = Math.min(options.sockets ?? mostSockets, mostSockets);
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const total = new AbortController();
  const endTotal = limitTime(options.totalMs ?? 15_000, () => total.abort());
  const signal =
    options.signal === undefined ? total.signal : AbortSignal.any([total.signal, options.signal]);
  const ending = endingOf(signal);
  const takeTurn = limitConcurrency(sockets);
  let requests = 0;
  let bytesLeft = maxBodyBytes;
  let endpoint = 0;
  let everConnected = false;
  /** By endpoint, why it did not connect the last time. */
  const unconnected = new Map<string, string>();
  const session = options.session ?? {};

  async function tryOnce(method: 'GET' | 'PUT', path: string, headers: Record<string, string>) {
    if (signal.aborted) return failure('the time limit for reading the metadata is over');
    if (bytesLeft <= 0) return failure(`all answers together are larger than ${maxBodyBytes / 1024} KiB`);
    requests += 1;
    const asked = endpoint;
    const exchange = await sendRequest({
      agent,
      endpoint: options.endpoints[asked]!,
      method,
      path,
      headers: { ...options.headers, ...headers },
      deadlineMs: options.requestMs ?? 3000,
      connectMs: options.connectMs ?? 1500,
      maxBytes: bytesLeft,
      ending,
    });
    if (exchange.kind === 'answer') bytesLeft -= Buffer.byteLength(exchange.body);
    if (exchange.kind === 'answer' || exchange.connected) everConnected = true;
    else {
      unconnected.set(options.endpoints[asked]!, exchange.why);
      if (!everConnected && endpoint === asked) endpoint = (asked + 1) % options.endpoints.length;
    }
    return exchange;
  }

  async function send(
    method: 'GET' | 'PUT',
    path: string,
    headers: Record<string, string>,
  ): Promise<Response> {
    let last: Exchange = failure('not asked');
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      // The deadline of a request starts when it has its turn, not while it waits for a free connection.
      last = await takeTurn(() => tryOnce(method, path, headers));
      const wait = backoffMs(last, attempt);
      if (wait === undefined || attempt === mostAttempts || signal.aborted) break;
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
    if (options.signal?.aborted)
      throw new AgentError('metadata-unreachable', 'reading the metadata was cancelled');
    if (last.kind === 'answer') return judgeAnswer(last.status, last.body);
    if (!everConnected) throw unreachable(options.endpoints, unconnected, last.why);
    return noAnswer(last.why);
  }

  async function fetchToken(protocol: TokenProtocol): Promise<string | undefined> {
    const ttl = { [protocol.ttlHeader]: String(protocol.ttlSeconds), 'Content-Length': '0' };
    const { status, body } = await send('PUT', protocol.path, ttl);
    if (protocol.missingStatuses.includes(status)) return undefined;
    const text = body.trim();
    if (status === 200 && /^[\x21-\x7e]{1,4096}$/.test(text)) return text;
    throw tokenRefused(options.endpoints[endpoint]!, protocol.path, status, status === 0 ? body : undefined);
  }

  /** The token, or undefined where there are none. Asked for once, however many requests wait for it. */
  function currentToken(): Promise<string | undefined> {
    if (options.token === undefined) return Promise.resolve(undefined);
    const protocol = options.token;
    session.token ??= fetchToken(protocol).catch(error => {
      // A refusal is an answer to this read, not to the next one.
      session.token = undefined;
      throw error;
    });
    return session.token;
  }

  async function get(path: string): Promise<Response> {
    const headers = (text: string | undefined): Record<string, string> =>
      options.token === undefined || text === undefined ? {} : { [options.token.tokenHeader]: text };
    const used = currentToken();
    const response = await send('GET', path, headers(await used));
    if (response.status !== 401 || options.token === undefined) return response;
    // Expired, or the service was restarted: a new token, once per request. Requests that failed together share it.
    if (session.token === used) session.token = undefined;
    return send('GET', path, headers(await currentToken()));
  }

  function close(): void {
    endTotal();
    agent.destroy();
  }

  return { get, requests: () => requests, endpoint: () => options.endpoints[endpoint]!, close };
}

function failure(why: string): Exchange {
  return { kind: 'failure', why, connected: false, again: false };
}

/**
 * @param unconnected why each endpoint did not connect
 * @param last what counts where none was asked
 */
function unreachable(
  endpoints: readonly string[],
  unconnected: ReadonlyMap<string, string>,
  last: string,
): AgentError {
  const asked = endpoints.filter(e => unconnected.has(e)).map(e => `at ${e}: ${unconnected.get(e)}`);
  const text = asked.length === 0 ? `at ${endpoints.join(' or ')}: ${last}` : asked.join('; ');
  // Without IPv4 the second endpoint, by IPv6, is the only one, and EC2 has it switched off unless somebody asked for it.
  const needsSecond = endpoints.length > 1 && unconnected.get(endpoints[0]!)?.startsWith('no route') === true;
  const error = (hint?: string) =>
    new AgentError('metadata-unreachable', `no metadata service ${text}`, hint === undefined ? {} : { hint });
  // systemd 261 and later, where somebody has locked it: its own, marked packets have another way.
  if ([...unconnected.values()].includes(prohibited))
    return error(
      'if systemd-imds keeps programs out ("ip route show type prohibit"), boot with systemd.imds.network=unlocked on the kernel command line',
    );
  const hint =
    'a machine without IPv4 needs the IPv6 endpoint of the metadata service (on AWS: HttpProtocolIpv6=enabled)';
  return error(needsSecond ? hint : undefined);
}

/** The message never has the body: on 200 it would be something like a token. */
function tokenRefused(endpoint: string, path: string, status: number, why: string | undefined): AgentError {
  const where = `the metadata service at ${endpoint} gave no token: ${path}`;
  if (status === 403)
    return new AgentError('metadata-unreachable', `${where} answered 403`, {
      hint: 'the metadata service is disabled for this instance (HttpEndpoint=disabled), or a proxy is in between',
    });
  if (status === 0) {
    // The answer to the PUT has an IP hop limit of 1 by default, so that it never arrives behind a bridge.
    const hint =
      'in a container or behind a bridge the answer is dropped (hop limit 1): run eni-agent on the host itself';
    return new AgentError(
      'metadata-unreachable',
      `${where} failed: ${why}`,
      why?.startsWith(silence) ? { hint } : {},
    );
  }
  const shown = status === 200 ? 'answered 200 with something that is not a token' : `answered ${status}`;
  return new AgentError('metadata-invalid', `${where} ${shown}`);
}
