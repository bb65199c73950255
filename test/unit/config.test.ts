import { describe, expect, test } from 'vitest';
import { configFolder, configPath } from '../../agent/config/read-files.ts';
import { defaultSettings, parseConfiguration, readSettings } from '../../agent/config/read-settings.ts';
import { AgentError } from '../../agent/errors.ts';
import type { EniOptions, Settings } from '../../agent/model/settings.ts';
import type { System } from '../../agent/system/system.ts';
import { FakeSystem } from '../support/fake-system.ts';
import { macOf, plainOptions } from '../support/plan-parts.ts';

type Files = Readonly<Record<string, string>>;

const read = (files: Files | string) => {
  const all: Files = typeof files === 'string' ? { [configPath]: files } : files;
  const system = {
    readFile: async (path: string) => all[path],
    exists: async (path: string) => path in all,
    stat: async () => ({ inode: 1, modified: 0, mode: 0o100644, uid: 0 }),
    listFolder: async (dir: string) =>
      Object.keys(all)
        .filter(path => path.startsWith(`${dir}/`))
        .map(path => path.slice(dir.length + 1))
        .sort(),
  };
  return readSettings(system as unknown as System);
};

const mac = macOf(1);
const eni = (body: string) => `[eni "${mac}"]\n${body}\n`;

test('a comment behind a value, quotes, and an escaped semicolon are as ini has them', async () => {
  const { agent, metadata } = await read(
    '[agent]\nlog-level = warn ; quiet\nignore-links = "a;b"\nignore-drivers = x\\;y\n',
  );
  expect(agent).toMatchObject({ logLevel: 'warn', ignoreLinks: ['a;b'], ignoreDrivers: ['x;y'] });
  expect(metadata.url).toBeUndefined();
});

test('no file: the defaults', async () => {
  expect(await read({})).toEqual(defaultSettings);
  expect(defaultSettings).toEqual({
    agent: {
      backend: undefined,
      manage: 'all',
      primaryAddresses: false,
      altNames: true,
      allowUnproven: false,
      virtualLinks: false,
      ignoreDrivers: [],
      ignoreLinks: [],
      logLevel: 'info',
      logFormat: 'text',
      verifyTimeoutMs: 10_000,
    },
    metadata: { provider: undefined, url: undefined, timeoutMs: 15_000, confirmDelayMs: 2_000 },
    routing: { base: 28_000, publishedPorts: false },
    coexistence: {
      cloudInit: 'leave',
      networkmanagerAutoDefault: 'leave',
      nmCloudSetup: 'leave',
      ec2NetUtils: 'leave',
      cloudNetconfig: 'leave',
      containerNetwork: 'leave',
    },
    daemon: { periodMs: 60_000, metrics: false },
    enis: new Map(),
  } satisfies Settings);
});

test('comments, blank lines, blanks around and Windows line ends', async () => {
  const settings = await read('# one\r\n; two\r\n\r\n[agent]\r\n  log-level =  debug \r\n');
  expect(settings.agent.logLevel).toBe('debug');
});

