// What `ip rule show` prints: of iproute2 3.x (no protocol), 4.17 and later (`proto`), and selectors that make a rule foreign.
import { describe, expect, test } from 'vitest';
import { parseRules } from '../../../agent/system/kernel/ip-rules.ts';

describe('rules', () => {
  const names = new Map([['eni1', 28001]]);
  const ruleLines = (text: string, family: 4 | 6 = 4) =>
    parseRules(text, family, names).map(
      r =>
        `${r.priority} ${r.from ?? 'all'} ${r.to ?? 'all'} ${r.iif ?? '-'} ${r.table ?? '-'}${r.oif === undefined ? '' : ` oif ${r.oif}`}${r.fwmark === undefined ? '' : ` marked ${r.fwmark.value.toString(16)}`}${r.suppressPrefixLength === undefined ? '' : ` longer than ${r.suppressPrefixLength}`}${r.suppressGroup === undefined ? '' : ` not group ${r.suppressGroup}`} ${r.protocol ?? '-'}${r.opaque === undefined ? '' : ` [${r.opaque}]`}`,
    );

  const rows: readonly (readonly [string, string])[] = [
    ['0:\tfrom all lookup local ', '0 all all - 255 -'],
    ['32766:\tfrom all lookup main ', '32766 all all - 254 -'],
    ['32767:\tfrom all lookup default ', '32767 all all - 253 -'],
    [
      '28300:\tfrom 10.0.2.0/24 lookup main suppress_prefixlength 0 ',
      '28300 10.0.2.0/24 all - 254 longer than 0 -',
    ],
    ['28600:\tfrom 10.0.2.0/24 iif lo lookup 28000 ', '28600 10.0.2.0/24 all lo 28000 -'],
    ['28600:\tfrom 10.0.2.10 lookup eni1 ', '28600 10.0.2.10/32 all - 28001 -'],
    [
      '28000:\tfrom 10.0.2.10 to 10.0.2.0/24 lookup 28000 proto 129',
      '28000 10.0.2.10/32 10.0.2.0/24 - 28000 129',
    ],
    ['28600:\tfrom 10.0.2.0/24 iif lo lookup 28000 proto static', '28600 10.0.2.0/24 all lo 28000 static'],
    ['9:\tfrom 10.3.0.0/16 lookup main suppress_prefixlength 8 ', '9 10.3.0.0/16 all - 254 longer than 8 -'],
    ['5:\tfrom all iif eth9 [detached] lookup 77 ', '5 all all eth9 77 - [[detached]]'],
    ['8:\tfrom all fwmark 0x10/0xff lookup 99 ', '8 all all - 99 - [fwmark 0x10/0xff]'],
    ['8:\tfrom all fwmark 0x1000000/0xff000000 lookup 99 ', '8 all all - 99 marked 1000000 -'],
    ['8:\tfrom all fwmark 0x1000000 lookup 99 ', '8 all all - 99 - [fwmark 0x1000000]'],
    ['8:\tfrom all fwmark 0/0xff000000 lookup 99 ', '8 all all - 99 - [fwmark 0/0xff000000]'],
    ['8:\tnot from all fwmark 0x2000000/0xff000000 lookup 99 ', '8 all all - 99 marked 2000000 - [not]'],
    ['10:\tnot from 10.3.0.0/16 lookup 99 ', '10 10.3.0.0/16 all - 99 - [not]'],
    ['6:\tfrom 10.2.2.2 unreachable ', '6 10.2.2.2/32 all - - - [unreachable]'],
    ['7:\tfrom 10.2.2.3 goto 32766 ', '7 10.2.2.3/32 all - - - [goto 32766]'],
    ['11:\tfrom all oif eth1 lookup 99 ', '11 all all - 99 oif eth1 -'],
    ['11:\tfrom all oif eth1 [detached] lookup 99 ', '11 all all - 99 oif eth1 -'],
    [
      '12:\tfrom all ipproto tcp dport 80 uidrange 0-99 lookup 99 ',
      '12 all all - 99 - [ipproto tcp dport 80 uidrange 0-99]',
    ],
    [
      '13:\tfrom all tos lowdelay lookup 99 suppress_ifgroup 5 ',
      '13 all all - 99 not group 5 - [tos lowdelay]',
    ],
    ['14:\tfrom 10.0.2.0/24 lookup main suppress_ifgroup default ', '14 10.0.2.0/24 all - 254 not group 0 -'],
    [
      '15:\tfrom 10.0.2.0/24 lookup main suppress_ifgroup uplinks ',
      '15 10.0.2.0/24 all - 254 - [suppress_ifgroup uplinks]',
    ],
    ['1000:\tfrom all lookup [l3mdev-table] ', '1000 all all - - - [lookup [l3mdev-table]]'],
    ['1001:\tfrom all lookup nobody-knows ', '1001 all all - - - [lookup nobody-knows]'],
    ['1002:\tfrom gateway.example lookup 99 ', '1002 all all - 99 - [from gateway.example]'],
  ];
  test.each(rows)('%s', (text, wanted) => {
    expect(ruleLines(text)).toEqual([wanted]);
  });

  test('IPv6', () => {
    const text =
      '28300:\tfrom 2001:db8:2::/64 lookup main suppress_prefixlength 0 proto 129\n28600:\tfrom 2001:db8:2::10 lookup 28000\n';
    expect(ruleLines(text, 6)).toEqual([
      '28300 2001:db8:2::/64 all - 254 longer than 0 129',
      '28600 2001:db8:2::10/128 all - 28000 -',
    ]);
  });
});
