// The metadata of this VM for a process that lives on: each read asks only for what may have changed, with one token for hours. What
// looks new is read again in full before anybody acts on it, so that nothing which is acted on comes from memory.
import type { Dmi } from '../model/host.ts';
import type { ProviderName } from '../model/instance.ts';
import { type ClientOptions, type OpenClient, openClient, type TokenSession } from './client.ts';
import { type Detection, detectProvider } from './detect-provider.ts';
import type { ReadMemory, Responses } from './provider.ts';
import { endpointsOf, type InstanceReading } from './read-instance.ts';
import { providerNamed } from './registry.ts';

export interface MetadataSource {
  /** Throws as readInstance does. A read that fails changes nothing in the memory. */
  read(): Promise<InstanceReading>;
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
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Opens the client of one read; HTTP unless told. */
  readonly connect?: (options: ClientOptions) => OpenClient;
}

/** The longest that AWS and Alibaba Cloud give. A token that was lost or refused earlier is replaced then. */
const tokenSeconds = 21_600;

export function openMetadataSource(options: SourceOptions): MetadataSource {
  let memory: (ReadMemory & { readonly enis: string }) | undefined;
  let session: TokenSession & { readonly since: number } = { since: options.now() };
  let detected: Detection | undefined;
  let requests = 0;
  // One per read: a signal that lives as long as the process would collect listeners.
  let reading = new AbortController();

  async function readOnce(known: ReadMemory | undefined): Promise<InstanceReading> {
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
      // Nobody waits for a look at what may have changed: a handshake less is worth more than a millisecond.
      ...(known === undefined ? {} : { sockets: 1 }),
    });
    try {
      const responses = await provider.read(client, known);
      return { instance: provider.parse(responses), requests: client.requests(), responses, evidence };
    } finally {
      requests += client.requests();
      client.close();
    }
  }

  /** A reading with problems is no memory: a late key may have been answered with a wrong value that looks right. */
  function remember({ instance, responses }: InstanceReading, turn: number): void {
    const enis = JSON.stringify(instance);
    memory = instance.problems.length > 0 ? undefined : { enis, responses: successes(responses), turn };
  }

  return {
    async read() {
      const known = memory;
      const reading = await readOnce(known);
      const isSame = known !== undefined && JSON.stringify(reading.instance) === known.enis;
      if (known === undefined || isSame) {
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

function successes(responses: Responses): Responses {
  return Object.fromEntries(Object.entries(responses).filter(([, { status }]) => status === 200));
}

/** The firmware does not change while we run. */
async function detect({ provider, readDmi }: SourceOptions): Promise<Detection> {
  if (provider === undefined) return detectProvider(await readDmi());
  return { provider: providerNamed(provider), evidence: 'named by the user' };
}