describe('good values', () => {
  const agentRows: readonly (readonly [string, Partial<Settings['agent']>])[] = [
    ['backend = netplan', { backend: 'netplan' }],
    ['manage = listed', { manage: 'listed' }],
    ['allow-unproven = yes', { allowUnproven: true }],
    ['virtual-links = yes', { virtualLinks: true }],
    ['virtual-links = no', { virtualLinks: false }],
    ['ignore-drivers = efa, ixgbevf', { ignoreDrivers: ['efa', 'ixgbevf'] }],
    ['ignore-links = docker* wlan0,  eth9', { ignoreLinks: ['docker*', 'wlan0', 'eth9'] }],
    ['ignore-links =', { ignoreLinks: [] }],
    ['log-level = error', { logLevel: 'error' }],
    ['verify-timeout = 300', { verifyTimeoutMs: 300_000 }],
  ];
  test.each(agentRows)('[agent] %s', async (line, wanted) => {
    expect(await read(`[agent]\n${line}\n`)).toEqual({
      ...defaultSettings,
      agent: { ...defaultSettings.agent, ...wanted },
    });
  });

  const metadataRows: readonly (readonly [string, Partial<Settings['metadata']>])[] = [
    ['provider = jdcloud', { provider: 'jdcloud' }],
    ['url = http://127.0.0.1:8080', { url: 'http://127.0.0.1:8080' }],
    ['url = http://[::1]:8080/', { url: 'http://[::1]:8080/' }],
    ['timeout = 1', { timeoutMs: 1_000 }],
    ['confirm-delay = 0', { confirmDelayMs: 0 }],
  ];
  test.each(metadataRows)('[metadata] %s', async (line, wanted) => {
    expect(await read(`[metadata]\n${line}\n`)).toEqual({
      ...defaultSettings,
      metadata: { ...defaultSettings.metadata, ...wanted },
    });
  });

  test.each([301, 28_000, 31309])('[routing] base = %d', async base => {
    expect((await read(`[routing]\nbase = ${base}\n`)).routing.base).toBe(base);
  });

  const daemonRows: readonly (readonly [string, Partial<Settings['daemon']>])[] = [
    ['period = 10', { periodMs: 10_000 }],
    ['period = 3600', { periodMs: 3_600_000 }],
    ['metrics = yes', { metrics: true }],
  ];
  test.each(daemonRows)('[daemon] %s', async (line, wanted) => {
    expect(await read(`[daemon]\n${line}\n`)).toEqual({
      ...defaultSettings,
      daemon: { ...defaultSettings.daemon, ...wanted },
    });
  });

  const eniRows: readonly (readonly [string, object])[] = [
    ['ignore = yes', { ignore: true }],
    ['mode = dhcp', { mode: 'dhcp' }],
    ['addresses = 10.0.2.11, 2001:DB8::0001', { addresses: ['10.0.2.11', '2001:db8::1'] }],
    ['subnets = 10.0.2.9/24 2001:db8::/64', { subnets: ['10.0.2.0/24', '2001:db8::/64'] }],
    ['gateways = 10.0.2.1 fe80::1', { gateways: ['10.0.2.1', 'fe80::1'] }],
    [
      'sources = 172.17.0.0/16, 10.0.2.99 fd00:17::/64',
      { sources: ['172.17.0.0/16', '10.0.2.99/32', 'fd00:17::/64'] },
    ],
    ['mtu = 8500', { mtu: 8500 }],
    ['table = 5000', { table: 5000 }],
    ['default-route = yes', { defaultRoute: true }],
    ['metric = 500', { metric: 500 }],
    ['connected-route = yes', { connectedRoute: true }],
    ['forward = yes', { forward: true }],
    [
      'routes = 10.20.0.0/16, 10.30.0.0/16 via 10.0.2.9 2001:db8:20::/48 via fe80::1',
      {
        routes: [
          { destination: '10.20.0.0/16', gateway: undefined },
          { destination: '10.30.0.0/16', gateway: '10.0.2.9' },
          { destination: '2001:db8:20::/48', gateway: 'fe80::1' },
        ],
      },
    ],
  ];
  test.each(eniRows)('[eni] %s', async (line, wanted) => {
    expect((await read(eni(line))).enis.get(mac)).toEqual({ ...plainOptions, ...wanted } as EniOptions);
  });

  test.each(['[eni "02:00:00:00:00:01"]', '[eni 02:00:00:00:00:01]', '[eni "02-00-00-00-00-01"]'])(
    'the section %s',
    async section => {
      expect([...(await read(`${section}\nmtu = 1400\n`)).enis.keys()]).toEqual([mac]);
    },
  );
});

