// The profile that NetworkManager has active on a link now, as nmcli tells: whose the link is by it, and how a change of ours comes up.
import { describe, expect, test } from 'vitest';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { type ClaimCase, claimsIn, verdict } from '../../support/claim-cases.ts';
import { examplePlans } from '../../support/example-plans.ts';

describe('it claims the link', () => {
  const office = '/etc/NetworkManager/system-connections/office.nmconnection';
  const owners = (file: string) => ({
    networkmanager: '100 (connected)',
    networkmanagerProfiles: { eth0: '/x', eth1: file },
  });
  test.each([
    ['of somebody, from a place where nobody looks', {}, '/srv/office.nmconnection', 'claimed'],
    ['of somebody, changed since', { [office]: '[connection]\ninterface-name=eth2\n' }, office, 'claimed'],
    [
      "the image's for every NIC",
      { [office]: '[connection]\ntype=ethernet\n[ipv4]\nmethod=auto\n' },
      office,
      'image',
    ],
    [
      'made up by NetworkManager',
      {
        '/run/NetworkManager/system-connections/Wired connection 1.nmconnection':
          '[.nmmeta]\nnm-generated=true\n',
      },
      '/run/NetworkManager/system-connections/Wired connection 1.nmconnection',
      'free',
    ],
    ['ours, whose file has gone', {}, '/etc/NetworkManager/system-connections/eni-eth1.nmconnection', 'free'],
    [
      'ours, under the name that the link had',
      {},
      '/etc/NetworkManager/system-connections/eni-eth2.nmconnection',
      'free',
    ],
  ] as const)('%s', async (name, files: Record<string, string>, file, expected) => {
    const one: ClaimCase = { name, files, facts: { owners: owners(file) }, expect: expected };
    expect(verdict(await claimsIn('rhel-9', 'eth1', one))).toBe(expected);
  });

  test('an ifcfg file of ours that has gone is no claim', async () => {
    const facts = { owners: owners('/etc/sysconfig/network-scripts/ifcfg-eth1') };
    // It says what centos-8 is: NetworkManager with ifcfg.
    const profile = { networkmanagerProfile: '/etc/sysconfig/network-scripts/ifcfg-eth0' };
    const one: ClaimCase = {
      name: '',
      files: {},
      facts: { owners: { ...facts.owners, ...profile } },
      expect: 'free',
    };
    expect(await claimsIn('centos-8', 'eth1', one)).toEqual([]);
  });
});

describe.each([
  ['networkmanager-keyfile', '/etc/NetworkManager/system-connections/eni-eth1.nmconnection'],
  ['networkmanager-ifcfg', '/etc/sysconfig/network-scripts/ifcfg-eth1'],
] as const)('%s: a change of ours where the active profile is', (backend, ours) => {
  // `reapply` takes the profile that is active, whichever it is.
  test.each([
    ['ours', { eth1: ours }, /device reapply eth1$/],
    ['not known, as before 1.12', undefined, /device reapply eth1$/],
    [
      'of somebody else',
      { eth1: '/etc/NetworkManager/system-connections/office' },
      /connection up uuid \S+ ifname eth1$/,
    ],
    ['none', { eth0: '/x' }, /connection up uuid \S+ ifname eth1$/],
  ])('%s', (_what, networkmanagerProfiles, expected) => {
    const before = examplePlans['static-dual-stack']!.enis[0]!;
    const change = { kind: 'changed', before, after: { ...before, mtu: 1400 } } as const;
    const owners = networkmanagerProfiles === undefined ? {} : { networkmanagerProfiles };
    const facts = { ...factsForBackend(backend), files: { [ours]: `# ${marker}\n` }, owners };
    const commands = renderers[backend].activate([change], facts);
    expect(commands[1]!.argv.join(' ')).toMatch(expected);
  });
});

describe('a profile of ours in the other form, which an upgrade of the system has left loaded, is dropped', () => {
  const after = examplePlans['static-dual-stack']!.enis[0]!;
  const keyfile = '/etc/NetworkManager/system-connections/eni-eth1.nmconnection';
  const ifcfg = '/etc/sysconfig/network-scripts/ifcfg-eth1';
  test.each([
    ['networkmanager-keyfile', ifcfg, 0],
    ['networkmanager-ifcfg', keyfile, 0],
  ] as const)('%s', (backend, left, place) => {
    const facts = factsForBackend(backend);
    const commandsOf = (content: string) =>
      [
        { kind: 'added', after } as const,
        { kind: 'changed', before: after, after: { ...after, mtu: 1400 } } as const,
        { kind: 'removed', before: after, linkPresent: true } as const,
      ].map(change => renderers[backend].activate([change], { ...facts, files: { [left]: content } }));
    for (const commands of commandsOf(`# ${marker}\n`)) {
      expect(commands[place]).toMatchObject({ phase: 'after-write', mayFail: true });
      expect(commands[place]!.argv.join(' ')).toContain(left);
    }
    for (const commands of commandsOf('[connection]\nid=somebody\n'))
      expect(commands.map(({ argv }) => argv.join(' ')).join('\n')).not.toContain(left);
  });
});
