// What counts as a complaint of a network service about our files. The lines are those that the services print.
import { expect, test } from 'vitest';
import { complaintsIn, complaintsOfIfup } from '../../matrix/complaints.ts';

const scope = '10-netplan-00-eni-eth1.network:24: Scope= is specified for IPv6 route. It will be ignored.';

test.each([
  ['systemd-networkd', '4', scope],
  [
    'systemd-networkd',
    '5',
    `/etc/systemd/network/07-eni-eth1.network:3: Unknown key 'Foo' in section [Link].`,
  ],
  ['NetworkManager', '6', '<warn> keyfile: eni-eth1.nmconnection: ignoring invalid route'],
  ['systemd-networkd', '6', '/etc/systemd/network/07-eni-eth1.network:9: Foo= is deprecated.'],
  ['wicked', '4', 'ifcfg-eth1: unknown variable FOO'],
  ['wickedd-nanny', '3', '/etc/sysconfig/network/ifrule-eth2:3: cannot parse the rule'],
  ['network', '6', 'RTNETLINK answers: File exists'],
  [
    'network',
    '6',
    'ERROR     : [/etc/sysconfig/network-scripts/ifup-eth] Error adding address 10.0.1.30 for eth1.',
  ],
])('%s at priority %s', (SYSLOG_IDENTIFIER, PRIORITY, MESSAGE) => {
  expect(complaintsIn([{ SYSLOG_IDENTIFIER, PRIORITY, MESSAGE }])).toEqual([
    `${SYSLOG_IDENTIFIER}: ${MESSAGE}`,
  ]);
});

test.each([
  ['of the agent', { SYSLOG_IDENTIFIER: 'eni-agent', PRIORITY: '4', MESSAGE: scope }],
  ['of the image', { PRIORITY: '4', MESSAGE: "50-cloud-init.yaml: Unknown key 'Foo', ignoring" }],
  ['that are news', { PRIORITY: '6', MESSAGE: 'eth1: Configuring with 07-eni-eth1.network' }],
  [
    'of the initscripts that are news',
    { SYSLOG_IDENTIFIER: 'network', MESSAGE: 'Bringing up interface eth1:' },
  ],
  ['of the primary', { SYSLOG_IDENTIFIER: 'wicked', PRIORITY: '4', MESSAGE: 'ifcfg-eth0: unknown variable' }],
  ['that are no text', { PRIORITY: '4', MESSAGE: [1, 2] }],
])('lines %s are none', (_what, entry) => {
  expect(complaintsIn([entry])).toEqual([]);
});

test('ifup: what it and our commands say, and not what its DHCP client does', () => {
  const printed = `Internet Systems Consortium DHCP Client 4.4.3-P1
DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 6
bound to 10.0.9.10 -- renewal in 1500 seconds.
ifup: unknown method foo
RTNETLINK answers: File exists
`;
  expect(complaintsOfIfup(printed)).toEqual(['ifup: unknown method foo', 'RTNETLINK answers: File exists']);
});
