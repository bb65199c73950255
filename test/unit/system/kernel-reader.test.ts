// What the kernel reader asks of `ip` and what it takes from files beside it: which links obey router advertisements.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitListings } from '../../../agent/system/kernel/ip-batch.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { type Answer, smallHost } from '../hosts/small-host.ts';

const conf = (link: string, key: string) => `/proc/sys/net/ipv6/conf/${link}/${key}`;
const lo = '1: lo: <LOOPBACK,UP> mtu 65536\\    link/loopback 00:00:00:00:00:00\n';
const link = '2: eth1: <BROADCAST,MULTICAST,UP> mtu 1500\\    link/ether 02:00:00:00:00:01\n';
const batch4 = 'ip -4 -o -d -batch -';
const batch6 = 'ip -6 -o -batch -';

async function acceptRaWith(files: Readonly<Record<string, string | null>>) {
  const { acceptRa } = await readKernelState(smallHost(files, { [batch4]: link, [batch6]: lo }).system);
  return [...(acceptRa ?? [])];
}

test.each<readonly [string, Readonly<Record<string, string | null>>, readonly (readonly [string, string])[]]>(
  [
    ['off', { [conf('eth1', 'accept_ra')]: '0\n' }, [['eth1', '0']]],
    ['on', { [conf('eth1', 'accept_ra')]: '1\n', [conf('eth1', 'disable_ipv6')]: '0\n' }, [['eth1', '1']]],
    ['on, for routers too', { [conf('eth1', 'accept_ra')]: '2\n' }, [['eth1', '2']]],
    ['on, without IPv6', { [conf('eth1', 'accept_ra')]: '1\n', [conf('eth1', 'disable_ipv6')]: '1\n' }, []],
    ['a kernel without IPv6', {}, []],
    ['a file that cannot be read', { [conf('eth1', 'accept_ra')]: null }, []],
  ],
)('accept_ra: %s', async (_name, files, expected) => {
  expect(await acceptRaWith(files)).toEqual(expected);
});

// iproute2 6.15 in one namespace, asked both ways.
const alone = {
  'ip -4 -o addr show': '2: eth1    inet 10.0.1.10/24 scope global eth1\\       valid_lft forever\n',
  'ip -4 rule show':
    '0:\tfrom all lookup local\n500:\tfrom 10.0.1.10 lookup 100 proto 129\n600:\tnot from 10.9.0.0/16 lookup main\n',
  'ip -4 -o route show table all':
    'default via 10.0.1.1 dev eth1 \n10.0.2.0/24 dev eth1 table 100 proto static scope link \nunreachable 10.8.0.0/16 \n',
  'ip -d -o link show': lo + link,
  'ip -6 -o addr show': '2: eth1    inet6 fe80::1/64 scope link \\       valid_lft forever\n',
  'ip -6 rule show': '0:\tfrom all lookup local\n',
  'ip -6 -o route show table all': '1::/16 via fe80::2 dev eth1 metric 1024 pref medium\n',
};
const together = {
  [batch4]: [
    alone['ip -4 -o addr show'],
    '0:\tfrom all lookup local proto kernel\n500:\tfrom 10.0.1.10 lookup 100 proto 129\n600:\tnot from 10.9.0.0/16 lookup main proto unspec\n',
    'unicast default via 10.0.1.1 dev eth1 table main proto boot scope global \nunicast 10.0.2.0/24 dev eth1 table 100 proto static scope link \n',
    'unreachable 10.8.0.0/16 table main proto boot scope global \n',
    lo + link,
  ].join(''),
  [batch6]: `${alone['ip -6 -o addr show']}${alone['ip -6 rule show']}${alone['ip -6 -o route show table all']}${lo}`,
};

describe('one batch per family', () => {
  const read = async (commands: Readonly<Record<string, Answer>>) => {
    const host = smallHost({}, commands);
    return { state: await readKernelState(host.system), ran: host.ran };
  };

  test('tells the same as each question alone', async () => {
    const { state, ran } = await read(together);
    expect(ran).toEqual([batch4, batch6]);
    expect(state).toEqual((await read(alone)).state);
    expect([state.links, state.addresses, state.routes, state.rules].map(list => list.length)).toEqual([
      2, 2, 4, 4,
    ]);
    expect(state.routes.map(r => r.text)).toContain('default via 10.0.1.1 dev eth1');
  });

  test.each<readonly [string, Answer]>([
    ['an exit code', { exitCode: 1, stdout: together[batch4], stderr: 'Command failed -:2\n' }],
    ['silence', ''],
    ['an answer that was cut off', together[batch4].slice(0, together[batch4].indexOf('1: lo'))],
    ['a line of another kind', together[batch4].replace('unreachable', '*')],
    ['links before addresses, as of an old ip', lo + together[batch4]],
    ['a rule in the alias of a link', `${together[batch4]}700:\tfrom all lookup 100\n`],
  ])('%s: every question is asked alone', async (_name, answer) => {
    const { state, ran } = await read({ ...alone, [batch4]: answer, [batch6]: together[batch6] });
    expect(ran).toHaveLength(6);
    expect(state).toEqual((await read(alone)).state);
  });

  test('a kernel that cannot be read does not look like an empty one', async () => {
    const { 'ip -4 rule show': _rules, ...rest } = alone;
    await expect(read(rest)).rejects.toMatchObject({ code: 'command-failed' });
  });

  test('without IPv6 there is none of that family', async () => {
    const refused = { exitCode: 2, stderr: 'RTNETLINK answers: Operation not supported\nDump terminated\n' };
    const { state } = await read({
      ...together,
      [batch6]: refused,
      'ip -6 -o addr show': '',
      'ip -6 rule show': refused,
      'ip -6 -o route show table all': refused,
    });
    expect(state.rules.map(r => r.family)).toEqual([4, 4, 4]);
  });

  test('an IPv6 network may begin like a line of another kind', () => {
    expect(
      splitListings(`1::/16 dev eth1 metric 1\n12:34::/32 dev eth1\n${lo}`)?.routes.split('\n'),
    ).toHaveLength(3);
  });
});

