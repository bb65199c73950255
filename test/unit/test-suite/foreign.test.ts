// What of the administrator's is found again in the words of each `ip`.
import { expect, test } from 'vitest';
import { missingIn } from '../../matrix/foreign.ts';

const shown = `500:	from 192.0.2.0/24 lookup 77
500:	from 2001:db8:77::/64 lookup 77
198.51.100.0/24 dev br0 scope link linkdown
198.51.100.0/24 dev br0 scope link metric 9 linkdown
5: br0    inet 172.17.0.1/16 scope global br0
3: eth1    inet 10.0.1.200/32 scope global eth1
`;

test('all of it, as the ip of today and that of 2009 show it', () => {
  expect(missingIn(shown)).toEqual([]);
  expect(missingIn(shown.replaceAll(/ (scope|metric)/g, '  $1'))).toEqual([]);
});

test('each that is gone', () => {
  for (const line of shown.trim().split('\n'))
    expect(missingIn(shown.replace(`${line}\n`, '')), line).toHaveLength(1);
});
