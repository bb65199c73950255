// The ENIs of the tests' VMs. Data.
import type { EniSpec } from '../lab/vpc-spec.ts';

/** Names by the bus of the root port, as in cloud images; the ifupdown image has kernel names (net.ifnames=0), as older ones. */
export type Naming = 'slot' | 'kernel';

const eni = (
  naming: Naming,
  number: number,
  net: number,
  hosts: readonly number[],
  hosts6: readonly number[],
): EniSpec => ({
  link: naming === 'slot' ? `enp${number + 1}s0` : `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  subnets: [
    { subnet: `10.0.${net}.0/24`, addresses: hosts.map(host => `10.0.${net}.${host}`) },
    ...(hosts6.length === 0
      ? []
      : [{ subnet: `2001:db8:${net}::/64`, addresses: hosts6.map(host => `2001:db8:${net}::${host}`) }]),
  ],
});

export function enisOf(naming: Naming) {
  return {
    /** IPv4 by DHCP, as cloud-init configures it where nobody says more. */
    primary: eni(naming, 0, 9, [10], []),
    first: eni(naming, 1, 1, [30, 31], [10, 11]),
    second: eni(naming, 2, 2, [50], [20]),
  };
}
