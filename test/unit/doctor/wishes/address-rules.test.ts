import { expect, test } from 'vitest';
import { addressRules } from '../../../../agent/doctor/wishes/address-rules.ts';

const nothing = { to: undefined, source: undefined, destination: undefined, out: undefined };

test.each([
  [
    'Docker, iptables',
    '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
    { ...nothing, kind: 'masquerade', source: '172.17.0.0/16' },
  ],
  [
    'a published port, iptables',
    '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80',
    { ...nothing, kind: 'dnat', to: '172.17.0.2' },
  ],
  [
    'the same in IPv6',
    '-A DOCKER -d fd00::7/128 -p tcp -j DNAT --to-destination [fd00:1::2]:80',
    { ...nothing, kind: 'dnat', to: 'fd00:1::2', destination: 'fd00::7/128' },
  ],
  [
    'SNAT, iptables',
    '-A POSTROUTING -s 172.18.0.0/16 -j SNAT --to-source 10.0.1.10-10.0.1.12',
    { ...nothing, kind: 'snat', to: '10.0.1.10', source: '172.18.0.0/16' },
  ],
  [
    'SNAT, nft',
    '\t\tip saddr 172.18.0.0/16 counter snat to 10.0.1.10',
    { ...nothing, kind: 'snat', to: '10.0.1.10', source: '172.18.0.0/16' },
  ],
  [
    'SNAT in a table of both families',
    '\t\tip6 saddr fd00::/64 snat ip6 to 2001:db8::10',
    { ...nothing, kind: 'snat', to: '2001:db8::10', source: 'fd00::/64' },
  ],
  [
    'masquerading by a link, nft',
    '\t\toifname "eth1" masquerade',
    { ...nothing, kind: 'masquerade', out: 'eth1' },
  ],
  ['by all but a link', '\t\toifname != "docker0" masquerade', { ...nothing, kind: 'masquerade' }],
  [
    'DNAT, nft',
    '\t\tip daddr 10.0.1.10 tcp dport 8080 dnat to 172.17.0.2:80',
    { ...nothing, kind: 'dnat', to: '172.17.0.2', destination: '10.0.1.10' },
  ],
])('%s', (_what, line, rule) => {
  expect(addressRules(`*nat\n${line}\n${line}\nCOMMIT\n`)).toEqual([rule]);
});

test.each([
  '\tchain snat { type nat hook postrouting priority srcnat; policy accept; }',
  '\t\tct status dnat jump by-address',
  '\t\ttcp dport 22 accept',
  '-A INPUT -j ACCEPT',
  '',
])('%j translates nothing', line => {
  expect(addressRules(line)).toEqual([]);
});
