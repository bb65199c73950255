// initscripts: what others have defined in the files of Red Hat.
import { describe, expect, test } from 'vitest';
import { namedLink } from '../../../agent/model/link-identity.ts';
import { initscripts } from '../../../renderers/initscripts/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';

const eth1 = namedLink('eth1');

const facts = factsForBackend('initscripts');
const folder = '/etc/sysconfig/network-scripts';

describe('claims of others', () => {
  test.each([
    ['by name', { [`${folder}/ifcfg-eth1`]: 'ONBOOT=yes\n' }, [`${folder}/ifcfg-eth1`]],
    ['by DEVICE', { [`${folder}/ifcfg-System_eth1`]: 'DEVICE="eth1"\n' }, [`${folder}/ifcfg-System_eth1`]],
    ['an alias', { [`${folder}/ifcfg-eth1:0`]: 'DEVICE=eth1:0\n' }, [`${folder}/ifcfg-eth1:0`]],
    ['rules alone', { [`${folder}/rule-eth1`]: 'from 10.0.2.10 table 9\n' }, [`${folder}/rule-eth1`]],
    ['dhclient', { '/etc/dhcp/dhclient-eth1.conf': 'timeout 9;\n' }, ['/etc/dhcp/dhclient-eth1.conf']],
    [
      'GATEWAYDEV',
      { '/etc/sysconfig/network': 'NETWORKING=yes\nGATEWAYDEV=eth1\n' },
      ['/etc/sysconfig/network'],
    ],
    [
      'IPV6_DEFAULTGW',
      { '/etc/sysconfig/network': 'IPV6_DEFAULTGW=fe80::1%eth1\n' },
      ['/etc/sysconfig/network'],
    ],
    [
      'cloud-init',
      { [`${folder}/ifcfg-eth1`]: '# Created by cloud-init automatically\nDEVICE=eth1\n' },
      [`${folder}/ifcfg-eth1`],
    ],
    ['a file of another kind', { [`${folder}/network-functions`]: 'eth1\n' }, []],
    ['GATEWAYDEV of the primary', { '/etc/sysconfig/network': 'GATEWAYDEV=eth0\n' }, []],
    ['another link', { [`${folder}/ifcfg-eth10`]: 'DEVICE=eth10\n' }, []],
    ['our own file', { [`${folder}/ifcfg-eth1`]: `# ${marker}\nDEVICE=eth1\n` }, []],
  ])('%s', (_what, files: Record<string, string>, paths) => {
    expect(initscripts.claims(eth1, { ...facts, files }).map(c => c.path)).toEqual(paths);
  });
});
