// The links that a machine with these ENIs would have: for rendering offline, where there is no kernel to ask.
import type { Mac } from '../model/address.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelLink } from '../model/kernel-state.ts';

/** eth0 for the primary, then eth1 and so on in the order of the instance; `names` overrides. An EFA-only ENI has no link. */
export function imagineLinks(
  instance: Instance,
  names: ReadonlyMap<Mac, string> = new Map(),
): readonly KernelLink[] {
  const primary = instance.enis.filter(eni => eni.primary);
  const others = instance.enis.filter(eni => !eni.primary && eni.carriesIp);
  return [...primary, ...others].map((eni, index) => ({
    name: names.get(eni.mac) ?? `eth${index}`,
    index: index + 2,
    altNames: [],
    mac: eni.mac,
    permanentMac: undefined,
    up: true,
    mtu: 1500,
    group: 0,
    master: undefined,
    kind: undefined,
    physical: true,
    driver: undefined,
  }));
}
