// The columns of the matrix: which backend runs on which Debian release, and how the ENIs get their addresses. Data.

import type { Suite } from '../lab/guest.ts';
import type { ImageName } from '../lab/images.ts';

export type Addressing = 'static' | 'dhcp';

export interface Column {
  readonly image: ImageName;
  readonly suite: Suite;
  readonly addressing: Addressing;
}

/** The version of each service is in test/setup.sh. Debian 11 has no netplan in its images, and NetworkManager is no cloud's there. */
const suitesOf: Readonly<Record<ImageName, readonly Suite[]>> = {
  ifupdown: ['bullseye', 'bookworm', 'trixie'],
  netplan: ['bookworm', 'trixie'],
  networkd: ['bullseye', 'bookworm', 'trixie'],
  'networkmanager-keyfile': ['bookworm', 'trixie'],
};

/**
 * The columns of one backend that this run has: all with MATRIX=all, else those of bookworm. MATRIX=trixie/dhcp picks some by their name.
 */
export function columnsOf(image: ImageName, wanted = process.env.MATRIX ?? 'bookworm'): readonly Column[] {
  const all = suitesOf[image].flatMap(suite =>
    (['static', 'dhcp'] as const).map(addressing => ({ image, suite, addressing })),
  );
  return wanted === 'all' ? all : all.filter(column => nameOf(column).includes(wanted));
}

/** `networkd/trixie/dhcp`: how a column is called in the table and on the command line. */
export function nameOf({ image, suite, addressing }: Column): string {
  return `${image}/${suite}/${addressing}`;
}
