// NetworkManager with ifcfg files: what others have defined, in either format.
import { describe, expect, test } from 'vitest';
import { namedLink } from '../../../agent/model/link-identity.ts';
import { networkmanagerIfcfg } from '../../../renderers/networkmanager/ifcfg.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';

const eth1 = namedLink('eth1');

const facts = factsForBackend('networkmanager-ifcfg');
const folder = '/etc/sysconfig/network-scripts';

describe('claims of others', () => {
  const keyfile = '/etc/NetworkManager/system-connections/office.nmconnection';
  const cloudInit = '/etc/NetworkManager/system-connections/cloud-init-eth1.nmconnection';
  test.each([
    ['an ifcfg file', { [`${folder}/ifcfg-eth1`]: 'DEVICE=eth1\n' }, [`${folder}/ifcfg-eth1`]],
    ['a stale rule- file', { [`${folder}/rule6-eth1`]: 'from ::1\n' }, [`${folder}/rule6-eth1`]],
    ['GATEWAYDEV', { '/etc/sysconfig/network': "GATEWAYDEV='eth1'\n" }, ['/etc/sysconfig/network']],
    ['a keyfile', { [keyfile]: '[connection]\ninterface-name = eth1\n' }, [keyfile]],
    [
      'a keyfile of cloud-init, by MAC',
      { [cloudInit]: '[ethernet]\nmac-address=00:16:3E:00:00:02\n' },
      [cloudInit],
    ],
    // As 1.30 and 1.40 write it, for a NIC without a profile.
    [
      "NetworkManager's own automatic profile",
      {
        '/run/NetworkManager/system-connections/Wired connection 1.nmconnection':
          '[connection]\nid=Wired connection 1\nautoconnect-priority=-999\ninterface-name=eth1\n\n[.nmmeta]\nnm-generated=true\n',
      },
      [],
    ],
    ['a keyfile of another link', { [keyfile]: '[connection]\ninterface-name=eth10\n' }, []],
    ['GATEWAY= alone', { '/etc/sysconfig/network': 'GATEWAY=10.0.1.253\n' }, []],
  ])('%s', (_what, files: Record<string, string>, paths) => {
    expect(networkmanagerIfcfg.claims(eth1, { ...facts, files }).map(c => c.path)).toEqual(paths);
  });
});
