// `doctor`: which other programs are seen, by what, and when one that is here does nothing. Files have the form in which the packages
// and the programs write them (docs/coexistence.md has the versions).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rivals, rivalTable } from '../../../agent/doctor/rivals.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { ProviderName } from '../../../agent/model/instance.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import type { Inspection } from '../../../agent/pass/inspect.ts';
import type { PassContext } from '../../../agent/pass/pass.ts';
import { parseSystemctlShow } from '../../../agent/system/facts/services.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { parseRules } from '../../../agent/system/kernel/ip-rules.ts';
import { standardTables } from '../../../agent/system/kernel/ip-words.ts';
import { selectBackend } from '../../../renderers/detect/select.ts';
import { macOf, nic } from '../../support/plan-parts.ts';
import { settingsFrom } from '../../support/settings-from.ts';
import { smallHost } from '../hosts/small-host.ts';

interface Machine {
  readonly facts?: Partial<HostFacts>;
  readonly backend?: string;
  readonly provider?: ProviderName;
  readonly files?: Readonly<Record<string, string>>;
  readonly rules?: string;
  readonly routes?: string;
  readonly cloudInit?: string;
  readonly coexistence?: Readonly<Record<string, string>>;
}

const emptyFacts: HostFacts = {
  os: { id: 'debian', versionId: '13', prettyName: 'Debian' },
  primaryLink: 'eth0',
  services: {},
  owners: {},
  versions: {},
  paths: [],
  files: {},
  kernel: { suppressPrefixLength: true, suppressGroup: true, ruleOif: true, ruleProtocol: true },
};

/** Two ENIs: eth0 is the primary, eth1 has been left alone. */
async function findingsOn(machine: Machine) {
  const facts = { ...emptyFacts, ...machine.facts };
  const kernel: KernelState = {
    links: [nic(0), nic(1)],
    addresses: [],
    routes: parseRoutes(machine.routes ?? '', 4, standardTables),
    rules: parseRules(machine.rules ?? '', 4, standardTables),
  };
  const inspection = {
    cloud: { provider: machine.provider ?? 'alibaba', instanceId: 'i-1' },
    selection: machine.backend === undefined ? selectBackend(facts) : { backend: machine.backend },
    primaryLink: 'eth0',
    enis: [],
    skipped: [{ mac: macOf(1), eniId: 'eni-1', reason: 'no-ip', text: 'has no address', degraded: false }],
    facts,
    kernel,
  } as unknown as Inspection;
  const files = {
    ...machine.files,
    ...(machine.cloudInit === undefined ? {} : { '/usr/bin/cloud-init': '', '/usr/bin/dpkg-query': '' }),
  };
  const { system } = smallHost(files, { 'dpkg-query -W cloud-init': `cloud-init\t${machine.cloudInit}\n` });
  const wanted = Object.entries(machine.coexistence ?? {}).map(pair => pair.join(' = '));
  const settings = settingsFrom(['[coexistence]', ...wanted].join('\n'));
  return rivals(inspection, { system, settings } as PassContext);
}

const none = {
  check: 'rivals',
  verdict: 'ok',
  saw: 'found no known program that also configures ENIs',
  hint: undefined,
};
const paths = (...list: string[]): Machine => ({ facts: { paths: list } });
const cloudInit = (
  version: string,
  provider: ProviderName,
  files: Readonly<Record<string, string>> = {},
): Machine => ({
  ...paths('/usr/bin/cloud-init', '/etc/cloud/cloud.cfg'),
  cloudInit: version,
  provider,
  files,
});
const nm = { services: { NetworkManager: 'active' as const } };
const madeUp = (link: string) =>
  `[connection]\nid=Wired connection 2\nuuid=84f5734b-8ee0-3bb0-a90e-758cba8ee6cd\ntype=ethernet\nautoconnect-priority=-999\ninterface-name=${link}\ntimestamp=1795234514\n\n[ethernet]\n\n[ipv4]\nmethod=auto\n\n[.nmmeta]\nnm-generated=true\n`;
