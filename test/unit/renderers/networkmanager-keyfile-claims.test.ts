// NetworkManager with keyfiles: what others have defined, in either format.
import { describe, expect, test } from 'vitest';
import { namedLink } from '../../../agent/model/link-identity.ts';
import { networkmanagerKeyfile as renderer } from '../../../renderers/networkmanager/keyfile.ts';
import { factsForBackend, releaseNames } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';

const eth1 = namedLink('eth1');

const stock = factsForBackend('networkmanager-keyfile', 'rhel-9');

describe('claims', () => {
  const claims = (file: string, text: string) =>
    renderer.claims(eth1, { ...stock, files: { [file]: text } }).length;
  const folder = '/etc/NetworkManager/system-connections';

  test.each([
    [`${folder}/office.nmconnection`, '[connection]\nid=office\ninterface-name=eth1\n', 1],
    [`${folder}/office.nmconnection`, '[connection]\ninterface-name = eth1\n', 1],
    [`${folder}/office.nmconnection`, '[connection]\ninterface-name=eth10\n', 0],
    // NetworkManager's own, as 1.42 and 1.52 write it.
    [
      '/run/NetworkManager/system-connections/Wired connection 1.nmconnection',
      '[connection]\nid=Wired connection 1\nautoconnect-priority=-999\ninterface-name=eth1\n\n[.nmmeta]\nnm-generated=true\n',
      0,
    ],
    [`${folder}/vlan.nmconnection`, '[connection]\ninterface-name=eth1.7\n[vlan]\ninterface-name=eth1\n', 0],
    [
      `${folder}/cloud-init-eth1.nmconnection`,
      '[connection]\nid=cloud-init eth1\n[ethernet]\nmac-address=X\n',
      1,
    ],
    [
      '/run/NetworkManager/system-connections/netplan-eth1.nmconnection',
      '[connection]\ninterface-name=eth1\n',
      1,
    ],
    ['/etc/sysconfig/network-scripts/ifcfg-eth1', 'DEVICE=eth1\n', 1],
    ['/etc/sysconfig/network-scripts/ifcfg-eth1', `# ${marker}\nDEVICE=eth1\n`, 0],
    ['/etc/sysconfig/network-scripts/ifcfg-eth0', 'DEVICE=eth0\n', 0],
  ])('%s with %j: %s', (file, text, count) => {
    expect(claims(file, text)).toBe(count);
  });

  test('our own files and stock images claim nothing', () => {
    const [ours] = renderer.render(examplePlans['static-dual-stack']!.enis, stock);
    expect(claims(ours!.path, ours!.content)).toBe(0);
    for (const release of releaseNames('networkmanager-keyfile'))
      for (const link of ['eth1', 'ens6'])
        expect(renderer.claims(namedLink(link), factsForBackend('networkmanager-keyfile', release))).toEqual(
          [],
        );
  });
});