describe('bad ones: the file, the section, the key, the value and the reason', () => {
  const example = 'write the one that "ip link" shows, as in [eni "02:00:00:00:00:01"]';
  const cut = (line: string, at: string) =>
    `the line ${JSON.stringify(line)}: what is behind "${at}" would be taken for a comment; separate values with a comma, and put a blank before a comment`;
  const whole = 'must be a whole number from';
  const unreadable = (line: string) => {
    const why = line.startsWith('[')
      ? 'a section has a line of its own, from "[" to "]", without a comment'
      : 'it is no section, no "key = value" and no comment';
    return `the line ${JSON.stringify(line)} cannot be read: ${why}`;
  };
  /** The content, what is said of its last line, and what was probably meant. */
  const rows: readonly (readonly [string, string, string?])[] = [
    [
      '[agent]\nbackend = netplam',
      '[agent] backend = "netplam": must be one of ifupdown, initscripts, netplan, networkd, networkmanager-ifcfg, networkmanager-keyfile, sles11, wicked',
      'netplan',
    ],
    [
      '[agent]\nbackend = systemd-networkd',
      '[agent] backend = "systemd-networkd": must be one of ifupdown, initscripts, netplan, networkd, networkmanager-ifcfg, networkmanager-keyfile, sles11, wicked',
      'networkd',
    ],
    [
      // Two backends of that name: neither is meant more than the other.
      '[agent]\nbackend = networkmanager',
      '[agent] backend = "networkmanager": must be one of ifupdown, initscripts, netplan, networkd, networkmanager-ifcfg, networkmanager-keyfile, sles11, wicked',
    ],
    ['[agent]\nallow-unproven = true', '[agent] allow-unproven = "true": must be yes or no'],
    ['[agent]\nvirtual-links = 1', '[agent] virtual-links = "1": must be yes or no'],
    ['[agent]\nvirtual-links', '[agent] virtual-links = "true": must be yes or no'],
    ['[agent]\nlog-level = loud', '[agent] log-level = "loud": must be error, warn, info or debug'],
    ['[agent]\nverify-timeout = 0', `[agent] verify-timeout = "0": ${whole} 1 to 300`],
    ['[agent]\nverify-timeout = 10s', `[agent] verify-timeout = "10s": ${whole} 1 to 300`],
    ['[agent]\nverify-timeout = 1.5', `[agent] verify-timeout = "1.5": ${whole} 1 to 300`],
    ['[agent]\nverify-timeout =', `[agent] verify-timeout = "": ${whole} 1 to 300`],
    ['[agent]\nalow-unproven = yes', '[agent] has the unknown key "alow-unproven"', 'allow-unproven'],
    [
      '[agent]\nlog-level = warning',
      '[agent] log-level = "warning": must be error, warn, info or debug',
      'warn',
    ],
    ['[agent]\nperiod = 30', '[agent] has the unknown key "period"', 'period in [daemon]'],
    ['[agent]\nignore-links[] = eth7', '[agent] has the unknown key "ignore-links[]"', 'ignore-links'],
    ['[metadata]\nprovider = azure', '[metadata] provider = "azure": must be alibaba, aws or jdcloud'],
    [
      '[metadata]\nurl = http://metadata.example',
      '[metadata] url = "http://metadata.example": must look like http://127.0.0.1:8080 (a literal address, no name)',
    ],
    [
      '[metadata]\nurl = https://127.0.0.1',
      '[metadata] url = "https://127.0.0.1": must look like http://127.0.0.1:8080 (a literal address, no name)',
    ],
    [
      '[metadata]\nurl = http://127.0.0.1/x',
      '[metadata] url = "http://127.0.0.1/x": must look like http://127.0.0.1:8080 (a literal address, no name)',
    ],
    ['[metadata]\ntimeout = 121', `[metadata] timeout = "121": ${whole} 1 to 120`],
    ['[metadata]\nconfirm-delay = -1', `[metadata] confirm-delay = "-1": ${whole} 0 to 60`],
    ['[metadata]\ntoken = x', '[metadata] has the unknown key "token"'],
    ['[routing]\nbase = 300', `[routing] base = "300": ${whole} 301 to 31309`],
    ['[routing]\nbase = 31310', `[routing] base = "31310": ${whole} 301 to 31309`],
    ['[routing]\nbase = 0x7000', `[routing] base = "0x7000": ${whole} 301 to 31309`],
    ['[routing]\ntable = 5', '[routing] has the unknown key "table"', 'table in [eni "MAC"]'],
    ['[daemon]\nperiod = 9', `[daemon] period = "9": ${whole} 10 to 3600`],
    ['[daemon]\nperiod = 3601', `[daemon] period = "3601": ${whole} 10 to 3600`],
    ['[daemon]\nmetrics = on', '[daemon] metrics = "on": must be yes or no'],
    [eni('ignore = maybe'), `[eni "${mac}"] ignore = "maybe": must be yes or no`],
    [eni('mode = auto'), `[eni "${mac}"] mode = "auto": must be static or dhcp`],
    [
      eni('addresses = 10.0.2.11, 10.0.2.300'),
      `[eni "${mac}"] addresses = "10.0.2.11, 10.0.2.300": "10.0.2.300" is not an address`,
    ],
    [
      eni('addresses = 10.0.2.11/24'),
      `[eni "${mac}"] addresses = "10.0.2.11/24": "10.0.2.11/24" is not an address`,
    ],
    [eni('addresses = $(reboot)'), `[eni "${mac}"] addresses = "$(reboot)": "$(reboot)" is not an address`],
    [
      eni('subnets = 10.0.2.0'),
      `[eni "${mac}"] subnets = "10.0.2.0": "10.0.2.0" is not a subnet such as 10.0.2.0/24`,
    ],
    [eni('gateways = eth0'), `[eni "${mac}"] gateways = "eth0": "eth0" is not an address`],
    [
      eni('gateways = 10.0.2.1 10.0.2.2'),
      `[eni "${mac}"] gateways = "10.0.2.1 10.0.2.2": lists two gateways of one family`,
    ],
    [
      eni('gateways = 10.0.2.1 fe80::1 fe80::2'),
      `[eni "${mac}"] gateways = "10.0.2.1 fe80::1 fe80::2": lists two gateways of one family`,
    ],
    [
      eni('sources = docker0'),
      `[eni "${mac}"] sources = "docker0": "docker0" is not a network or an address such as 172.17.0.0/16`,
    ],
    [eni('mtu = 575'), `[eni "${mac}"] mtu = "575": ${whole} 576 to 65535`],
    [eni('table = 254'), `[eni "${mac}"] table = "254": ${whole} 256 to 2147483647`],
    [eni('table = main'), `[eni "${mac}"] table = "main": ${whole} 256 to 2147483647`],
    [eni('default-route = always'), `[eni "${mac}"] default-route = "always": must be yes or no`],
    [eni('connected-route = on'), `[eni "${mac}"] connected-route = "on": must be yes or no`],
    [eni('metric = 0'), `[eni "${mac}"] metric = "0": ${whole} 1 to 2147483647`],
    [eni('gateway = 10.0.2.1'), `[eni "${mac}"] has the unknown key "gateway"`, 'gateways'],
    [eni('Gateways = 10.0.2.1'), `[eni "${mac}"] has the unknown key "Gateways"`, 'gateways'],
    ['[eni "eth1"]', `[eni "eth1"] does not name a MAC address; ${example}`],
    ['[eni "03:00:00:00:00:01"]', `[eni "03:00:00:00:00:01"] does not name a MAC address; ${example}`],
    ['[eni "0200.0000.0001"]', `[eni "0200.0000.0001"] does not name a MAC address; ${example}`],
    [eni('addresses = 10.0.2.10;10.0.2.11'), cut('addresses = 10.0.2.10;10.0.2.11', ';')],
    [eni('addresses = 10.0.2.10; 10.0.2.11'), cut('addresses = 10.0.2.10; 10.0.2.11', ';')],
    [eni('addresses = "10.0.2.10;10.0.2.11" # two'), cut('addresses = "10.0.2.10;10.0.2.11" # two', ';')],
    [eni('sources = 10.9.0.0/16#old'), cut('sources = 10.9.0.0/16#old', '#')],
    ['[eni]', 'unknown section [eni]: the section of an ENI is [eni "MAC"]'],
    ['[ENI "02:00:00:00:00:01"]', `unknown section [ENI "${mac}"]: the section of an ENI is [eni "MAC"]`],
    ['[Agent]', 'unknown section [Agent]', '[agent]'],
    ['[agnet]', 'unknown section [agnet]', '[agent]'],
    ['[agent.more]', 'unknown section [agent.more]', '[agent]'],
    ['[__proto__]', 'unknown section [__proto__]'],
    ['["__proto__"]', 'unknown section [__proto__]'],
    ['[agent.__proto__]', 'unknown section [agent.__proto__]', '[agent]'],
    ['[constructor]', 'unknown section [constructor]'],
    ['[agent]\n__proto__ = x', '[agent] has the unknown key "__proto__"'],
    ['[agent]\n"__proto__" = x', '[agent] has the unknown key "__proto__"'],
    ['[agent]\n__proto__[] = x', '[agent] has the unknown key "__proto__[]"'],
    ['[agent]\ntoString = x', '[agent] has the unknown key "toString"'],
    [eni('__proto__ = x'), `[eni "${mac}"] has the unknown key "__proto__"`],
    ['[agent]\nlog-level = __proto__', '[agent] log-level = "__proto__": must be error, warn, info or debug'],
    ['__proto__ = x', 'the key "__proto__" is outside of any section'],
    ['[agent] # ours', unreadable('[agent] # ours')],
    ['  [agent]', unreadable('[agent]')],
    ['[agent', unreadable('[agent')],
    ['[agent]\n= netplan', unreadable('= netplan')],
    ['log-level = info', 'the key "log-level" is outside of any section', 'log-level in [agent]'],
    ['table = 5', 'the key "table" is outside of any section', 'table in [eni "MAC"]'],
    ['level = info', 'the key "level" is outside of any section'],
  ];
  test.each(rows.map(([...row]) => row))('%j', async (content, wanted, meant) => {
    const line = content.trimEnd().split('\n').length;
    const error = await read(content).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AgentError);
    const suggestion = meant === undefined ? '' : `; did you mean ${meant}?`;
    expect(error).toMatchObject({
      code: 'config-invalid',
      message: `${configPath}:${line}: ${wanted}${suggestion}`,
    });
  });

  test('lines are counted with comments, empty ones and every kind of line end', async () => {
    for (const end of ['\n', '\r\n', '\r'])
      await expect(read(['# one', '', '; three', '[agent]', '', 'x = 1', ''].join(end))).rejects.toThrow(
        `${configPath}:6: [agent] has the unknown key "x"`,
      );
  });

  test('all that is wrong is found, with what it was', async () => {
    const content = '[agnet]\nlog-level = info\n[agent]\nlog-level = loud\nx = 1\n[eni "eth1"]\nmtu = 1\n';
    const { problems, settings } = parseConfiguration([{ path: 'a.conf', content }]);
    expect(settings).toBeUndefined();
    expect(problems).toEqual([
      expect.objectContaining({
        file: 'a.conf',
        line: 1,
        section: 'agnet',
        key: null,
        suggestion: '[agent]',
      }),
      expect.objectContaining({
        line: 4,
        section: 'agent',
        key: 'log-level',
        value: 'loud',
        suggestion: null,
      }),
      expect.objectContaining({ line: 5, section: 'agent', key: 'x', value: '1' }),
      expect.objectContaining({ line: 6, section: 'eni "eth1"', key: null, value: null }),
    ]);
    await expect(read(content)).rejects.toThrow(/; did you mean \[agent\]\? \(and 3 more problems\)$/);
  });

  test('what two ENIs have for a source is refused', async () => {
    const section = (n: number, networks: string) => `[eni "02:00:00:00:00:0${n}"]\nsources = ${networks}\n`;
    await expect(read(section(1, '172.17.0.0/16') + section(2, '172.18.0.0/16'))).resolves.toBeDefined();
    await expect(read(section(1, '172.16.0.0/12') + section(2, '172.18.0.0/16'))).rejects.toThrow(
      `${configPath}:4: [eni "02:00:00:00:00:02"] sources: 172.18.0.0/16: [eni "02:00:00:00:00:01"] has 172.16.0.0/12`,
    );
  });

  describe('metrics of default routes in main', () => {
    const section = (n: number, ...lines: readonly string[]) =>
      `[eni "02:00:00:00:00:0${n}"]\n${lines.join('\n')}\n`;
    const both = (a: readonly string[], b: readonly string[]) => read(section(1, ...a) + section(2, ...b));
    const wants = ['default-route = yes', 'metric = 30000'];

    test('the same for two ENIs is refused', async () => {
      await expect(both(wants, wants)).rejects.toThrow(
        `${configPath}:6: [eni "02:00:00:00:00:02"] metric = 30000: [eni "02:00:00:00:00:01"] has the same metric`,
      );
    });

    test('unless one of them has no such route', async () => {
      await expect(both(wants, ['metric = 30000'])).resolves.toBeDefined();
      await expect(both(wants, [...wants, 'ignore = yes'])).resolves.toBeDefined();
      await expect(both(wants, ['default-route = yes'])).resolves.toBeDefined();
    });

    test.each([2_000_000_000, 2_000_000_255])('%i is the agent’s own', async metric => {
      await expect(read(section(1, 'default-route = yes', `metric = ${metric}`))).rejects.toThrow(
        `metric = ${metric}: 2000000000 to 2000000255 are given to ENIs by the agent itself`,
      );
    });

    test('up to 2147483647', async () => {
      await expect(read(section(1, 'metric = 2147483647'))).resolves.toBeDefined();
      await expect(read(section(1, 'metric = 2147483648'))).rejects.toThrow('1 to 2147483647');
    });
  });

  test.each<readonly [string, string]>([
    ['table = 28000', '28000 to 29455 are given to ENIs by the agent itself'],
    ['table = 29455', '28000 to 29455 are given to ENIs by the agent itself'],
  ])('a table in the band: %s', async (line, reason) => {
    await expect(read(eni(line))).rejects.toThrow(`${configPath}:2: [eni "${mac}"] ${line}: ${reason}`);
    await expect(read(`${eni(line)}[routing]\nbase = 5000\n`)).resolves.toBeDefined();
  });

  test('one table for two ENIs', async () => {
    const other = `[eni "${macOf(2)}"]\ntable = 5000\n`;
    await expect(read(`${eni('table = 5000')}${other}`)).rejects.toThrow(
      `${configPath}:4: [eni "${macOf(2)}"] table = 5000: [eni "${mac}"] has the same table`,
    );
  });
});

