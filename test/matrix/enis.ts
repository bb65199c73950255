// The ENIs of the matrix's machine: a primary, two that are there at boot, one that is plugged in, one that joins a subnet. Data.
import type { EniSpec } from '../lab/vpc-spec.ts';
import type { Addressing } from './columns.ts';

const macOf = (number: number) => `02:00:00:00:00:0${number + 1}`;

const eni = (number: number, net: number, hosts: readonly number[], hosts6: readonly number[]): EniSpec => ({
  link: `eth${number}`,
  mac: macOf(number),
  // The router advertises itself on every secondary ENI: none may take a default route from it.
  advertise: number > 0,
  subnets: [
    { subnet: `10.0.${net}.0/24`, addresses: hosts.map(host => `10.0.${net}.${host}`) },
    { subnet: `2001:db8:${net}::/64`, addresses: hosts6.map(host => `2001:db8:${net}::${host}`) },
  ],
});

export const primary = eni(0, 9, [10], [10]);
export const first = eni(1, 1, [30, 31, 32], [10, 11]);
export const second = eni(2, 2, [50, 51], [20]);
export const plugged = eni(3, 3, [70, 71], [30]);
/** In the subnets of the first. */
export const joining: EniSpec = { ...eni(4, 1, [90, 91], [40]), advertise: false };
/** The second one again, in another subnet. */
export const reattached: EniSpec = { ...eni(2, 7, [77], [20]), mac: macOf(2) };

/** The agent's configuration: whether the cloud's DHCP brings the first address of each ENI. */
export function eniSections(addressing: Addressing): string {
  if (addressing === 'static') return '';
  return [1, 2, 3, 4].map(number => `[eni "${macOf(number)}"]\nmode = dhcp\n`).join('\n');
}
