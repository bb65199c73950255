// Backend networkd: which foreign files claim a link, as a table.
import { describe, expect, test } from 'vitest';
import { namedLink } from '../../../agent/model/link-identity.ts';
import { strangersOf } from '../../../agent/pass/claims-on.ts';
import { networkd } from '../../../renderers/networkd/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';

const eth1 = namedLink('eth1');

const stock = factsForBackend('networkd', 'amzn-2023');

describe('claims', () => {
  const claims = (path: string, text: string) =>
    strangersOf(networkd.claims(eth1, { ...stock, files: { [path]: text } })).map(c => c.path);

  test.each([
    ['/etc/systemd/network/00-a.network', '[Match]\nName=eth[1\n', false],
    ['/etc/systemd/network/20-wired.network', '[Match]\nName=eth1\n', true],
    ['/etc/systemd/network/20-wired.network', '[Match]\nName=eth0 eth1\n[Network]\nDHCP=yes\n', true],
    ['/run/systemd/network/70-eth1.network', '[Match]\nMACAddress=00:16:3e:00:00:02\n', true],
    ['/etc/systemd/network/20-wired.network', '[Match]\nName=e*\n', false],
    ['/etc/systemd/network/05-all.network', '[Match]\nName=e*\n', true],
    ['/etc/systemd/network/20-wired.network', '[Match]\nName=!eth1\n', false],
    ['/etc/systemd/network/20-wired.network', '[Match]\nName=eth10\n', false],
    ['/etc/systemd/network/20-wired.network', '[Match]\nName=eth0\n[Network]\nName=eth1\n', false],
    ['/etc/systemd/network/20-wired.network', `# ${marker}\n[Match]\nName=eth1\n`, false],
    ['/etc/systemd/network/20-wired.netdev', '[Match]\nName=eth1\n', false],
  ])('%s with %j: %s', (path, text, claimed) => {
    expect(claims(path, text)).toEqual(claimed ? [path] : []);
  });

  test('a stock image claims nothing', () => {
    for (const release of ['amzn-2023'])
      for (const link of ['ens6', 'eth1'])
        expect(strangersOf(networkd.claims(namedLink(link), factsForBackend('networkd', release)))).toEqual(
          [],
        );
  });
});
