// The metadata of this VM for a process that lives on: each read asks only for what may have changed, with one token for hours. Where an
// ENI has changed or gone everything is read again before anybody acts on it, so that nothing which is acted on comes from memory.

import type { Dmi } from '../model/host.ts';
import type { Eni, Instance, ProviderName } from '../model/instance.ts';
import { isSame } from '../model/value.ts';
import { type ClientOptions, type OpenClient, openClient, type TokenSession } from './client.ts';
import { type Detection, detectProvider } from './detect-provider.ts';
import type { ReadMemory, Responses } from './provider.ts';
import { endpointsOf, type InstanceReading } from './read-instance.ts';
import { providerNamed } from './registry.ts';

export interface MetadataSource {
  /**
   * Throws as readInstance does. A read that fails changes nothing in the memory.
   *
   * @param hurried somebody waits: several connections instead of one
   */
  read(hurried?: boolean): Promise<InstanceReading>;
  /** The next read asks for everything. */
  forget(): void;
  /** Ends a read that is under way; it fails. */
  close(): void;
  /** HTTP requests since the source was opened, failed reads included. */
  requests(): number;
}

export interface SourceOptions {
  readonly provider?: ProviderName | undefined;
  readonly url?: string | undefined;
  /** Deadline of one read in milliseconds. */
  readonly timeoutMs: number;
  readonly readDmi: () => Promise<Dmi>;
  /** Milliseconds that nobody can set: System.ticks. */
  readonly now: () => number;
  /** Opens the client of one read; HTTP unless told. */
  readonly connect?: (options: ClientOptions) => OpenClient;
}

/** The longest that AWS and Alibaba Cloud give. A token that was lost or refused earlier is replaced then. */
const tokenSeconds = 21_600;

interface Memory extends ReadMemory {
  readonly instance: Instance;
  /** When all of it was asked for. */
  readonly at: number | undefined;
}

export function openMetadataSource(options: SourceOptions): MetadataSource {
  let memory: Memory | undefined;
  let session: TokenSession & { readonly since: number } = { since: options.now() };
  let detected: Detection | undefined;
  let requests = 0;
  // One per read: a signal that lives as long as the process would collect listeners.
  let reading = new AbortController();

  async function readOnce(known: Memory | undefined, hurried = true): Promise<InstanceReading> {
    detected ??= await detect(options);
    const { provider, evidence } = detected;
    if (options.now() - session.since > tokenSeconds * 900) session = { since: options.now() };
    reading = new AbortController();
    const client = (options.connect ?? openClient)({
      endpoints: endpointsOf(provider, options.url),
      headers: provider.headers,
      token: provider.token && { ...provider.token, ttlSeconds: tokenSeconds },
      totalMs: options.timeoutMs,
      session,
      signal: reading.signal,
      // Where nobody waits a handshake less is worth more than a millisecond.
      ...(hurried ? {} : { sockets: 1 }),
    });
    try {
      const responses = await provider.read(client, known);
      const instance = provider.parse(responses);
      const at = known?.at ?? options.now();
      const endpoint = client.endpoint();
      return { instance, requests: client.requests(), responses, evidence, endpoint, at };
    } finally {
      requests += client.requests();
      client.close();
    }
  }

  /** A reading with problems is no memory: a late key may have been answered with a wrong value that looks right. */
  function remember({ instance, responses, at }: InstanceReading, turn: number): void {
    const complete = instance.problems.length === 0;
    memory = complete ? { instance, responses: successes(responses), turn, at } : undefined;
  }

  return {
    async read(hurried) {
      const known = memory;
      const reading = await readOnce(known, known === undefined || hurried === true);
      if (known === undefined || isUnchanged(known.instance, reading.instance)) {
        remember(reading, (known?.turn ?? 0) + 1);
        return reading;
      }
      const whole = await readOnce(undefined);
      remember(whole, 0);
      return { ...whole, requests: reading.requests + whole.requests };
    },
    forget() {
      memory = undefined;
    },
    close: () => reading.abort(),
    requests: () => requests,
  };
}

/** Whoever was there is there and the same. Who is new was asked for everything. */
function isUnchanged(before: Instance, now: Instance): boolean {
  const same = (earlier: Eni) => now.enis.some(eni => eni.mac === earlier.mac && isSame(eni, earlier));
  return now.instanceId === before.instanceId && now.problems.length === 0 && before.enis.every(same);
}

function successes(responses: Responses): Responses {
  return Object.fromEntries(Object.entries(responses).filter(([, { status }]) => status === 200));
}

/** The firmware does not change while we run. */
async function detect({ provider, readDmi }: SourceOptions): Promise<Detection> {
  if (provider === undefined) return detectProvider(await readDmi());
  return { provider: providerNamed(provider), evidence: 'named by the user' };
}
