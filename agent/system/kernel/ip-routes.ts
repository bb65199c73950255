// Routes as `ip route show` prints them.
import { type Cidr, type Family, parseIp } from '../../model/address.ts';
import type { KernelRoute } from '../../model/kernel-state.ts';
import { lineByLine, type Names, parseNetwork, readWords, tableNumber } from './ip-words.ts';

const localTable = 255;

const routeFlags = new Set([
  'onlink',
  'linkdown',
  'dead',
  'pervasive',
  'offload',
  'trap',
  'notify',
  'rt_offload',
  'rt_trap',
]);

const routeValues = new Set([
  'via',
  'dev',
  'table',
  'proto',
  'metric',
  'scope',
  'src',
  'pref',
  'expires',
  'error',
  'hoplimit',
  'mtu',
  'advmss',
  'realm',
  // Since iproute2 5.3; networkd has made such routes of router advertisements since 257.
  'nhid',
]);

/**
 * `ip -4|-6 -o route show table all`. Routes of table local and multicast routes are left out. With `-d` the words that go without saying are
 * there too, and are left out as well.
 */
export const parseRoutes = lineByLine((text, family, tables: Names): readonly KernelRoute[] =>
  (family === 6 ? siblings(text) : [text]).flatMap(line => {
    const words = line.replaceAll('\\', ' ').trim().split(/\s+/);
    const types = [
      'unicast',
      'local',
      'broadcast',
      'multicast',
      'anycast',
      'blackhole',
      'unreachable',
      'prohibit',
      'throw',
    ];
    const type = types.includes(words[0]!) ? words.shift()! : 'unicast';
    const target = words.shift();
    const destination = target === undefined ? undefined : parseDestination(target, family);
    if (destination === undefined || ['local', 'broadcast', 'multicast', 'anycast'].includes(type)) return [];
    const volatile = words.indexOf('expires');
    const expires = volatile < 0 ? undefined : Number.parseInt(words.splice(volatile, 2)[1] ?? '', 10);
    const text = [target, ...words.filter(word => word !== 'linkdown' && word !== 'dead')]
      .join(' ')
      .replace(/ (table main|proto boot|scope global)(?= |$)/g, '');
    const { values, rest } = readWords(words, routeValues, routeFlags);
    const [metric, nexthop] = [values.get('metric'), values.get('nhid')];
    const table = tableNumber(values.get('table') ?? 'main', tables) ?? 0;
    // Kernels before 4.x have `ff00::/8` there as a unicast route.
    if (table === localTable) return [];
    return [
      {
        family,
        destination,
        gateway: parseIp(values.get('via') ?? ''),
        link: values.get('dev'),
        table,
        protocol: values.get('proto') ?? 'boot',
        metric: metric === undefined ? undefined : Number(metric),
        ...(nexthop === undefined ? {} : { nexthopId: Number(nexthop) }),
        ...(expires === undefined || Number.isNaN(expires) ? {} : { expires }),
        opaque: type === 'unicast' && rest.length === 0 ? undefined : [type, ...rest].join(' '),
        text,
      },
    ];
  }),
);

/**
 * IPv6 routes with the same destination and metric are routes of their own, each with its link, that come and go one by one; `ip` shows them
 * as one with several nexthops, under the protocol of one of them. For IPv4, and by a group of nexthop objects, such a route is one object. A
 * weight stays, and so it is no plain route.
 */
function siblings(line: string): readonly string[] {
  const [head = '', ...hops] = line.replaceAll('\\', ' ').split(/\snexthop\s/);
  if (hops.length === 0 || / nhid /.test(head)) return [line];
  const [target = '', ...rest] = head.trim().split(/\s+/);
  return hops.map(hop => [target, hop.trim().replace(/ weight 1(?= |$)/, ''), ...rest].join(' '));
}

function parseDestination(text: string, family: Family): Cidr | undefined {
  if (text === 'default') return (family === 4 ? '0.0.0.0/0' : '::/0') as Cidr;
  return parseNetwork(text);
}
