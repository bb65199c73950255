// What the machine has to do with a default route of an ENI in main (plan/main-default.ts): what stands there now, what the primary's
// service may do to it, and whether kernel and backend know an IPv6 gateway that is on the link.
import { noIpv6OnLink, type Renderer } from '../../renderers/renderer.ts';
import type { State } from '../apply/state-file.ts';
import type { HostFacts } from '../model/host.ts';
import type { KernelState } from '../model/kernel-state.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';
import { connectivityPenalty } from '../model/penalty.ts';
import type { MainDefaults } from '../plan/main-default.ts';

export interface MainDefaultSources {
  readonly facts: HostFacts;
  readonly kernel: Pick<KernelState, 'routes'>;
  readonly state: Pick<State, 'applied'>;
  readonly renderer: Renderer;
}

export function mainDefaultsOf({ facts, kernel, state, renderer }: MainDefaultSources): MainDefaults {
  return {
    routes: kernel.routes,
    penalty: hasNetworkManager(renderer, facts) ? connectivityPenalty : 0,
    earlier: new Map(
      state.applied.map(eni => [
        eni.mac,
        eni.routes.flatMap(({ family, table, metric, ...route }) =>
          table === mainTable && isDefaultRoute(route) && metric !== undefined ? [{ family, metric }] : [],
        ),
      ]),
    ),
    noIpv6OnLink: noIpv6OnLink(renderer, facts),
  };
}

/** NetworkManager has the primary, whatever configures the ENIs. */
function hasNetworkManager({ name }: Renderer, { owners }: HostFacts): boolean {
  return name.startsWith('networkmanager-') || owners.networkmanager?.startsWith('100 (connected)') === true;
}
