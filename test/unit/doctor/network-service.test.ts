// `doctor`: the service that configures the links, the primary, and whether the service has loaded the agent's files.
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { filesLoaded } from '../../../agent/doctor/files-loaded.ts';
import { networkService, primary } from '../../../agent/doctor/network-service.ts';
import { silentLog } from '../../../agent/log.ts';
import type { BackendName, ServiceState } from '../../../agent/model/host.ts';
import type { Inspection } from '../../../agent/pass/inspect.ts';
import { comparisonOf, firstPlan, inspectionOf } from '../../support/example-look.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const factsWith = (services: Readonly<Record<string, ServiceState>>) =>
  ({ services, files: {}, paths: [] }) as unknown as Inspection['facts'];

describe('the service', () => {
  test.each<[BackendName, Readonly<Record<string, ServiceState>>, string, RegExp]>([
    ['netplan', { 'systemd-networkd': 'active' }, 'ok', /^systemd-networkd is active$/],
    ['netplan', { 'systemd-networkd': 'inactive' }, 'failure', /^systemd-networkd is not running: /],
    ['networkd', { 'systemd-networkd': 'inactive' }, 'failure', /^systemd-networkd is not running: /],
    ['networkmanager-keyfile', { NetworkManager: 'inactive' }, 'failure', /^NetworkManager is not running: /],
    ['networkmanager-ifcfg', { NetworkManager: 'absent' }, 'failure', /^NetworkManager is not installed: /],
    ['wicked', { wickedd: 'inactive' }, 'failure', /^wickedd is not running: /],
    ['ifupdown', { networking: 'active' }, 'ok', /^networking is active$/],
    // Its commands work also while the unit has failed.
    ['ifupdown', { networking: 'inactive' }, 'warning', /networking is not running, or has failed/],
    ['initscripts', { network: 'inactive' }, 'warning', /network is not running, or has failed/],
    ['netplan', {}, 'skipped', /does not say/],
  ])('%s with %j: %s', (backend, services, verdict, saw) => {
    const found = networkService({ ...inspectionOf(), backend, facts: factsWith(services) });
    expect(found).toEqual([
      expect.objectContaining({ check: 'network service', verdict, saw: expect.stringMatching(saw) }),
    ]);
    if (verdict === 'failure') expect(found[0]!.hint).toContain('systemctl start ');
  });

  test('one that has none, and one that is not known', () => {
    expect(networkService({ ...inspectionOf(), backend: 'sles11' })).toEqual([]);
    expect(networkService({ ...inspectionOf(), backend: undefined })).toEqual([]);
  });
});

describe('the primary', () => {
  const { kernel } = inspectionOf();
  const eth0 = { ...kernel.links[0]!, name: 'eth0', up: true };
  const route = (text: string, link: string | undefined) =>
    ({
      family: 4,
      table: 254,
      destination: '0.0.0.0/0',
      link,
      text,
    }) as unknown as (typeof kernel.routes)[number];
  const byEth0 = route('default via 10.0.1.1 dev eth0', 'eth0');
  const look = (more: Partial<typeof kernel>, link: string | undefined = 'eth0') =>
    primary({
      ...inspectionOf(),
      primaryLink: link,
      kernel: { ...kernel, links: [eth0], routes: [byEth0], ...more },
    })[0]!;

  test('up, with an address and a default route', () =>
    expect(look({})).toMatchObject({
      verdict: 'ok',
      saw: 'eth0 is up and has 10.0.1.10 and a default route',
    }));

  test('a default route with several next hops, one of them by it', () =>
    expect(
      look({ routes: [route('default nexthop via 10.0.1.1 dev eth0 weight 1', undefined)] }),
    ).toMatchObject({
      verdict: 'ok',
    }));

  test('a default route by another link is meant', () =>
    expect(look({ routes: [route('default dev wg0', 'wg0')] })).toMatchObject({
      verdict: 'ok',
      saw: 'eth0 is up and has 10.0.1.10; the default route is "default dev wg0"',
    }));

  test.each<[string, Partial<typeof kernel>, RegExp]>([
    ['has gone', { links: [] }, /^eth0 does not exist$/],
    ['is down', { links: [{ ...eth0, up: false }] }, /^eth0 is down$/],
    ['has no address', { addresses: [] }, /^eth0 has no address$/],
    ['has no default route', { routes: [] }, /no default route in main/],
  ])('%s: that is the finding, with what shows more', (_name, more, saw) =>
    expect(look(more)).toMatchObject({
      check: 'primary',
      verdict: 'failure',
      saw: expect.stringMatching(saw),
      hint: expect.stringContaining('"networkctl status eth0"'),
    }),
  );

  test('IPv4 is what it needs, if it has that in the cloud; IPv6 alone will not do', () => {
    const ipv6 = { ...kernel.addresses[0]!, family: 6 as const };
    const found = {
      ...inspectionOf(),
      primaryLink: 'eth0',
      kernel: { ...kernel, links: [eth0], addresses: [ipv6] },
    };
    expect(primary({ ...found, primaryFamily: 4 })).toMatchObject([{ saw: 'eth0 has no IPv4 address' }]);
    const routes = [{ ...byEth0, family: 6 as const }];
    const kernel6 = { ...found.kernel, routes };
    expect(primary({ ...found, kernel: kernel6, primaryFamily: 6 })).toMatchObject([{ verdict: 'ok' }]);
  });

  test('not known at all', () => {
    const found = primary({ ...inspectionOf(), primaryLink: undefined });
    expect(found).toMatchObject([{ verdict: 'failure', saw: expect.stringContaining('no link is known') }]);
  });
});

