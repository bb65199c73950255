// The metadata, read so that it may be acted on.
import { isOfThisMachine, type State } from '../apply/state-file.ts';
import { type InstanceReading, readInstance } from '../metadata/read-instance.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import { agree, believe, takesAway } from '../plan/believe.ts';
import { readDmi } from '../system/facts/dmi.ts';
import type { PassContext } from './pass.ts';

/**
 * Reads the metadata; a second time, a little later, if acting on the first reading would take something away. `doubted`: the second did not
 * confirm it.
 */
export async function readTrusted(
  context: PassContext,
  state: State,
  kernel: KernelState,
  atHand: InstanceReading | undefined,
): Promise<{ readonly instance: Instance; readonly requests: number; readonly doubted: boolean }> {
  const first = atHand ?? (await readMetadata(context));
  const sameMachine = isOfThisMachine(state, first.instance.instanceId);
  const doubt = {
    lastGood: sameMachine ? state.lastGood : [],
    linkGone: (mac: string) => !kernel.links.some(l => l.mac === mac),
  };
  if (!takesAway(first.instance, doubt))
    return {
      instance: believe(first.instance, { ...doubt, confirmed: false }),
      requests: first.requests,
      doubted: false,
    };
  await context.system.sleep(context.settings.metadata.confirmDelayMs);
  // What comes from memory confirms nothing.
  context.metadata?.forget();
  const second = await readMetadata(context);
  const confirmed = agree(first.instance, second.instance);
  context.log.debug({ confirmed }, 'read the metadata again, to confirm that something is gone from it');
  return {
    instance: believe(second.instance, { ...doubt, confirmed }),
    requests: first.requests + second.requests,
    doubted: !confirmed,
  };
}

async function readMetadata({ system, settings, metadata }: PassContext): Promise<InstanceReading> {
  if (metadata !== undefined) return metadata.read();
  const { provider, url, timeoutMs } = settings.metadata;
  return readInstance({ provider, url, timeoutMs, dmi: await readDmi(system) });
}
