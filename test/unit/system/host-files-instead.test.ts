// Two facts that are read from files where those tell all, and asked of a tool where they do not.
import { describe, expect, test } from 'vitest';
import {
  parseNetworkdState,
  parseRouteTable,
  readOwners,
  readPrimaryLink,
} from '../../../agent/system/facts/owners.ts';
import { smallHost } from '../hosts/small-host.ts';

const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const route = (link: string, flags: string, destination = '00000000', mask = '00000000') =>
  `${link}\t${destination}\t0110A8C0\t${flags}\t0\t0\t100\t${mask}\t0\t0\t0   \n`;

describe('the link of the default route', () => {
  test.each<readonly [string, string, string | undefined]>([
    ['one', head + route('ens5', '0003') + route('ens5', '0001', '0010A8C0', '00F0FFFF'), 'ens5'],
    ['two: ip knows which one counts', head + route('ens5', '0003') + route('ens6', '0003'), undefined],
    ['unreachable', head + route('*', '0201'), undefined],
    ['rejected, whatever the link', head + route('ens5', '0203'), undefined],
    ['of lo', head + route('lo', '0001'), undefined],
    ['none', head + route('ens5', '0001', '0010A8C0', '00F0FFFF'), undefined],
    ['half of all addresses is no default', head + route('ens5', '0003', '00000000', '00000080'), undefined],
    ['nothing', '', undefined],
  ])('%s', (_name, text, expected) => {
    expect(parseRouteTable(text)).toBe(expected);
  });

  test.each<readonly [string, string | null, readonly string[]]>([
    ['with a carrier', '1\n', []],
    ['without one', '0\n', ['ip -4 route show default', 'ip -6 route show default']],
    ['set down', null, ['ip -4 route show default', 'ip -6 route show default']],
  ])('is asked of ip unless the link has a carrier: %s', async (_name, carrier, ran) => {
    const host = smallHost({
      '/proc/net/route': head + route('ens5', '0003'),
      '/sys/class/net/ens5/carrier': carrier,
    });
    expect(await readPrimaryLink(host.system)).toBe(ran.length === 0 ? 'ens5' : undefined);
    expect(host.ran).toEqual(ran);
  });
});

// systemd 257 of Debian 13.
const state = `# This is private data. Do not parse.
ADMIN_STATE=configured
OPER_STATE=routable
REQUIRED_FOR_ONLINE=yes
NETWORK_FILE=/etc/systemd/network/10-primary.network
DNS=192.0.2.1
`;

describe('what networkd says about a link', () => {
  test('state and file', () => {
    expect(parseNetworkdState(state)).toEqual({
      networkd: 'configured',
      networkdFile: '/etc/systemd/network/10-primary.network',
    });
    expect(parseNetworkdState('ADMIN_STATE=unmanaged\n')).toEqual({ networkd: 'unmanaged' });
    expect(parseNetworkdState('OPER_STATE=routable\n')).toEqual({});
  });

  test.each<readonly [string, Readonly<Record<string, string>>, number]>([
    ['from its file', { '/run/systemd/netif/links/2': state }, 0],
    ['by networkctl without the file', {}, 1],
    ['by networkctl if the file is another one than was known', { '/run/systemd/netif/links/2': '{}' }, 1],
    ['not of another link', { '/run/systemd/netif/links/3': state }, 1],
  ])('%s', async (_name, files, asked) => {
    const host = smallHost(
      { '/usr/bin/networkctl': '', '/sys/class/net/ens5/ifindex': '2\n', ...files },
      { 'networkctl --no-pager status ens5': 'State: routable (configured)\n' },
    );
    const owners = await readOwners(host.system, 'ens5', { 'systemd-networkd': 'active' });
    expect(owners.networkd).toBe('configured');
    expect(host.ran).toHaveLength(asked);
  });
});