const wired = '/run/NetworkManager/system-connections/Wired connection 2.nmconnection';
const unit = '/usr/lib/systemd/system/nm-cloud-setup.service';
const optIn = '/usr/lib/systemd/system/nm-cloud-setup.service.d/10-rh-enable-for-ec2.conf';
const timer = '/etc/systemd/system/timers.target.wants/nm-cloud-setup.timer';
const netconfigRule = '/etc/udev/rules.d/51-cloud-netconfig-hotplug.rules';
const hook = '/etc/udev/rules.d/90-cloud-init-hook-hotplug.rules';
const ourDropIn = '/etc/cloud/cloud.cfg.d/99-eni-agent.cfg';
const once = 'updates:\n  network:\n    when: [boot-new-instance]\n';

const early = '/run/systemd/network/85-imds-early.network';
const imdsRule = '32765:\tfrom all fwmark 0x7fff0815 lookup 2147420181 proto static\n';

test('a machine without any', async () => {
  expect(await findingsOn({})).toEqual([none]);
});

const active: readonly (readonly [string, Machine, string, string])[] = [
  ['cloud-init', cloudInit('25.1.4-1+deb13u1', 'alibaba'), 'cloud-init', 'version 25.1.4'],
  ['cloud-init 23.4, the first', cloudInit('23.4-1', 'alibaba'), 'cloud-init', 'version 23.4'],
  ['of an unknown version', { ...paths('/usr/bin/cloud-init') }, 'cloud-init', '/usr/bin/cloud-init'],
  [
    'told to render at each boot',
    cloudInit('24.4-1', 'aws', {
      '/etc/cloud/cloud.cfg.d/50-x.cfg': 'updates:\n  network:\n    when:\n      - boot\n      - hotplug\n',
    }),
    'cloud-init',
    'version 24.4',
  ],
  [
    'whose switch is in a comment',
    cloudInit('25.1.4-1', 'alibaba', {
      '/etc/cloud/cloud.cfg.d/50-x.cfg': '# updates: {network: {when: []}}\n#network: {config: disabled}\n',
    }),
    'cloud-init',
    'version 25.1.4',
  ],
  [
    'lines for a second NIC in rc.local',
    { files: { '/etc/rc.local': '#!/bin/sh\nip route add default via 10.0.2.253 dev eth1 metric 1001\n' } },
    'a set of routes by hand',
    '/etc/rc.local:2',
  ],
  ['its hot-plug hook', { files: { [hook]: '# Installed by cloud-init' } }, 'cloud-init hot-plug hook', hook],
  [
    'the connection that NetworkManager made for eth1',
    { facts: { ...nm, files: { [wired]: madeUp('eth1') } }, backend: 'ifupdown' },
    "NetworkManager's automatic connection",
    wired,
  ],
  [
    'NetworkManager beside another backend',
    { facts: nm, backend: 'ifupdown' },
    "NetworkManager's automatic connection",
    'NetworkManager is active',
  ],
  [
    'nm-cloud-setup, enabled for EC2',
    {
      ...paths(unit),
      files: {
        [unit]: '[Service]\n#Environment=NM_CLOUD_SETUP_EC2=yes\n',
        [optIn]: '[Service]\nEnvironment=NM_CLOUD_SETUP_EC2=yes\n',
        [timer]: '[Timer]\n',
      },
    },
    'nm-cloud-setup',
    `${timer}, ${optIn}: Environment=NM_CLOUD_SETUP_EC2=yes`,
  ],
  [
    'nm-cloud-setup, by its rules',
    { ...paths(unit), rules: '30350:\tfrom all lookup main suppress_prefixlength 0\n' },
    'nm-cloud-setup',
    'the rule 30350: from all lookup 254',
  ],
  [
    'ec2-net-utils 2',
    paths('/usr/bin/setup-policy-routes'),
    'amazon-ec2-net-utils',
    '/usr/bin/setup-policy-routes',
  ],
  [
    'ec2-net-utils 2, by its rules',
    { ...paths('/usr/bin/setup-policy-routes'), rules: '10001:\tfrom 172.31.40.10 lookup 10001\n' },
    'amazon-ec2-net-utils',
    'the rule 10001: from 172.31.40.10/32 lookup 10001',
  ],
  [
    'ec2-net-utils 1',
    paths('/etc/udev/rules.d/53-ec2-network-interfaces.rules'),
    'ec2-net-utils 1.x',
    '/etc/udev/rules.d/53-ec2-network-interfaces.rules',
  ],
  [
    'cloud-netconfig',
    paths('/usr/libexec/cloud-netconfig'),
    'cloud-netconfig',
    '/usr/libexec/cloud-netconfig',
  ],
  [
    'cloud-netconfig with NetworkManager, whose dispatcher calls it',
    {
      facts: { paths: ['/usr/libexec/cloud-netconfig'], ...nm, files: {} },
      backend: 'networkmanager-keyfile',
      files: { [netconfigRule]: '' },
    },
    'cloud-netconfig',
    '/usr/libexec/cloud-netconfig',
  ],
  [
    'the helper of Debian’s cloud images, where ifupdown is not in charge',
    {
      ...paths('/etc/network/cloud-ifupdown-helper', '/etc/udev/rules.d/75-cloud-ifupdown.rules'),
      backend: 'networkd',
    },
    'cloud-ifupdown-helper',
    '/etc/network/cloud-ifupdown-helper',
  ],
  ['multi-nic-util', { facts: { services: { eni: 'active' } } }, 'multi-nic-util', 'eni is active'],
  [
    'multi-nic-util, by its udev rule',
    { files: { '/lib/udev/rules.d/61-eni.rules': '' } },
    'multi-nic-util',
    '/lib/udev/rules.d/61-eni.rules',
  ],
  [
    'systemd-imds, locked',
    { files: { [early]: '[Route]\nDestination=169.254.169.254\nType=prohibit\n' } },
    'systemd-imds',
    `${early}: Type=prohibit`,
  ],
  [
    'systemd-imds, by its rule and its route',
    { rules: imdsRule, routes: 'prohibit 169.254.169.254 proto static metric 1024\n' },
    'systemd-imds',
    'the route of type prohibit to 169.254.169.254',
  ],
  [
    'a container network that is not heeded',
    { ...paths('/run/cilium'), coexistence: { 'container-network': 'ignore' } },
    'Cilium',
    '/run/cilium',
  ],
];

