// Whose the ENIs' links are: who else than this program configures them, by the files of the backend.

import type { Claim, Renderer } from '../../renderers/renderer.ts';
import type { State } from '../apply/state-file.ts';
import { bootScripts, linesByHand, placesOf } from '../coexistence/by-hand.ts';
import type { Mac } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { LinkIdentity } from '../model/link-identity.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';
import type { Settings } from '../model/settings.ts';
import { keyOf, oncePer } from '../model/value.ts';
import { matchLink } from '../plan/match-links.ts';
import { identifyLink } from '../system/facts/identify-link.ts';
import { readQuietly } from '../system/facts/probes.ts';
import type { System } from '../system/system.ts';

export interface ClaimsInput {
  readonly state: Pick<State, 'applied' | 'refused'>;
  readonly instance: Pick<Instance, 'enis'>;
  readonly kernel: KernelState;
  readonly settings: Pick<Settings, 'agent' | 'enis'>;
  readonly facts: HostFacts;
  readonly renderer: Pick<Renderer, 'claims' | 'supersedes'>;
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
    const isOurs = input.state.applied.some(plan => plan.mac === eni.mac && plan.link === link.name);
    const all = claimsBy(input.renderer)(input.facts)(await identifyLink(system, link));
    const [claim] = strangersOf(all, isOurs);
    const text =
      claim === undefined ? await defaultByHand(system, eni.mac, link.name, input) : claimText(claim);
    if (text !== undefined) claims.set(link.name, text);
  }
  return claims;
}

/** By whom the links of these facts are claimed; asked anew for one of which something else is known (udev numbers it anew when it comes again). */
const claimsBy = oncePer((renderer: Pick<Renderer, 'claims'>) =>
  oncePer((facts: HostFacts) => {
    const known = new Map<string, { readonly of: string; readonly claims: readonly Claim[] }>();
    return (link: LinkIdentity): readonly Claim[] => {
      const [of, before] = [keyOf(link), known.get(link.name)];
      if (before?.of === of) return before.claims;
      const claims = renderer.claims(link, facts);
      known.set(link.name, { of, claims });
      return claims;
    };
  }),
);

/**
 * The claims for which a link is left alone. What an image ships for every NIC is there to be taken over, and a file that nobody can read
 * (an error in somebody's YAML) must not make us give up an ENI that works.
 */
export function strangersOf(claims: readonly Claim[], isOurs = false): readonly Claim[] {
  return claims.filter(({ of }) => of !== 'image' && !(isOurs && of === 'unknown'));
}

/** As the compilers write it, so that an editor jumps to it: `PATH:LINE: TEXT`. */
export function claimText({ path, line, text }: Claim): string {
  return `${path}${line === undefined ? '' : `:${line}`}: ${text}`;
}

/**
 * A default route in main by the link of an ENI that was never ours, which neither DHCP nor a router advertisement has brought: somebody
 * wants his packets to go there, as in the instructions of a vendor for a second NIC (`ip route add default via GW dev eth1 metric 1001`
 * in rc.local). To apply beside it would fail and be rolled back each time. A route that comes later is taken away (evict-defaults.ts).
 */
async function defaultByHand(
  system: System,
  mac: Mac,
  link: string,
  input: ClaimsInput,
): Promise<string | undefined> {
  const isOurs = input.state.applied.some(eni => eni.mac === mac);
  // What `rollback` took back is not applied anyway, and stays known by its plan.
  const isRefused = input.state.refused !== undefined;
  if (isOurs || isRefused || input.settings.enis.get(mac)?.defaultRoute === true) return undefined;
  // dhclient's script adds its route as a person does, without a protocol: there it is the lease that tells, or the file of the helper. The
  // clients of networkd and NetworkManager, and dhcpcd, mark theirs, and one without a mark beside those is a person's.
  const isMarked = input.kernel.routes.some(r => r.link === link && r.protocol === 'dhcp');
  const isLeased =
    !isMarked && input.kernel.addresses.some(a => a.link === link && a.family === 4 && a.dynamic);
  if (isLeased || input.renderer.supersedes?.(link, input.facts) !== undefined) return undefined;
  const route = input.kernel.routes.find(
    r =>
      r.table === mainTable && r.link === link && isDefaultRoute(r) && !/^(dhcp|ra|kernel)$/.test(r.protocol),
  );
  if (route === undefined) return undefined;
  const family = route.family === 6 ? 'ip -6' : 'ip';
  return `the default route "${route.text}" in main was not added by eni-agent; to hand the ENI over, remove it ("${family} route del ${route.text}") and what adds it at boot (${await scriptOf(system, link)}), then run "eni-agent refresh"`;
}

async function scriptOf(system: System, link: string): Promise<string> {
  const files: Record<string, string> = {};
  for (const path of bootScripts) {
    const text = await readQuietly(system, path);
    if (text !== undefined) files[path] = text;
  }
  const lines = linesByHand(files, [link]);
  return lines.length === 0 ? 'rc.local, a script' : placesOf(lines);
}