describe('the files of the agent', () => {
  async function look(
    backend: BackendName,
    services: Readonly<Record<string, ServiceState>>,
    system: FakeSystem,
  ) {
    const found = {
      ...inspectionOf({ enis: [comparisonOf(firstPlan)] }),
      backend,
      facts: factsWith(services),
    };
    return filesLoaded(found, { system, settings: defaultSettings, log: silentLog });
  }

  function networkdHost(state: string): FakeSystem {
    const system = new FakeSystem();
    system.put('/sys/class/net/eth1/ifindex', '3\n');
    system.put('/run/systemd/netif/links/3', state);
    return system;
  }

  test.each<[BackendName, string, string, RegExp]>([
    [
      'networkd',
      'NETWORK_FILE=/etc/systemd/network/07-eni-eth1.network\nADMIN_STATE=configured\n',
      'ok',
      /^systemd-networkd has loaded those of 1 ENI$/,
    ],
    [
      'netplan',
      'NETWORK_FILE=/run/systemd/network/10-netplan-00-eni-eth1.network\nADMIN_STATE=configured\n',
      'ok',
      /1 ENI/,
    ],
    [
      'netplan',
      'NETWORK_FILE=/run/systemd/network/10-netplan-all-eth.network\nADMIN_STATE=configured\n',
      'warning',
      /has eth1 by \/run\/systemd\/network\/10-netplan-all-eth.network \(configured\), and not by the file of the agent/,
    ],
    ['networkd', 'ADMIN_STATE=unmanaged\n', 'warning', /has eth1 by no file \(unmanaged\)/],
    ['networkd', 'ADMIN_STATE=configuring\nNETWORK_FILE=/etc/a.network\n', 'ok', /1 ENI/],
  ])('%s with %j: %s', async (backend, state, verdict, saw) => {
    const found = await look(backend, { 'systemd-networkd': 'active' }, networkdHost(state));
    expect(found).toEqual([
      expect.objectContaining({ check: 'files loaded', verdict, saw: expect.stringMatching(saw) }),
    ]);
  });

  test.each([
    ['eth1=eth1\n', 'ok'],
    ['eth0=eth0\n', 'warning'],
  ])('ifupdown with %j: %s', async (ifstate, verdict) => {
    const system = new FakeSystem();
    system.put('/run/network/ifstate', ifstate);
    expect(await look('ifupdown', { networking: 'active' }, system)).toMatchObject([
      { check: 'files loaded', verdict },
    ]);
  });

  test('a service that is stopped has loaded nothing, and the line about the service says so', async () =>
    expect(await look('networkd', { 'systemd-networkd': 'inactive' }, new FakeSystem())).toEqual([]));
});
