// readHostFacts on whole machines: what the tools print there, and what becomes of tools that fail, hang or print garbage.
import { describe, expect, test } from 'vitest';
import { readHostFacts } from '../../../agent/system/facts/host-facts.ts';
import { readServices } from '../../../agent/system/facts/services.ts';
import { explainSelection, selectBackend } from '../../../renderers/detect/select.ts';
import { smallHost } from './small-host.ts';

const systemctl =
  'systemctl show -p Id -p ActiveState -p LoadState NetworkManager.service systemd-networkd.service network.service ' +
  'networking.service wicked.service wickedd.service connman.service dhcpcd.service eni.service';
const probe = 'unshare -n ip -force -batch -';
const probed =
  '0:\tfrom all lookup local\n28303:\tfrom 192.0.2.0/24 oif lo lookup main\n28300:\tfrom 192.0.2.0/24 lookup main suppress_prefixlength 0\n' +
  '28301:\tfrom 192.0.2.0/24 lookup main proto 233\n28302:\tfrom 192.0.2.0/24 lookup main suppress_ifgroup 28000\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n';
const route4 = 'ip -4 route show default';
const route6 = 'ip -6 route show default';

const ubuntuFiles = {
  '/etc/os-release': 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
  '/proc/sys/kernel/osrelease': '6.8.0-45-generic\n',
  '/proc/sys/kernel/random/boot_id': '4a9f\n',
  '/run/systemd/system/': '',
  '/usr/sbin/netplan': '',
  '/usr/libexec/netplan/generate': '',
  '/usr/bin/networkctl': '',
  '/usr/bin/dpkg-query': '',
  '/usr/bin/nmcli': '',
  '/etc/netplan/50-cloud-init.yaml': 'network: {version: 2}\n',
  '/run/systemd/network/10-netplan-eth0.network': '[Match]\nName=eth0\n',
};
const ubuntuCommands = {
  [systemctl]:
    'Id=NetworkManager.service\nLoadState=loaded\nActiveState=active\n\n' +
    'Id=systemd-networkd.service\nLoadState=loaded\nActiveState=active\n\n' +
    'Id=network.service\nLoadState=not-found\nActiveState=inactive\n\n' +
    'Id=networking.service\nLoadState=not-found\nActiveState=inactive\n',
  [route4]: 'default via 10.0.1.253 dev eth0 proto dhcp src 10.0.1.10 metric 100 \n',
  'nmcli -g GENERAL.STATE device show eth0': '10 (unmanaged)\n',
  'nmcli -g DEVICE,FILENAME connection show --active': '\n',
  'networkctl --no-pager status eth0':
    '● 2: eth0\n                   Link File: /run/systemd/network/10-netplan-eth0.link\n' +
    '                Network File: /run/systemd/network/10-netplan-eth0.network\n' +
    '                       State: routable (configured)\n                Online state: online\n\n' +
    'Nov 21 01:00:00 host systemd-networkd[1]: eth0: State: x (failed)\n',
  'ip -V': 'ip utility, iproute2-6.1.0, libbpf 1.3.0\n',
  'systemctl --version': 'systemd 255 (255.4-1ubuntu8.4)\n+PAM +AUDIT\n',
  'dpkg-query -W netplan.io': 'netplan.io\t1.1.1-1~ubuntu24.04.1\n',
  'nmcli --version': 'nmcli tool, version 1.46.0\n',
  [probe]: probed,
};

