// Which packets get which mark, how the script says it, and whether the rule set still has it.
import { describe, expect, test } from 'vitest';
import { missingOf } from '../../../agent/apply/published/loaded.ts';
import { marksOf } from '../../../agent/apply/published/marks.ts';
import { chainOf, notePath, publishedScript } from '../../../agent/apply/published/script.ts';
import { endOf } from '../../../agent/apply/published/settle.ts';
import { markOf } from '../../../agent/model/rule-words.ts';
import { planEni } from '../../../agent/plan/eni-plan.ts';
import { allWords, cidr, examplePlans, ip, mac } from '../../support/example-plans.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const { enis } = examplePlans['static-published-ports']!;
const nftOf = (text: string) => text.split('\n').filter(line => line.includes('meta mark set'));

describe('who is marked', () => {
  test('by the subnet where the ENI is alone there, else by the address', () => {
    expect(marksOf(enis).map(({ value, networks }) => [value.toString(16), networks])).toEqual([
      ['1000000', ['10.0.2.0/24', '2001:db8:2::/64']],
      ['2000000', ['10.0.1.20/32', '10.0.1.21/32']],
    ]);
  });

  test('nobody without the option', () => {
    expect(marksOf(examplePlans['static-two-enis']!.enis)).toEqual([]);
    expect(publishedScript(examplePlans['static-two-enis']!.enis)).toEqual([]);
  });

  test('what lies in another network of the ENI is not named twice: nft refuses that', () => {
    const none = {
      addresses: [],
      subnets: [],
      gateway: undefined,
      prefixes: [],
      elsewhere: [],
      specifics: [],
    };
    const plan = planEni({
      mac: mac('00:16:3e:00:00:02'),
      link: 'eth1',
      eniId: undefined,
      slot: 0,
      base: 28000,
      table: undefined,
      addressing: 'static',
      mtu: undefined,
      words: allWords,
      fwmark: markOf(0),
      mainDefaultMetric: undefined,
      notes: [],
      ipv4: {
        ...none,
        addresses: [ip('10.0.2.10'), ip('192.0.2.7')],
        subnets: [{ cidr: cidr('10.0.2.0/24'), shared: false, connected: false }],
        prefixes: [cidr('10.0.2.64/28')],
      },
      ipv6: none,
    });
    expect(marksOf([plan])[0]!.networks).toEqual(['10.0.2.0/24', '192.0.2.7/32']);
  });
});

describe('the script', () => {
  const [script] = publishedScript(enis);
  const text = script!.content;

  test('is known as the agent’s, and for anybody to read', () => {
    expect([script!.mode, text.split('\n')[1]]).toEqual([
      0o644,
      expect.stringContaining('# Written by eni-agent;'),
    ]);
  });

  test('nft: one transaction, behind every DNAT, for what was translated only', () => {
    expect(nftOf(text)).toEqual([
      '    ct original ip daddr { 10.0.2.0/24 } meta mark set meta mark & 0x00ffffff | 0x01000000',
      '    ct original ip6 daddr { 2001:db8:2::/64 } meta mark set meta mark & 0x00ffffff | 0x01000000',
      '    ct original ip daddr { 10.0.1.20, 10.0.1.21 } meta mark set meta mark & 0x00ffffff | 0x02000000',
    ]);
    expect(text).toContain('priority -80; policy accept;\n    ct status dnat jump by-address-');
    expect(text).toContain('table inet eni-agent\ndelete table inet eni-agent\ntable inet eni-agent {\n');
  });

  test('iptables: the request by its destination here, the answer by its connection', () => {
    const [, four] = /by_iptables iptables '([^']*)' \|\| exit 1/.exec(text)!;
    expect(four!.split('\n')).toEqual([
      '*mangle',
      ':ENI-AGENT - [0:0]',
      ...['10.0.2.0/24 1', '10.0.1.20/32 2', '10.0.1.21/32 2'].flatMap(line => {
        const [network, slot] = line.split(' ');
        const set = `-j MARK --set-xmark 0x${slot}000000/0xff000000`;
        return [
          `-A ENI-AGENT -m addrtype --dst-type LOCAL -m conntrack --ctorigdst ${network} --ctdir ORIGINAL ${set}`,
          `-A ENI-AGENT -m conntrack --ctorigdst ${network} --ctdir REPLY --ctstate DNAT ${set}`,
        ];
      }),
      'COMMIT',
    ]);
    expect(text).toContain("by_iptables ip6tables '*mangle\n");
  });

  test('src_valid_mark of the ENIs alone', () => {
    expect(text).toContain('    00:16:3e:00:00:02 | 00:16:3e:00:00:03)\n');
  });
});