describe('several files', () => {
  const drop = (name: string) => `${configFolder}/${name}`;

  test('the later wins key by key, in every section', async () => {
    const settings = await read({
      [configPath]: `[agent]\nlog-level = warn\nbackend = netplan\n${eni('mtu = 1400\nmetric = 7')}`,
      [drop('20-b.conf')]: `[agent]\nlog-level = debug\n${eni('mtu = 8500')}`,
      [drop('10-a.conf')]: '[agent]\nlog-level = error\n[routing]\nbase = 5000\n',
      [drop('README')]: 'not read',
      [drop('30-c.conf.rpmnew')]: 'nor this',
    });
    expect(settings.agent).toMatchObject({ logLevel: 'debug', backend: 'netplan' });
    expect(settings.routing.base).toBe(5000);
    expect(settings.enis.get(mac)).toMatchObject({ mtu: 8500, metric: 7 });
  });

  test('one MAC in two spellings is one ENI', async () => {
    const settings = await read({
      [configPath]: eni('mtu = 1400'),
      [drop('a.conf')]: '[eni "02-00-00-00-00-01"]\nmetric = 7\n',
    });
    expect([...settings.enis]).toEqual([[mac, { ...plainOptions, mtu: 1400, metric: 7 }]]);
  });

  test('the error names the file that is wrong, even where a later one would win', async () => {
    const files = {
      [configPath]: '[agent]\nlog-level = loud\n',
      [drop('a.conf')]: '[agent]\nlog-level = info\n',
    };
    await expect(read(files)).rejects.toThrow(`${configPath}:2: [agent] log-level = "loud"`);
    const later = { [configPath]: '[agent]\nlog-level = info\n', [drop('a.conf')]: '[agent]\nx = 1\n' };
    await expect(read(later)).rejects.toThrow(`${drop('a.conf')}:2: [agent] has the unknown key "x"`);
  });
});

