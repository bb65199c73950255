// The drop-ins: their exact text, and when there is none. What the other programs make of these texts is in docs/coexistence.md.
import { describe, expect, test } from 'vitest';
import {
  isFirstNic,
  planDropIns,
  type SettlementInput,
  settlementFiles,
  settlementPaths,
} from '../../../agent/coexistence/drop-ins.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { isMarked } from '../../../renderers/renderer.ts';
import { nic } from '../../support/plan-parts.ts';

const everything = [
  '/usr/bin/cloud-init',
  '/usr/sbin/NetworkManager',
  '/usr/lib/systemd/system/nm-cloud-setup.service',
  '/usr/bin/setup-policy-routes',
  '/usr/libexec/cloud-netconfig',
];
const all: SettlementInput['wanted'] = {
  cloudInit: 'primary-only',
  networkmanagerAutoDefault: 'primary-only',
  nmCloudSetup: 'off',
  ec2NetUtils: 'primary-only',
  cloudNetconfig: 'no-hotplug',
  containerNetwork: 'leave',
};
const input: SettlementInput = {
  wanted: all,
  facts: { paths: everything, services: {} },
  provider: 'aws',
  primaryLink: 'eth0',
  links: [nic(1), nic(0)],
};
const textsOf = (more: Partial<SettlementInput>) =>
  Object.fromEntries(
    planDropIns({ ...input, ...more }).files.map(f => [f.path, f.content.split('\n').slice(1).join('\n')]),
  );
const wanted = (more: Partial<SettlementInput['wanted']>) => ({
  wanted: { ...defaultSettings.coexistence, ...more },
});
const updates = 'updates:\n  network:\n    when: [boot-new-instance]\n';
const primaryOnly = (source: string) =>
  `${updates}datasource:\n  ${source}:\n    apply_full_imds_network_config: false\n`;

test('by default there is no file', () => {
  expect(textsOf(wanted({}))).toEqual({});
});

test('without the programs there is none either', () => {
  expect(textsOf({ facts: { paths: [], services: {} } })).toEqual({});
});

test('all of them', () => {
  expect(textsOf({})).toEqual({
    [settlementPaths.cloudInit]: primaryOnly('Ec2'),
    [settlementPaths.networkmanager]: '[main]\nno-auto-default=*,except:interface-name:eth0\n',
    [settlementPaths.nmCloudSetup]: `[Unit]\nConditionPathExists=!${settlementPaths.nmCloudSetup}\n`,
    [settlementPaths.cloudNetconfig]: '',
    [settlementPaths.policyRoutes]: '[Service]\nExecCondition=/usr/bin/test %i = eth0\n',
    [settlementPaths.refreshPolicyRoutes]: '[Service]\nExecCondition=/usr/bin/test %i = eth0\n',
  });
});

test('each carries the mark, and lies where the agent looks for files of its own', () => {
  for (const { path, content } of planDropIns(input).files) {
    expect(isMarked(content), path).toBe(true);
    const fits = settlementFiles.filter(
      o => path.startsWith(`${o.dir}/`) && o.name.test(path.slice(o.dir.length + 1)),
    );
    expect(fits, path).toHaveLength(1);
  }
});

describe('cloud-init', () => {
  test.each([
    ['once', wanted({ cloudInit: 'once' }), updates],
    ['primary-only on Alibaba Cloud', { provider: 'alibaba' as const }, primaryOnly('AliYun')],
    ['primary-only on JD Cloud, for which it has no data source', { provider: 'jdcloud' as const }, updates],
    // Without a name, cloud-init would configure eth0 alone at the next new instance, and that is not the primary.
    ['primary-only where eth0 is not the primary', { primaryLink: 'eth1' }, updates],
  ])('%s', (_name, more, text) => {
    expect(textsOf(more)[settlementPaths.cloudInit]).toBe(text);
  });

  test.each([
    ['eth0', ['eth1', 'eth0', 'eth10'], true],
    ['ens5', ['ens6', 'ens5'], true],
    ['ens10', ['ens9', 'ens10'], false],
    ['ens9', ['ens9', 'ens10'], true],
    ['ens5', ['ens5', 'eth0'], false],
  ])('%s is its first NIC of %j: %s', (link, names, first) => {
    expect(
      isFirstNic(
        link,
        names.map((name, n) => ({ ...nic(n), name })),
      ),
    ).toBe(first);
  });

  test('a bridge or a port of a bond is no NIC of that order', () => {
    const links = [
      { ...nic(0), name: 'ens5' },
      { ...nic(1), name: 'br0', physical: false, kind: 'bridge' },
      { ...nic(2), name: 'ens3', master: 'bond0' },
    ];
    expect(isFirstNic('ens5', links)).toBe(true);
  });
});

test('cloud-netconfig is left alone where NetworkManager calls it', () => {
  const facts = { paths: everything, services: { NetworkManager: 'active' as const } };
  expect(textsOf({ facts })).not.toHaveProperty(settlementPaths.cloudNetconfig);
});

test('while the primary link is not known, what names it stays as it is on disk', () => {
  const { files, ownFiles } = planDropIns({ ...input, primaryLink: undefined });
  expect(files.map(f => f.path)).toEqual([settlementPaths.nmCloudSetup, settlementPaths.cloudNetconfig]);
  expect(ownFiles.map(o => o.dir)).toEqual([
    '/etc/systemd/system/nm-cloud-setup.service.d',
    '/etc/udev/rules.d',
  ]);
});