describe('what is missing', () => {
  const system = (note: string, run: (argv: readonly string[]) => readonly [number, string, string]) => {
    const machine = new FakeSystem();
    machine.put(notePath, note);
    machine.run = async argv => {
      const [exitCode, stdout, stderr] = run(argv);
      return { exitCode, stdout, stderr };
    };
    return machine;
  };
  const marks = marksOf(enis);
  const nothing = ['the packets of published ports are not marked'];
  // As nft 1.0.6 lists it on Linux 6.18.
  const listed = `table inet eni-agent {
\tchain published-ports {
\t\ttype filter hook prerouting priority -80; policy accept;
\t\tct status dnat jump ${chainOf(marks)}
\t}

\tchain ${chainOf(marks)} {
\t\tct original ip daddr 10.0.2.0/24 meta mark set meta mark & 0x01ffffff | 0x01000000
\t\tct original ip6 daddr 2001:db8:2::/64 meta mark set meta mark & 0x01ffffff | 0x01000000
\t\tct original ip daddr { 10.0.1.20-10.0.1.21 } meta mark set meta mark & 0x02ffffff | 0x02000000
\t}
}
`;

  test.each<readonly [string, string, readonly [number, string, string], readonly string[]]>([
    ['nothing', 'nft\n', [0, listed, ''], []],
    ['nobody has loaded anything since the boot', '', [0, listed, ''], nothing],
    ['no table', 'nft\n', [1, '', 'Error: No such file or directory'], nothing],
    ['who may not look says nothing', 'nft\n', [1, '', 'Operation not permitted (you must be root)'], []],
    ['an empty table', 'nft\n', [0, 'table inet eni-agent {\n}\n', ''], nothing],
    [
      'those of a plan before this one',
      'nft\n',
      [0, listed.replaceAll('by-address-', 'by-address-1'), ''],
      nothing,
    ],
    ['a rule', 'nft\n', [0, listed.replace(/^.* ip6 .*\n/m, ''), ''], nothing],
    ['iptables: no jump', 'iptables\n', [0, '-P PREROUTING ACCEPT\n', ''], nothing],
  ])('%s', async (_name, note, answer, missing) => {
    expect(
      await missingOf(
        system(note, () => answer),
        marks,
      ),
    ).toEqual(missing);
  });

  // It lists a single address without a length (1.8.9).
  test('iptables, each family by itself', async () => {
    const [script] = publishedScript(enis);
    const rules = (program: string) =>
      new RegExp(`by_iptables ${program} '([^']*)'`).exec(script!.content)![1]!;
    const look = (lost?: string) =>
      system('iptables\n', ([program = '']) => [
        0,
        `-A PREROUTING -j ENI-AGENT\n${rules(program).replaceAll('/32 ', ' ')}`.replace(
          lost ?? '-',
          lost === undefined ? '-' : '',
        ),
        '',
      ]);
    expect(await missingOf(look(), marks)).toEqual([]);
    expect(await missingOf(look('-A PREROUTING -j ENI-AGENT'), marks)).toEqual(nothing);
  });
});

test('what ends it', () => {
  expect(endOf(['nft', 'iptables'], ['eth1']).map(argv => argv.join(' '))).toEqual([
    'nft delete table inet eni-agent',
    ...['iptables', 'ip6tables'].flatMap(program => [
      `${program} -t mangle -D PREROUTING -j ENI-AGENT`,
      `${program} -t mangle -F ENI-AGENT`,
      `${program} -t mangle -X ENI-AGENT`,
    ]),
    'sysctl -q -e -w net/ipv4/conf/eth1/src_valid_mark=0',
  ]);
});
