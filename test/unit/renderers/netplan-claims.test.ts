// Backend netplan: which foreign files claim a link, as a table.
import { describe, expect, test } from 'vitest';
import { namedLink } from '../../../agent/model/link-identity.ts';
import { strangersOf } from '../../../agent/pass/claims-on.ts';
import { netplan } from '../../../renderers/netplan/renderer.ts';
import { factsForBackend, releaseNames } from '../../../renderers/releases/lookup.ts';
import { examplePlans } from '../../support/example-plans.ts';

const eth1 = namedLink('eth1');

const stock = factsForBackend('netplan', 'debian-12');

describe('claims', () => {
  const claims = (
    text: string,
    path = '/etc/netplan/50-cloud-init.yaml',
    primaryLink: string | undefined = 'eth0',
  ) => strangersOf(netplan.claims(eth1, { ...stock, primaryLink, files: { [path]: text } })).map(c => c.path);
  const yaml = (body: string) => `network:\n  version: 2\n  ethernets:\n${body}`;

  test.each([
    ['    eth1: {dhcp4: true}', true, 'by id'],
    ['    a: {match: {macaddress: "00:16:3e:00:00:02"}, set-name: eth1}', true, 'as cloud-init does'],
    ['    a: {match: {name: eth1}}', true, 'by exact name'],
    ['    a: {match: {name: "eth[12]"}}', true, 'by a pattern for these links'],
    ['    eth1: {match: {name: "en*"}}', false, 'the id is only a label where there is a match'],
    ['    all-eth: {match: {name: "eth*"}, dhcp4: true}', false, 'a catch-all that has the primary'],
    ['    eth0: {dhcp4: true}', false, 'the primary'],
    ['    all-en: {match: {name: "en*"}}', false, 'another family of names'],
  ])('%s: %s (%s)', (body, claimed) => {
    expect(claims(yaml(body))).toHaveLength(claimed ? 1 : 0);
  });

  test('where the primary is not known, letters with a star are a catch-all', () => {
    expect(
      strangersOf(
        netplan.claims(eth1, {
          ...stock,
          primaryLink: undefined,
          files: { '/etc/netplan/a.yaml': yaml('    a: {match: {name: "e*"}}') },
        }),
      ),
    ).toEqual([]);
    expect(
      strangersOf(
        netplan.claims(eth1, {
          ...stock,
          primaryLink: undefined,
          files: { '/etc/netplan/a.yaml': yaml('    a: {match: {name: "eth[1-3]"}}') },
        }),
      ),
    ).toHaveLength(1);
  });

  test('files of networkd count, those that netplan generated do not', () => {
    expect(claims('[Match]\nName=eth1\n', '/etc/systemd/network/20-eth1.network')).toHaveLength(1);
    expect(claims('[Match]\nName=eth1\n', '/run/systemd/network/10-netplan-eth1.network')).toEqual([]);
  });

  test.each(['}{', '', 'network:', 'network: [1]', '- a', 'network: {ethernets: {eth1: }}'])(
    'YAML that is none or odd is no failure: %j',
    text => {
      expect(claims(text).length).toBeLessThanOrEqual(1);
    },
  );

  test('our own files and stock images claim nothing', () => {
    const ours = netplan.render(examplePlans['static-dual-stack']!.enis, stock)[0]!;
    expect(claims(ours.content, ours.path)).toEqual([]);
    for (const release of releaseNames('netplan'))
      for (const link of ['eth1', 'ens6'])
        expect(strangersOf(netplan.claims(namedLink(link), factsForBackend('netplan', release)))).toEqual([]);
  });
});
