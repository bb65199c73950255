// The machines of the bench: N ENIs (the primary is one of them) with M IPv4 addresses each, as EniSpecs of the lab's VPC. Data only.
import type { EniSpec } from '../lab/vpc-spec.ts';

export interface Size {
  /** ENIs, the primary included. */
  readonly enis: number;
  /** IPv4 addresses of each ENI. */
  readonly addresses: number;
}

/** The size that most budgets are given for. */
export const usualSize: Size = { enis: 4, addresses: 10 };
export const largestSize: Size = { enis: 15, addresses: 50 };

export const sizes: readonly Size[] = [
  { enis: 2, addresses: 1 },
  usualSize,
  { enis: 15, addresses: 30 },
  largestSize,
];

export function nameOf({ enis, addresses }: Size): string {
  return `(${enis},${addresses})`;
}

/** ENI number n, 0 being the primary: each in a subnet of its own. */
export function eniNumber(n: number, addresses: number): EniSpec {
  return {
    link: `eth${n}`,
    mac: `02:00:00:00:00:${(n + 1).toString(16).padStart(2, '0')}`,
    subnets: [
      {
        subnet: `10.0.${n}.0/24`,
        addresses: Array.from({ length: addresses }, (_, i) => `10.0.${n}.${10 + i}`),
      },
    ],
  };
}

export function enisOf(size: Size): readonly EniSpec[] {
  return Array.from({ length: size.enis }, (_, n) => eniNumber(n, size.addresses));
}