describe('an Ubuntu server with NetworkManager installed', () => {
  test('gives complete facts, and the backend', async () => {
    const host = smallHost(ubuntuFiles, ubuntuCommands);
    const facts = await readHostFacts(host.system);
    expect(facts).toEqual({
      os: { id: 'ubuntu', versionId: '24.04', prettyName: 'Ubuntu 24.04.1 LTS' },
      primaryLink: 'eth0',
      services: {
        NetworkManager: 'active',
        'systemd-networkd': 'active',
        network: 'absent',
        networking: 'absent',
      },
      owners: {
        networkmanager: '10 (unmanaged)',
        networkmanagerProfiles: {},
        networkd: 'configured',
        networkdFile: '/run/systemd/network/10-netplan-eth0.network',
      },
      versions: {
        kernel: '6.8.0',
        iproute2: '6.1.0',
        systemd: '255',
        netplan: '1.1.1',
        networkmanager: '1.46.0',
      },
      paths: ['/usr/sbin/netplan', '/usr/libexec/netplan/generate', '/usr/bin/networkctl', '/usr/bin/nmcli'],
      files: {
        '/etc/netplan/50-cloud-init.yaml': 'network: {version: 2}\n',
        '/run/systemd/network/10-netplan-eth0.network': '[Match]\nName=eth0\n',
      },
      kernel: { suppressPrefixLength: true, suppressGroup: true, ruleOif: true, ruleProtocol: true },
    });
    expect(explainSelection(selectBackend(facts))).toBe(
      'networkd=configured file=10-netplan-eth0.network networkmanager="10 (unmanaged)" -> netplan',
    );
  });

  test('is probed with few processes, and the second pass needs no namespace', async () => {
    const host = smallHost(ubuntuFiles, ubuntuCommands);
    const first = await readHostFacts(host.system);
    expect(host.ran).toHaveLength(10);
    const second = await readHostFacts(host.system);
    expect(second).toEqual(first);
    expect(host.ran.filter(line => line === probe)).toHaveLength(1);
    expect([...host.written.keys()]).toEqual(['/run/eni-agent/kernel-probe.json']);
  });

  test('asks no tool whose trace is missing', async () => {
    const { '/usr/bin/nmcli': _nmcli, '/usr/bin/networkctl': _networkctl, ...files } = ubuntuFiles;
    const host = smallHost(files, ubuntuCommands);
    const facts = await readHostFacts(host.system);
    expect(facts.owners).toEqual({});
    expect(host.ran.some(line => /^(nmcli|networkctl|wicked|ifquery|rpm)/.test(line))).toBe(false);
  });
});

describe('tools that do not answer', () => {
  const broken = {
    fails: { exitCode: 1, stdout: '100 (connected)\n', stderr: 'Error' },
    hangs: { exitCode: 124, stdout: '', stderr: '' },
    garbage: { exitCode: 0, stdout: '\u0000\u001b[31m\u00ff '.repeat(100), stderr: '' },
    'an empty answer': { exitCode: 0, stdout: '', stderr: '' },
  };
  test.each(Object.entries(broken))('%s: the facts lack the value', async (_name, answer) => {
    const commands = Object.fromEntries(Object.keys(ubuntuCommands).map(line => [line, answer]));
    const facts = await readHostFacts(smallHost(ubuntuFiles, commands).system);
    expect(facts.primaryLink).toBeUndefined();
    expect(facts.services).toEqual({});
    expect(facts.owners).toEqual({});
    expect(facts.versions).toEqual({ kernel: '6.8.0' });
    // Not probed, so the version of the kernel decides.
    expect(facts.kernel).toEqual({
      suppressPrefixLength: true,
      suppressGroup: true,
      ruleOif: true,
      ruleProtocol: true,
    });
    expect(selectBackend(facts).backend).toBeUndefined();
  });

  test.each(Object.entries(broken))('%s behind a working route: still no owner', async (_name, answer) => {
    const commands = {
      ...ubuntuCommands,
      'nmcli -g GENERAL.STATE device show eth0': answer,
      'networkctl --no-pager status eth0': answer,
    };
    const facts = await readHostFacts(smallHost(ubuntuFiles, commands).system);
    expect(facts.owners).toEqual({});
    // Two services run, and none says whose the link is: no guess.
    expect(selectBackend(facts)).toMatchObject({
      backend: undefined,
      problem: expect.stringContaining('2 are active'),
    });
  });

  test('a machine without anything gives empty facts', async () => {
    expect(await readHostFacts(smallHost({}).system)).toEqual({
      os: { id: '', versionId: '', prettyName: '' },
      primaryLink: undefined,
      services: { NetworkManager: 'absent', network: 'absent', networking: 'absent' },
      owners: {},
      versions: {},
      paths: [],
      files: {},
      kernel: { suppressPrefixLength: false, suppressGroup: false, ruleOif: false, ruleProtocol: false },
    });
  });

  test('a link name that a shell or an option parser would take apart is not asked for', async () => {
    const commands = { ...ubuntuCommands, [route4]: 'default via 10.0.1.253 dev --help\n' };
    const facts = await readHostFacts(smallHost(ubuntuFiles, commands).system);
    expect(facts.primaryLink).toBeUndefined();
  });
});