test.each(active)('active: %s', async (_title, machine, name, evidence) => {
  const rival = rivalTable.find(r => r.name === name)!;
  const found = await findingsOn(machine);
  expect(found.filter(f => f.verdict === 'warning')).toEqual([
    {
      check: 'rivals',
      verdict: 'warning',
      saw: `${name} is present (${evidence}): it ${rival.effect}`,
      hint: expect.stringContaining(rival.step),
    },
  ]);
  const hint = found.find(f => f.verdict === 'warning')?.hint ?? '';
  const offersOption = rival.option !== undefined && machine.backend !== 'networkmanager-keyfile';
  expect(
    hint.includes('[coexistence]') && hint.endsWith(`${rival.option?.key} = ${rival.option?.value}`),
  ).toBe(offersOption);
});

const idle: readonly (readonly [string, Machine, string])[] = [
  ['systemd-imds, unlocked', { files: { [early]: '[Network]\nDHCP=yes\n' } }, 'it is unlocked'],
  ['systemd-imds, by its rule', { rules: imdsRule }, 'it is unlocked'],
  [
    'systemd-imds, installed alone',
    { files: { '/usr/lib/systemd/system/systemd-imdsd@.service': '[Unit]\n' } },
    'it has not set up any network',
  ],
  ['before 23.4', cloudInit('22.4.2-1+deb12u4', 'alibaba'), 'this version configures the first NIC alone'],
  ['on AWS', cloudInit('25.1.4-1', 'aws'), 'it renders only when the instance is new'],
  ['on JD Cloud', cloudInit('25.1.4-1', 'jdcloud'), 'it is not known to render more than the primary'],
  [
    'settled by our drop-in',
    cloudInit('25.1.4-1', 'alibaba', { [ourDropIn]: once }),
    `${ourDropIn} lets it render only when`,
  ],
  [
    'with an empty list',
    cloudInit('25.1.4-1', 'alibaba', { '/etc/cloud/cloud.cfg': 'updates: {network: {when: []}}\n' }),
    '/etc/cloud/cloud.cfg lets it render only when',
  ],
  [
    'the file that is read last decides',
    cloudInit('25.1.4-1', 'alibaba', {
      '/etc/cloud/cloud.cfg.d/10-a.cfg': 'updates: {network: {when: [boot]}}\n',
      '/etc/cloud/cloud.cfg.d/20-b.cfg': once,
    }),
    '/etc/cloud/cloud.cfg.d/20-b.cfg lets it render only when',
  ],
  [
    'switched off',
    cloudInit('25.1.4-1', 'alibaba', { '/etc/cloud/cloud-init.disabled': '' }),
    '/etc/cloud/cloud-init.disabled switches it off',
  ],
  [
    'by the kernel',
    cloudInit('25.1.4-1', 'alibaba', { '/proc/cmdline': 'ro network-config=disabled quiet\n' }),
    'the kernel command line switches its network part off',
  ],
  [
    'network off',
    cloudInit('25.1.4-1', 'alibaba', { '/etc/cloud/cloud.cfg.d/x.cfg': 'network: {config: disabled}\n' }),
    '/etc/cloud/cloud.cfg.d/x.cfg switches its network part off',
  ],
  [
    'network off, as a block',
    cloudInit('25.1.4-1', 'alibaba', { '/etc/cloud/cloud.cfg.d/x.cfg': 'network:\n  config: disabled\n' }),
    'switches its network part off',
  ],
  ['the hook, denied', { files: { [hook]: '', [ourDropIn]: once } }, `${ourDropIn} switches it off`],
  [
    'no-auto-default',
    {
      facts: nm,
      backend: 'ifupdown',
      files: { '/usr/lib/NetworkManager/conf.d/00-server.conf': '[main]\nno-auto-default=*\n' },
    },
    'it is told to make none (/usr/lib/NetworkManager/conf.d/00-server.conf: no-auto-default=*)',
  ],
  [
    'NetworkManager of Ubuntu’s server',
    {
      facts: nm,
      backend: 'netplan',
      files: {
        '/usr/lib/NetworkManager/conf.d/10-globally-managed-devices.conf':
          '[keyfile]\nunmanaged-devices=*,except:type:wifi,except:type:gsm,except:type:cdma\n',
      },
    },
    'it leaves such links alone',
  ],
  [
    'NetworkManager as the backend',
    { facts: nm, backend: 'networkmanager-keyfile' },
    "the agent's profile of an ENI replaces",
  ],
  [
    'the connection of the primary alone',
    { facts: { ...nm, files: { [wired]: madeUp('eth0') } }, backend: 'networkmanager-keyfile' },
    "the agent's profile of an ENI",
  ],
  [
    'no cloud in nm-cloud-setup',
    { ...paths(unit), files: { [unit]: '#Environment=NM_CLOUD_SETUP_EC2=yes\n', [timer]: '' } },
    'no cloud is enabled',
  ],
  [
    'nm-cloud-setup not enabled',
    { ...paths(unit), files: { [optIn]: 'Environment=NM_CLOUD_SETUP_EC2=yes\n' } },
    'neither its timer nor its service is enabled',
  ],
  [
    'nm-cloud-setup under our condition',
    {
      ...paths(unit),
      files: {
        [timer]: '',
        [optIn]: 'Environment=NM_CLOUD_SETUP_EC2=yes\n',
        '/etc/systemd/system/nm-cloud-setup.service.d/60-eni-agent.conf': '[Unit]\nConditionPathExists=!/x\n',
      },
    },
    'a condition keeps it from running',
  ],
  [
    'ec2-net-utils, masked',
    {
      ...paths('/usr/bin/setup-policy-routes'),
      files: { '/etc/udev/rules.d/99-vpc-policy-routes.rules': '' },
    },
    'masks its udev rule',
  ],
  [
    'ec2-net-utils for the primary alone',
    {
      ...paths('/usr/bin/setup-policy-routes'),
      files: {
        '/etc/systemd/system/policy-routes@.service.d/60-eni-agent.conf':
          '[Service]\nExecCondition=/usr/bin/test %i = eth0\n',
      },
    },
    'it runs for the primary alone',
  ],
  [
    'ec2-net-utils 1 without its rule',
    paths('/etc/sysconfig/network-scripts/ec2net-functions'),
    'its udev rule is gone',
  ],
  [
    'cloud-netconfig, masked',
    {
      ...paths('/usr/libexec/cloud-netconfig'),
      files: { [netconfigRule]: '# Written by eni-agent; changes are lost.\n' },
    },
    'masks its udev rule',
  ],
  [
    'the helper with ifupdown',
    {
      ...paths('/etc/network/cloud-ifupdown-helper', '/etc/udev/rules.d/75-cloud-ifupdown.rules'),
      backend: 'ifupdown',
    },
    'the agent ends its DHCP',
  ],
  ['the helper without its rule', paths('/etc/network/cloud-ifupdown-helper'), 'its udev rule is gone'],
  ['what terway leaves of multi-nic-util', paths('/etc/eni_utils'), 'its service is not active'],
  [
    'a container network',
    paths('/etc/cni/net.d/10-terway.conflist'),
    'every ENI without an [eni "MAC"] section is left to it',
  ],
];

