// A metadata service that serves a recording over HTTP: listings, tokens and error pages as the cloud has them. While it runs, a
// test can change an answer, swap the recording, and make it slow, dead or dishonest. Serves metadata-emulator-cli.ts and tests.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from '../../agent/metadata/provider.ts';
import type { RecordedAnswer, Recording } from '../../agent/metadata/recording.ts';
import { answer, recordedAnswer } from '../../agent/metadata/recording.ts';
import { providerNamed } from '../../agent/metadata/registry.ts';
import type { ListenAddress } from './metadata-emulator-guard.ts';
import { refuseAddress } from './metadata-emulator-guard.ts';
import type { TokenResponse } from './metadata-emulator-tokens.ts';
import { answerPut, errorPage, refuseGet, TokenBook } from './metadata-emulator-tokens.ts';

/** What goes wrong with requests whose path matches. The first fault that matches and is not used up counts. */
export interface Fault {
  /** Regular expression over the path. */
  readonly match: string;
  readonly method?: 'GET' | 'PUT' | undefined;
  /** How many requests it hits; without it, all of them. */
  readonly times?: number | undefined;
  /** Hits this share of them, 0 to 1: by chance, and the same chance each time. */
  readonly share?: number | undefined;
  /** Milliseconds before anything is sent. */
  readonly delayMs?: number | undefined;
  /** Milliseconds before each byte of the body. */
  readonly dripMs?: number | undefined;
  /** Closes the connection: without an answer, or in the middle of it. */
  readonly drop?: 'before' | 'middle' | undefined;
  /** Answers this status instead. */
  readonly status?: number | undefined;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Answers 200 with this text, while listings go on telling the truth. */
  readonly lie?: string | undefined;
}

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** 0 if the connection was closed instead. */
  readonly status: number;
  /** Whether the request carried a token; never the token itself. */
  readonly token: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Counters {
  readonly requests: number;
  readonly puts: number;
  readonly connections: number;
  /** Connections that were open at the same time, at most. */
  readonly mostConnections: number;
  /** Requests by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const longestLog = 20_000;

export class MetadataEmulator {
  #recording: Recording;
  readonly #servers: Server[] = [];
  readonly #tokens = new TokenBook();
  #faults: { fault: Fault; left: number }[] = [];
  #log: LoggedRequest[] = [];
  #connections = 0;
  #open = 0;
  #mostOpen = 0;
  readonly #chance = sameChance();

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  get recording(): Recording {
    return this.#recording;
  }

  get log(): readonly LoggedRequest[] {
    return this.#log;
  }

  /**
   * Listens (in addition, if it already does) and returns the URL. Port 0 takes a free one. Throws for an address that is not
   * loopback, unless `inNamespace` is set and true.
   */
  async listen(
    { host, port }: ListenAddress = { host: '127.0.0.1', port: 0 },
    inNamespace = false,
  ): Promise<string> {
    const refusal = refuseAddress(host, inNamespace);
    if (refusal !== undefined) throw new Error(refusal);
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on('connection', socket => {
      this.#connections += 1;
      this.#open += 1;
      this.#mostOpen = Math.max(this.#mostOpen, this.#open);
      socket.on('close', () => {
        this.#open -= 1;
      });
      // A client that goes away in the middle of an answer is a normal case here.
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve());
    });
    this.#servers.push(server);
    const bound = server.address() as AddressInfo;
    return `http://${bound.family === 'IPv6' ? `[${host}]` : host}:${bound.port}`;
  }

  /** Closes all connections and stops listening. */
  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    }
  }

  /** Sets one answer, or adds it. */
  set(path: string, response: RecordedAnswer): void {
    this.merge({ [path]: response });
  }

  /** Sets several answers in one step: an ENI that appears, or one half of it. */
  merge(responses: Recording['responses']): void {
    this.#recording = { ...this.#recording, responses: { ...this.#recording.responses, ...responses } };
  }

  /** Removes an answer; with a slash at its end, everything below it. Returns how many were removed. */
  remove(path: string): number {
    const paths = Object.keys(this.#recording.responses);
    const gone = paths.filter(p => p === path || (path.endsWith('/') && p.startsWith(path)));
    const responses = Object.fromEntries(
      Object.entries(this.#recording.responses).filter(([p]) => !gone.includes(p)),
    );
    this.#recording = { ...this.#recording, responses };
    return gone.length;
  }

  replace(recording: Recording): void {
    this.#recording = recording;
  }

  fault(fault: Fault): void {
    new RegExp(fault.match);
    this.#faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  expireTokens(): void {
    this.#tokens.expireAll();
  }

  clearLog(): void {
    this.#log = [];
  }

  counters(): Counters {
    const statuses: Record<string, number> = {};
    for (const { status } of this.#log) statuses[status] = (statuses[status] ?? 0) + 1;
    return {
      requests: this.#log.length,
      puts: this.#log.filter(r => r.method === 'PUT').length,
      connections: this.#connections,
      mostConnections: this.#mostOpen,
      statuses,
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    request.resume();
    const fault = this.#takeFault(request.method ?? '', path);
    if (fault?.delayMs !== undefined) await new Promise(resolve => setTimeout(resolve, fault.delayMs));
    const answered: TokenResponse = faultyAnswer(fault) ?? this.#answer(request, path);
    const dropped = fault?.drop !== undefined || answered.status === 0;
    this.#remember(request, path, dropped ? 0 : answered.status);
    if (fault?.drop === 'before' || answered.status === 0) {
      request.socket.destroy();
      return;
    }
    const body = Buffer.from(answered.body);
    response.writeHead(answered.status, {
      'Content-Type': 'text/plain',
      'Content-Length': body.length,
      ...this.#ttlHeader(answered),
      ...fault?.headers,
    });
    if (fault?.drop === 'middle') {
      response.write(body.subarray(0, Math.max(1, body.length >> 1)));
      setTimeout(() => request.socket.destroy(), 20);
      return;
    }
    if (fault?.dripMs !== undefined) return drip(response, body, fault.dripMs);
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #answer(request: IncomingMessage, path: string): TokenResponse {
    const { provider, token } = this.#recording;
    const tokenPath = providerNamed(provider).token?.path;
    if (path === tokenPath) {
      // A recording may say that there is no such path.
      const recorded = recordedAnswer(this.#recording, path);
      if (recorded !== undefined) return recorded;
    }
    if (request.method === 'PUT') return answerPut(provider, path, request.headers, this.#tokens);
    if (request.method !== 'GET' && request.method !== 'HEAD') return errorPage(provider, 405);
    if (path === tokenPath) return errorPage(provider, 405);
    const refused = refuseGet(provider, token === 'required', request.headers, this.#tokens);
    if (refused !== undefined) return refused;
    // cloud-init and others ask for a dated version of the tree, which has the same answers here.
    const found = answer(this.#recording, path.replace(/^\/\d{4}-\d{2}-\d{2}\//, '/latest/'));
    return found.status >= 400 && found.body === '' ? errorPage(provider, found.status) : found;
  }

  #ttlHeader(answered: TokenResponse): Record<string, string> {
    const header = providerNamed(this.#recording.provider).token?.ttlHeader;
    return answered.ttl === undefined || header === undefined ? {} : { [header]: answered.ttl };
  }

  #takeFault(method: string, path: string): Fault | undefined {
    const found = this.#faults.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.method === undefined || fault.method === method) &&
        new RegExp(fault.match).test(path) &&
        (fault.share === undefined || this.#chance() < fault.share),
    );
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  }

  #remember(request: IncomingMessage, path: string, status: number): void {
    const tokenHeader = providerNamed(this.#recording.provider).token?.tokenHeader.toLowerCase();
    const token = tokenHeader !== undefined && request.headers[tokenHeader] !== undefined;
    if (this.#log.length >= longestLog) this.#log.shift();
    this.#log.push({ method: request.method ?? '', path, status, token, at: Date.now() });
  }
}

/** What a fault answers in the place of the recording; undefined if it only delays or drops. */
function faultyAnswer(fault: Fault | undefined): Response | undefined {
  if (fault?.lie !== undefined) return { status: 200, body: fault.lie };
  if (fault?.status !== undefined) return { status: fault.status, body: fault.body ?? '' };
  return undefined;
}

async function drip(response: ServerResponse, body: Buffer, ms: number): Promise<void> {
  for (const byte of body) {
    await new Promise(resolve => setTimeout(resolve, ms));
    if (response.destroyed) return;
    response.write(Buffer.from([byte]));
  }
  response.end();
}

/** Numbers from 0 to 1 that look like chance and are the same each time (xorshift32). */
function sameChance(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
