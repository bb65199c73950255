// The metadata, read so that it may be acted on.
import { isOfThisMachine, type State } from '../apply/state-file.ts';
import { endpointsOf, type InstanceReading, readInstance } from '../metadata/read-instance.ts';
import { providerNamed } from '../metadata/registry.ts';
import { type Ip, parseIp } from '../model/address.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { Settings } from '../model/settings.ts';
import { agree, believe, takesAway } from '../plan/believe.ts';
import { readDmi } from '../system/facts/dmi.ts';
import type { PassContext } from './pass.ts';

/** An answer that waited longer than that for its pass is one of earlier. */
const freshMs = 10_000;

/** Where it was answered is that of the reading that counts. */
export interface TrustedReading extends Pick<InstanceReading, 'instance' | 'requests' | 'endpoint'> {
  readonly doubted: boolean;
}

/**
 * Reads the metadata; a second time, a little later, if acting on the first reading would take something away. `doubted`: the second did not
 * confirm it.
 *
 * @param atHand spares the first reading, but is no witness if it is one of earlier (an answer that could not be applied, what the last pass
 * believed): others may have contradicted it since, and one wrong answer more would confirm it
 */
export async function readTrusted(
  context: PassContext,
  state: State,
  kernel: KernelState,
  atHand: InstanceReading | undefined,
): Promise<TrustedReading> {
  const doubtOf = ({ instance }: InstanceReading) => ({
    lastGood: isOfThisMachine(state, instance.instanceId) ? state.lastGood : [],
    linkGone: (mac: string) => !kernel.links.some(l => l.mac === mac),
  });
  const isStale = (reading: InstanceReading) =>
    !isFresh(reading, context.system.ticks()) && takesAway(reading.instance, doubtOf(reading));
  const given = atHand ?? (await readMetadata(context));
  const first = given === atHand && isStale(atHand) ? await readAnew(context) : given;
  const doubt = doubtOf(first);
  if (!takesAway(first.instance, doubt))
    return {
      instance: believe(first.instance, { ...doubt, confirmed: false }),
      requests: first.requests,
      endpoint: first.endpoint,
      doubted: false,
    };
  await context.system.sleep(context.settings.metadata.confirmDelayMs);
  const second = await readAnew(context);
  const confirmed = agree(first.instance, second.instance);
  context.log.debug({ confirmed }, 'read the metadata again, to confirm that something is gone from it');
  return {
    instance: believe(second.instance, { ...doubt, confirmed }),
    endpoint: second.endpoint,
    requests: first.requests + second.requests,
    doubted: !confirmed,
  };
}

/** Not at a moment to come either: then the clock was set back meanwhile. */
function isFresh({ at = Number.NEGATIVE_INFINITY }: InstanceReading, now: number): boolean {
  return at <= now && now - at <= freshMs;
}

/** What comes from memory confirms nothing. */
function readAnew(context: PassContext): Promise<InstanceReading> {
  context.metadata?.forget();
  return readMetadata(context);
}

async function readMetadata({ system, settings, metadata }: PassContext): Promise<InstanceReading> {
  if (metadata !== undefined) return metadata.read();
  const { provider, url, timeoutMs } = settings.metadata;
  return readInstance({ provider, url, timeoutMs, dmi: await readDmi(system) });
}

/** The address whose route is part of the primary's picture: of the endpoint that answered, which by IPv6 alone is the second one. */
export function metadataAddressOf(
  { instance, endpoint }: Pick<InstanceReading, 'instance' | 'endpoint'>,
  settings: Settings,
): Ip | undefined {
  const [first] = endpointsOf(providerNamed(instance.provider), settings.metadata.url);
  return parseIp(new URL(endpoint ?? first).hostname.replace(/^\[|\]$/g, ''));
}