test.each(idle)('idle: %s', async (_title, machine, why) => {
  const found = await findingsOn(machine);
  expect(found.map(f => f.verdict)).toEqual(['ok']);
  expect(found[0]!.saw).toContain(', but ');
  expect(found[0]!.saw).toContain(why);
});

// eni.service stays as an alias of the agent's own unit; systemctl answers with the unit behind it.
test('our own alias is not multi-nic-util', async () => {
  const show = (id: string) => parseSystemctlShow(`Id=${id}\nActiveState=active\nLoadState=loaded\n`);
  expect(await findingsOn({ facts: { services: show('eni-agent.service') } })).toEqual([none]);
  expect((await findingsOn({ facts: { services: show('eni.service') } }))[0]?.saw).toContain(
    'multi-nic-util',
  );
});

describe('a rule with their number is not enough', () => {
  test.each([
    ['30350 of somebody else', '30350:\tfrom all lookup main suppress_prefixlength 0\n'],
    ['10001 of somebody else', '10001:\tfrom 172.31.40.10 lookup 10001\n'],
    ['30399 of somebody else', '30399:\tfrom all lookup main suppress_prefixlength 0\n'],
  ])('%s', async (_title, rules) => {
    expect(await findingsOn({ rules })).toEqual([none]);
  });
});

