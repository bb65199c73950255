// What package managers show of the package.
import type { Variant } from './artefacts.ts';

/** Lines of at most 75 characters; an empty one between paragraphs. */
export function longDescription(variant: Variant): readonly string[] {
  return [
    'Asks the metadata service which ENIs are attached to this VM, writes their',
    'addresses, a routing table and policy rules for each in the format of the',
    "distribution's own network service, makes that service load them, and",
    'rolls back what it cannot verify. It does not configure the primary ENI.',
    '',
    'For Alibaba Cloud ECS, AWS EC2 and JD Cloud. Brings its own Node.js.',
    ...(variant === 'plain'
      ? []
      : ['', 'This variant also brings its own C library, for systems whose glibc is', 'older than 2.28.']),
  ];
}
