// The contract of a provider: the code that knows one cloud's metadata service. read() decides which paths to ask for and
// fetches them; parse() is pure and turns the answers into an Instance, so that a recording of the answers is as good as the
// service itself. A provider knows nothing about links, plans or backends.
import type { Dmi } from '../model/host.ts';
import type { Instance, ProviderName } from '../model/instance.ts';

/** One answer. Status 0 means that none came: the body then says why, in one line (`no answer within 3 s`). */
export interface Response {
  readonly status: number;
  readonly body: string;
}

/** Every path that was asked for, with what came back. */
export type Responses = Readonly<Record<string, Response>>;

export interface MetadataClient {
  /**
   * Asks for one path. A bad or missing answer is a Response, not an exception: only the parser knows what it means.
   * Throws `metadata-unreachable` if the service cannot be connected to at all or gives no token.
   */
  get(path: string): Promise<Response>;
}

/** What an earlier read of the same instance was told, for a read that asks only for what may have changed. */
export interface ReadMemory {
  readonly responses: Responses;
  /** Counts the reads: what need not be asked each time is asked in turns. */
  readonly turn: number;
}

/** A session token: PUT `path` with the lifetime, then send the body of the answer with each request. */
export interface TokenProtocol {
  readonly path: string;
  readonly ttlHeader: string;
  readonly tokenHeader: string;
  readonly ttlSeconds: number;
  /** Answers to the PUT that mean "no tokens here, ask without". Empty where every platform has them. */
  readonly missingStatuses: readonly number[];
}

export interface Provider {
  readonly name: ProviderName;
  readonly title: string;
  /** Where the service is, `http://ADDRESS`. */
  readonly endpoint: string;
  /** Asked if the first does not connect; never where the user named an endpoint. */
  readonly fallbackEndpoint: string | undefined;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly token: TokenProtocol | undefined;
  /** What in the DMI says that this is the cloud, for a person; undefined if nothing does. No network. */
  matches(dmi: Dmi): string | undefined;
  /**
   * Fetches what parse() needs, with as few requests as the service allows; with a memory, keys that an ENI keeps for life are taken
   * from there. Throws what the client throws.
   */
  read(client: MetadataClient, memory?: ReadMemory): Promise<Responses>;
  /**
   * Throws `metadata-unreachable` or `metadata-invalid` if the answers do not tell which ENIs there are and which one is
   * primary: without that, nothing may be configured. Everything smaller is an unknown reading with a Problem.
   */
  parse(responses: Responses): Instance;
}