describe('a file that root alone could not have written', () => {
  const withMode = (mode: number, dropIn = 0o644) => {
    const system = new FakeSystem();
    system.put(configPath, '[agent]\nbackend = ifupdown\n', mode);
    system.put(`${configFolder}/50-a.conf`, '', dropIn);
    return system;
  };

  test.each([
    [0o664, 0o644, configPath],
    [0o646, 0o644, configPath],
    [0o644, 0o666, `${configFolder}/50-a.conf`],
  ])('%o and %o', async (mode, dropIn, path) => {
    await expect(readSettings(withMode(mode, dropIn))).rejects.toMatchObject({
      code: 'config-invalid',
      message: `${path} is writable by users other than root`,
      hint: `chown root:root ${path}; chmod 644 ${path}`,
    });
  });

  test('another user’s, and one that others may read', async () => {
    const system = withMode(0o600);
    await expect(readSettings(system)).resolves.toBeDefined();
    const stat = system.stat.bind(system);
    system.stat = async path => {
      const stamp = await stat(path);
      return path === configPath && stamp !== undefined ? { ...stamp, uid: 1000 } : stamp;
    };
    await expect(readSettings(system)).rejects.toMatchObject({
      message: `${configPath} belongs to user 1000, not to root`,
    });
  });
});