describe('a link group that somebody has given a name', () => {
  const rule = '28300:\tfrom 10.0.1.0/24 lookup main suppress_prefixlength 0 suppress_ifgroup uplink\n';
  const named = {
    ...together,
    [batch4]: together[batch4]
      .replace('500:', `${rule.trimEnd()}\n500:`)
      .replace('mtu 1500', 'mtu 1500 qdisc mq state UP mode DEFAULT group uplink qlen 1000'),
  };

  test.each([
    ['/etc/iproute2/group', '28000 uplink\n'],
    ['/usr/share/iproute2/group', '# number\tname\n0\tdefault\n28000\tuplink\n'],
    ['/etc/iproute2/group.d/own.conf', '0x6d60 uplink\n'],
  ])('is read from %s', async (path, text) => {
    const { rules, links } = await readKernelState(smallHost({ [path]: text }, named).system);
    expect(links.find(l => l.name === 'eth1')?.group).toBe(28_000);
    expect(rules.find(r => r.priority === 28_300)).toMatchObject({
      suppressGroup: 28_000,
      opaque: undefined,
    });
  });

  test('stands in no file: the rule is somebody’s', async () => {
    const { rules, links } = await readKernelState(smallHost({}, named).system);
    expect(links.find(l => l.name === 'eth1')?.group).toBeUndefined();
    expect(rules.find(r => r.priority === 28_300)?.opaque).toBe('suppress_ifgroup uplink');
  });
});

describe('what has not changed is the very object of before', () => {
  const read = (files: Readonly<Record<string, string | null>>, commands = together) =>
    readKernelState(smallHost(files, commands).system);
  const change = (from: string, to: string) =>
    Object.fromEntries(
      Object.entries(together).map(([command, answer]) => [
        command,
        Array.isArray(answer) ? answer.map(text => text.replace(from, to)) : String(answer).replace(from, to),
      ]),
    ) as typeof together;

  test('the whole state, where nothing has', async () => {
    expect(await read({})).toBe(await read({}));
  });

  test('each line that is as it was, beside one that is not', async () => {
    const before = await read({});
    const after = await read({}, change('10.0.2.0/24', '10.0.3.0/24'));
    expect(after.routes.map(r => r.destination)).toContain('10.0.3.0/24');
    expect(after).not.toBe(before);
    expect(after.rules.every((rule, index) => rule === before.rules[index])).toBe(true);
    expect(after.routes.filter(route => before.routes.includes(route))).toHaveLength(
      before.routes.length - 1,
    );
  });

  test('a name of a table that means another number makes other routes of the same lines', async () => {
    const named = change('table 100', 'table blue');
    const [first, second] = [
      await read({ '/etc/iproute2/rt_tables': '100 blue\n' }, named),
      await read({ '/etc/iproute2/rt_tables': '200 blue\n' }, named),
    ];
    const tables = (state: typeof first) => state.routes.map(r => r.table);
    expect(tables(first)).toContain(100);
    expect(tables(second)).toContain(200);
    expect(tables(second)).not.toContain(100);
  });

  test('a sysctl that is another one makes another state', async () => {
    const on = await read({ [conf('eth1', 'accept_ra')]: '1\n' });
    const off = await read({ [conf('eth1', 'accept_ra')]: '0\n' });
    expect([[...on.acceptRa!], [...off.acceptRa!]]).toEqual([[['eth1', '1']], [['eth1', '0']]]);
  });
});

test('a batch is taken apart by its kinds in their order, whatever lines it has', () => {
  const kinds = [
    ['addresses', /^\d+: \S+ +inet6? /],
    ['rules', /^\d+:\t/],
    ['routes', /^(?!\d+:\s)[0-9a-z]/i],
    ['links', /^\d+: [^:\s]+: </],
  ] as const;
  /** Line by line. */
  const byDefinition = (text: string) => {
    const found = { addresses: '', rules: '', routes: '', links: '' };
    let reached = 0;
    for (const line of text.split('\n').filter(l => l.trim() !== '')) {
      const at = kinds.findIndex(([, head]) => head.test(line));
      if (at < reached) return undefined;
      reached = at;
      found[kinds[at]![0]] += `${line}\n`;
    }
    return found.links === '' ? undefined : found;
  };
  const pool = [
    '2: eth1    inet 10.0.1.10/24 scope global',
    '0:\tfrom all lookup local',
    'default via 10.0.1.1',
  ];
  const line = fc.constantFrom(
    ...pool,
    lo.trim(),
    link.trim(),
    '',
    '  ',
    '\tnothing',
    'unreachable ::/0 dev lo',
  );
  const inOrder = fc
    .tuple(...pool.map(of => fc.array(fc.constantFrom(of, ''), { maxLength: 3 })))
    .map(parts => [...parts.flat(), lo.trim(), '']);
  fc.assert(
    fc.property(fc.oneof(fc.array(line, { maxLength: 8 }), inOrder), lines => {
      const [found, expected] = [splitListings(lines.join('\n')), byDefinition(lines.join('\n'))];
      const words = (of: ReturnType<typeof byDefinition>) =>
        of && Object.entries(of).map(([kind, text]) => [kind, text.split('\n').filter(l => l.trim() !== '')]);
      expect(words(found)).toEqual(words(expected));
    }),
    { numRuns: 2000 },
  );
});
