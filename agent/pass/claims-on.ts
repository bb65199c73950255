// Whose the ENIs' links are: who else than this program configures them, by the files of the backend.

import type { Claim, Renderer } from '../../renderers/renderer.ts';
import type { HostFacts } from '../model/host.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { Settings } from '../model/settings.ts';
import { matchLink } from '../plan/match-links.ts';
import { identifyLink } from '../system/facts/identify-link.ts';
import type { System } from '../system/system.ts';

export interface ClaimsInput {
  readonly instance: Pick<Instance, 'enis'>;
  readonly kernel: KernelState;
  readonly settings: Pick<Settings, 'agent'>;
  readonly facts: HostFacts;
  readonly renderer: Pick<Renderer, 'claims'>;
}

/**
 * Link names and where somebody else configures them. Only links that are an ENI's own are looked at: another link may have a name that cannot
 * stand in a file (`wg+0`), and it concerns nobody here.
 */
export async function claimsOn(system: System, input: ClaimsInput): Promise<ReadonlyMap<string, string>> {
  const claims = new Map<string, string>();
  for (const eni of input.instance.enis) {
    const { link } = matchLink(eni.mac, input.kernel.links, input.settings.agent);
    if (link === undefined || eni.primary) continue;
    const [claim] = strangersOf(input.renderer.claims(await identifyLink(system, link), input.facts));
    if (claim !== undefined) claims.set(link.name, claimText(claim));
  }
  return claims;
}

/** The claims for which a link is left alone. What an image ships for every NIC is there to be taken over. */
export function strangersOf(claims: readonly Claim[]): readonly Claim[] {
  return claims.filter(claim => claim.of !== 'image');
}

/** As the compilers write it, so that an editor jumps to it: `PATH:LINE: TEXT`. */
export function claimText({ path, line, text }: Claim): string {
  return `${path}${line === undefined ? '' : `:${line}`}: ${text}`;
}
