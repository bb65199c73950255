// Files of systemd-networkd, and what it makes of them. Source: systemd.network(5) and systemd.link(5) of 257.
import type { ClaimCase } from '../../support/claim-cases.ts';

export const networkdCases: readonly ClaimCase[] = [
  {
    name: 'by name',
    files: { '/etc/systemd/network/20-storage.network': '[Match]\nName=ens6\n\n[Network]\nDHCP=yes\n' },
    expect: 'claimed',
    at: '/etc/systemd/network/20-storage.network',
  },
];
