// Configuration of the lab's guest as a person would write it for ifupdown: what the proof of the lab runs on, before any
// agent. Three ENIs on Alibaba's gateways: eth0 the primary, eth1 and eth2 in one subnet.
import type { EniSpec } from './vpc-spec.ts';

export const primary: EniSpec = {
  link: 'eth0',
  mac: '00:16:3e:00:00:01',
  subnets: [
    { subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] },
    { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::10'] },
  ],
};
export const eth1: EniSpec = {
  link: 'eth1',
  mac: '00:16:3e:00:00:02',
  advertise: true,
  subnets: [
    { subnet: '10.0.2.0/24', addresses: ['10.0.2.10', '10.0.2.11', '10.0.2.12'] },
    { subnet: '2001:db8:2::/64', addresses: ['2001:db8:2::10'] },
  ],
};
/** In eth1's subnets. */
export const eth2: EniSpec = {
  link: 'eth2',
  mac: '00:16:3e:00:00:03',
  subnets: [
    { subnet: '10.0.2.0/24', addresses: ['10.0.2.20'] },
    { subnet: '2001:db8:2::/64', addresses: ['2001:db8:2::20'] },
  ],
};
export const gateway4 = '10.0.2.253';
const gateway6 = '2001:db8:2:0:ffff:ffff:ffff:fff7';
const [subnet4, subnet6] = ['10.0.2.0/24', '2001:db8:2::/64'];

export const addressesOnly = `auto eth1
iface eth1 inet static
    address 10.0.2.10/24
iface eth1 inet static
    address 10.0.2.11/32
iface eth1 inet static
    address 10.0.2.12/32
iface eth1 inet6 static
    address 2001:db8:2::10/64
    accept_ra 0
    autoconf 0
    dad-attempts 0
`;

/** One up line that replaces a rule: `ip rule add` of an existing one fails on this kernel and doubles it on older ones. */
function ruleLine(family: string, rule: string): string {
  return `    up ip ${family} rule del ${rule} 2>/dev/null || true; ip ${family} rule add ${rule}`;
}

/** The routing of one family of an ENI: its table, and the rules given. */
function routing(
  link: string,
  table: number,
  v6: boolean,
  source: string,
  rules: readonly string[],
): readonly string[] {
  const [flag, subnet, gateway] = v6 ? ['-6', subnet6, gateway6] : ['-4', subnet4, gateway4];
  return [
    `    up ip ${flag} route replace ${subnet} dev ${link}${v6 ? '' : ` src ${source}`} table ${table}`,
    // IPv6 without `onlink`: with it Linux (6.18) looks the gateway up in main, finds the subnet on the other ENI's link, and
    // refuses ("Nexthop has invalid gateway or device mismatch"). Without it the subnet route of this table is found first.
    `    up ip ${flag} route replace default via ${gateway} dev ${link}${v6 ? '' : ' onlink'} table ${table}`,
    ...rules.map(rule => ruleLine(flag!, rule)),
    ...rules.map(rule => `    down ip ${flag} rule del ${rule} || true`),
    `    down ip ${flag} route flush table ${table} || true`,
  ];
}

/** eth1 alone in its subnets: two rules per subnet, whatever the number of addresses. */
export const bySubnet = addressesOnly
  .replace(
    '    address 10.0.2.10/24\n',
    text =>
      `${text}${routing('eth1', 28000, false, '10.0.2.10', [
        `from ${subnet4} lookup main suppress_prefixlength 0 priority 28300`,
        `from ${subnet4} iif lo lookup 28000 priority 28600`,
      ]).join('\n')}\n`,
  )
  .concat(
    routing('eth1', 28000, true, '', [
      `from ${subnet6} lookup main suppress_prefixlength 0 priority 28300`,
      `from ${subnet6} iif lo lookup 28000 priority 28600`,
    ]).join('\n'),
    '\n',
  );

/** Rules per address, for two ENIs in one subnet. */
function byAddress(
  table: number,
  slot: number,
  subnet: string,
  addresses: readonly string[],
): readonly string[] {
  return addresses.flatMap(address => [
    `from ${address} to ${subnet} lookup ${table} priority ${28000 + slot}`,
    `from ${address} lookup ${table} priority ${28600 + slot}`,
  ]);
}

export const sharedEth1 = addressesOnly
  .replace(
    '    address 10.0.2.10/24\n',
    text =>
      `${text}${routing('eth1', 28000, false, '10.0.2.10', [
        ...byAddress(28000, 0, subnet4, ['10.0.2.10', '10.0.2.11', '10.0.2.12']),
        `from ${subnet4} lookup main suppress_prefixlength 0 priority 28300`,
      ]).join('\n')}\n`,
  )
  .concat(
    routing('eth1', 28000, true, '', [
      ...byAddress(28000, 0, subnet6, ['2001:db8:2::10']),
      `from ${subnet6} lookup main suppress_prefixlength 0 priority 28300`,
    ]).join('\n'),
    '\n',
  );

export const sharedEth2 = [
  'auto eth2',
  'iface eth2 inet static',
  '    address 10.0.2.20/32',
  ...routing('eth2', 28001, false, '10.0.2.20', byAddress(28001, 1, subnet4, ['10.0.2.20'])),
  'iface eth2 inet6 static',
  '    address 2001:db8:2::20/128',
  '    accept_ra 0',
  '    autoconf 0',
  '    dad-attempts 0',
  ...routing('eth2', 28001, true, '', byAddress(28001, 1, subnet6, ['2001:db8:2::20'])),
  '',
].join('\n');
