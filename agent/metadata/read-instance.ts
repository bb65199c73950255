// Reads the metadata of this VM once: which cloud, where, all answers, and the Instance that they make. The one entry for
// reconcile; everything below it is replaceable by a recording.
import { AgentError } from '../errors.ts';
import type { Dmi } from '../model/host.ts';
import type { Instance, ProviderName } from '../model/instance.ts';
import { openClient } from './client.ts';
import { detectProvider } from './detect-provider.ts';
import type { Provider, Responses } from './provider.ts';
import { providerNamed } from './registry.ts';
import { quote } from './scalars.ts';

export interface ReadOptions {
  /** The cloud that the user named; else the DMI data decides. */
  readonly provider?: ProviderName | undefined;
  /** `http://HOST[:PORT]` instead of the cloud's own address. */
  readonly url?: string | undefined;
  readonly dmi: Dmi;
  /** Deadline of the whole read in milliseconds. Default 15000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface InstanceReading {
  readonly instance: Instance;
  /** HTTP requests that were sent. */
  readonly requests: number;
  readonly responses: Responses;
  /** Why this cloud: the DMI string that said so, or that it was named. */
  readonly evidence: string;
  /** Where the service answered. */
  readonly endpoint?: string | undefined;
  /** When the oldest part of it was said, milliseconds since the epoch; undefined if nobody knows. */
  readonly at?: number | undefined;
}

/** Throws `provider-unknown`, `metadata-unreachable`, `metadata-invalid`, and `usage` for a url that is none. */
export async function readInstance(options: ReadOptions): Promise<InstanceReading> {
  const { provider, evidence } =
    options.provider === undefined
      ? detectProvider(options.dmi)
      : { provider: providerNamed(options.provider), evidence: 'named by the user' };
  const client = openClient({
    endpoints: endpointsOf(provider, options.url),
    headers: provider.headers,
    token: provider.token,
    signal: options.signal,
    ...(options.timeoutMs === undefined ? {} : { totalMs: options.timeoutMs }),
  });
  try {
    const responses = await provider.read(client);
    const instance = provider.parse(responses);
    return { instance, requests: client.requests(), responses, evidence, endpoint: client.endpoint() };
  } finally {
    client.close();
  }
}

/** Where to ask: the url and nothing else if there is one, so that a test never reaches the cloud's own address. */
export function endpointsOf(provider: Provider, url: string | undefined): readonly [string, ...string[]] {
  if (url !== undefined) return [parseEndpoint(url)];
  const { endpoint, fallbackEndpoint } = provider;
  return fallbackEndpoint === undefined ? [endpoint] : [endpoint, fallbackEndpoint];
}

/** Throws `usage` for anything but `http://HOST[:PORT]`: no TLS, since no service has it, no user, no path. */
function parseEndpoint(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain =
    parsed?.protocol === 'http:' &&
    parsed.username === '' &&
    parsed.password === '' &&
    parsed.pathname === '/' &&
    parsed.search === '' &&
    parsed.hash === '';
  if (parsed === undefined || !isPlain)
    throw new AgentError('usage', `the metadata url ${quote(url)} is not of the form http://HOST[:PORT]`);
  return parsed.origin;
}
