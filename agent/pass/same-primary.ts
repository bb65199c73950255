// Who the primary is does not change while a machine lives: no cloud can detach it. Metadata that names another one is lying, and to believe it
// is to take over the link by which the machine is reached.
import { routeTo } from '../apply/primary/guard.ts';
import { isOfThisMachine, type State } from '../apply/state-file.ts';
import { AgentError } from '../errors.ts';
import type { InstanceReading } from '../metadata/read-instance.ts';
import type { Mac } from '../model/address.ts';
import type { KernelLink, KernelState } from '../model/kernel-state.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';
import type { Settings } from '../model/settings.ts';
import { matchLink } from '../plan/match-links.ts';
import type { System } from '../system/system.ts';
import type { PassContext } from './pass.ts';
import { metadataAddressOf } from './read-trusted.ts';

type Look = Pick<PassContext, 'system' | 'settings' | 'metadata'>;

/**
 * Throws `metadata-invalid` where the metadata names another primary than the last pass had, while the machine still goes by that one's link.
 * Not where the link is gone, nor on a machine made from the disk of another instance.
 *
 * @param state of an earlier version it has no primary: that may have been written by metadata that lied, and is not held against an honest one
 */
export async function mustBeSamePrimary(
  { system, settings, metadata }: Look,
  state: State,
  kernel: KernelState,
  reading: Pick<InstanceReading, 'instance' | 'endpoint'>,
): Promise<void> {
  const { instance } = reading;
  const now = instance.enis.find(eni => eni.primary)?.mac;
  const before = state.primary;
  if (before === undefined || now === undefined || now === before) return;
  if (!isOfThisMachine(state, instance.instanceId)) return;
  const link = linkOf(before, kernel, settings);
  if (link === undefined || !(await carriesMachine(system, link.name, kernel, settings, reading))) return;
  // The daemon asks for this key with everything else only: what is wrong now must not be remembered until then.
  metadata?.forget();
  throw new AgentError(
    'metadata-invalid',
    `the metadata names ${now} as the primary ENI, which was ${before} until now, and the machine still goes by that one's link ${link.name}`,
    {
      hint: `the current configuration is kept; if ${now} is the primary from now on, run "eni-agent once --force", else report the answer`,
    },
  );
}

/** A NIC if one can be told, else whatever stands in front of it (a bridge or a bond with its MAC). */
function linkOf(mac: Mac, { links }: KernelState, { agent }: Settings): KernelLink | undefined {
  return matchLink(mac, links, agent).link ?? links.find(l => l.mac === mac && l.master === undefined);
}

/** By a default route of main, or by what leads to the metadata where a lease has just ended. */
async function carriesMachine(
  system: System,
  link: string,
  { routes }: KernelState,
  settings: Settings,
  reading: Pick<InstanceReading, 'instance' | 'endpoint'>,
): Promise<boolean> {
  const isBy = (words: readonly string[]) => words.some((word, i) => word === link && words[i - 1] === 'dev');
  const defaults = routes.filter(r => r.table === mainTable && isDefaultRoute(r));
  if (defaults.some(r => r.link === link || isBy(r.text.split(' ')))) return true;
  const address = metadataAddressOf(reading, settings);
  return address !== undefined && isBy((await routeTo(system, address)).split(' '));
}