// Every host fixture: what its image has, and nothing else.
describe('the machines of test/fixtures/hosts', () => {
  const folder = path.join(import.meta.dirname, '../../fixtures/hosts');
  const names = readdirSync(folder).filter(name => name.endsWith('.json'));
  const known: Readonly<Record<string, string>> = {
    '/usr/bin/cloud-init': 'cloud-init',
    '/etc/network/cloud-ifupdown-helper': 'cloud-ifupdown-helper',
    '/usr/bin/setup-policy-routes': 'amazon-ec2-net-utils',
    '/etc/sysconfig/network-scripts/ec2net-functions': 'ec2-net-utils 1.x',
    '/usr/lib/cloud-netconfig': 'cloud-netconfig',
    '/usr/libexec/cloud-netconfig': 'cloud-netconfig',
    '/etc/eni_utils': 'multi-nic-util',
  };

  test.each(names)('%s', async name => {
    const { facts } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { facts: HostFacts };
    const expected = new Set(
      Object.entries(known).flatMap(([p, rival]) => (facts.paths.includes(p) ? [rival] : [])),
    );
    if (facts.services.NetworkManager === 'active') expected.add("NetworkManager's automatic connection");
    const found = await findingsOn({ facts });
    const seen = found.flatMap(f =>
      / is present /.test(f.saw) ? [f.saw.slice(0, f.saw.indexOf(' is present '))] : [],
    );
    expect(new Set(seen)).toEqual(expected);
  });
});
