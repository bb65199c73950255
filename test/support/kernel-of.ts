// A kernel that has exactly what some plans ask for, made without the code under test: the links, the addresses (leased ones too),
// the routes and the rules as the kernel would list them.
import type { KernelState } from '../../agent/model/kernel-state.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';

export function kernelOf(enis: readonly EniPlan[]): KernelState {
  return {
    links: enis.map((eni, index) => ({
      name: eni.link,
      index: index + 3,
      altNames: [],
      mac: eni.mac,
      permanentMac: undefined,
      up: true,
      group: 0,
      mtu: eni.mtu ?? 1500,
      master: undefined,
      kind: undefined,
      physical: true,
      driver: 'ena',
    })),
    addresses: enis.flatMap(eni =>
      eni.addresses.map(a => ({ ...a, link: eni.link, scope: 'global', tentative: false })),
    ),
    routes: enis.flatMap(eni =>
      eni.routes.map(r => ({ ...r, link: eni.link, protocol: '129', opaque: undefined, text: 'as planned' })),
    ),
    rules: enis.flatMap(eni =>
      eni.rules.map(r => ({ ...r, iif: r.localOnly ? 'lo' : undefined, protocol: '129', opaque: undefined })),
    ),
    acceptRa: new Map(enis.map(eni => [eni.link, '0'])),
  };
}