describe('machines without systemd', () => {
  const el6 = {
    '/etc/redhat-release': 'CentOS release 6.10 (Final)\n',
    '/proc/sys/kernel/osrelease': '2.6.32-754.el6.x86_64\n',
    '/proc/sys/kernel/random/boot_id': '77\n',
    '/etc/init.d/network': '',
    '/var/lock/subsys/network': '',
    '/etc/sysconfig/network-scripts/network-functions': '',
    '/etc/sysconfig/network-scripts/ifcfg-eth0': 'DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n',
    '/etc/sysconfig/network': 'NETWORKING=yes\n',
    '/var/run/NetworkManager/NetworkManager.pid': '1234\n',
  };
  const oldIp = {
    [route4]: 'default via 10.0.1.253 dev eth0 \n',
    'ip -V': 'ip utility, iproute2-ss091226\n',
  };

  test('CentOS 6: lock file, release file, an ip that knows neither word', async () => {
    const commands = {
      ...oldIp,
      [probe]: {
        exitCode: 1,
        stdout: '0:\tfrom all lookup local \n32766:\tfrom all lookup main \n',
        stderr: 'x',
      },
    };
    const facts = await readHostFacts(smallHost(el6, commands).system);
    expect(facts.os).toEqual({ id: 'centos', versionId: '6.10', prettyName: 'CentOS release 6.10 (Final)' });
    // The pid file is stale: there is no such process.
    expect(facts.services).toEqual({ NetworkManager: 'absent', network: 'active', networking: 'absent' });
    // A snapshot date is not a version.
    expect(facts.versions).toEqual({ kernel: '2.6.32' });
    expect(facts.kernel).toEqual({
      suppressPrefixLength: false,
      suppressGroup: false,
      ruleOif: false,
      ruleProtocol: false,
    });
    expect(facts.files['/etc/sysconfig/network']).toBe('NETWORKING=yes\n');
    expect(selectBackend(facts).backend).toBe('initscripts');
  });

  test('CentOS 6 with NetworkManager 0.8: its nmcli refuses, the lock file decides', async () => {
    const files = { ...el6, '/proc/1234/comm': 'NetworkManager\n', '/usr/bin/nmcli': '' };
    const commands = { ...oldIp, 'nmcli --version': 'nmcli tool, version 0.8.1\n' };
    const facts = await readHostFacts(smallHost(files, commands).system);
    expect(facts.services.NetworkManager).toBe('active');
    expect(facts.owners).toEqual({});
    expect(selectBackend(facts).backend).toBe('initscripts');
  });

  test('SLES 11: its own state folder and release file', async () => {
    const files = {
      '/etc/SuSE-release': 'SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n',
      '/etc/init.d/network': '',
      '/dev/.sysconfig/network/started': '',
      '/etc/sysconfig/network/scripts/ifup-route': '',
      '/etc/sysconfig/network/ifcfg-eth0': "BOOTPROTO='dhcp'\n",
    };
    const facts = await readHostFacts(smallHost(files, oldIp).system);
    expect(facts.os).toEqual({
      id: 'sles',
      versionId: '11.4',
      prettyName: 'SUSE Linux Enterprise Server 11 (x86_64)',
    });
    expect(selectBackend(facts).backend).toBe('sles11');
  });

  test('Ubuntu 14.04: the state file of ifupdown', async () => {
    const files = {
      '/etc/network/interfaces': 'auto lo\niface lo inet loopback\nsource /etc/network/interfaces.d/*.cfg\n',
      '/sbin/ifquery': '',
      '/run/network/ifstate': 'lo=lo\neth0=eth0\n',
    };
    const commands = { ...oldIp, 'ifquery --version': 'ifquery version 0.7.47.2ubuntu4.5\n\nCopyright\n' };
    const facts = await readHostFacts(smallHost(files, commands).system);
    expect(facts.services.networking).toBe('active');
    expect(facts.owners).toEqual({ ifstate: 'eth0=eth0' });
    expect(facts.versions).toEqual({ ifupdown: '0.7.47.2' });
    expect(selectBackend(facts).backend).toBe('ifupdown');
  });
});

describe('SUSE', () => {
  const files = {
    '/run/systemd/system/': '',
    '/usr/sbin/wicked': '',
    '/etc/sysconfig/network/ifcfg-eth0': "BOOTPROTO='dhcp'\n",
    '/etc/sysconfig/network/config': 'NETCONFIG_DNS_POLICY="auto"\n',
  };
  const services = (id: string): string =>
    `Id=${id}.service\nActiveState=active\nLoadState=loaded\n\nId=wickedd.service\nActiveState=active\nLoadState=loaded\n`;

  test('network.service is an alias there: it counts as the unit behind it', async () => {
    const commands = {
      [systemctl]: services('wicked'),
      [route4]: 'default via 10.0.1.253 dev eth0 proto dhcp \n',
      // Not zero while the IPv6 lease is awaited; the text counts.
      'wicked ifstatus --brief eth0': { exitCode: 162, stdout: 'eth0            setup-in-progress\n' },
      'wicked --version': 'wicked 0.6.76\n',
    };
    const facts = await readHostFacts(smallHost(files, commands).system);
    expect(facts.services).toEqual({ wicked: 'active', wickedd: 'active' });
    expect(facts.versions.wicked).toBe('0.6.76');
    expect(explainSelection(selectBackend(facts))).toBe('wicked=setup-in-progress -> wicked');
  });

  test('an ifup that is not ifupdown is never run: it would take --version for a link', async () => {
    const host = smallHost(
      { ...files, '/sbin/ifup': '', '/usr/sbin/ifup': '' },
      { [systemctl]: services('wicked') },
    );
    await readHostFacts(host.system);
    expect(host.ran.some(line => /^if(up|query)/.test(line))).toBe(false);
  });
});

test('a systemd that reloads its units while a slow machine boots answers late, and is waited for', async () => {
  const { system } = smallHost(
    { '/run/systemd/system/': '' },
    { [systemctl]: 'Id=systemd-networkd.service\nActiveState=active\nLoadState=loaded\n' },
  );
  const late = {
    ...system,
    run: (...[argv, options]: Parameters<typeof system.run>) =>
      (options?.timeoutMs ?? 0) < 20_000
        ? Promise.resolve({ exitCode: 124, stdout: '', stderr: '' })
        : system.run(argv, options),
  };
  expect(await readServices(late)).toEqual({ 'systemd-networkd': 'active' });
});

test('an IPv6-only host has its primary link too', async () => {
  const commands = {
    ...ubuntuCommands,
    [route4]: '',
    [route6]: 'default via fe80::1 dev eth0 proto ra metric 1024 expires 1799sec pref medium\n',
  };
  expect((await readHostFacts(smallHost(ubuntuFiles, commands).system)).primaryLink).toBe('eth0');
});
