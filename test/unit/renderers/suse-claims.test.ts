// wicked and SLES 11: what others have defined in the files of SUSE.
import { describe, expect, test } from 'vitest';
import { namedLink } from '../../../agent/model/link-identity.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { wicked } from '../../../renderers/suse/wicked.ts';

const eth1 = namedLink('eth1');

const facts = factsForBackend('wicked');
const folder = '/etc/sysconfig/network';

describe('claims of others', () => {
  test.each([
    ['ifcfg', { [`${folder}/ifcfg-eth1`]: "BOOTPROTO='dhcp'\n" }, [`${folder}/ifcfg-eth1`]],
    ['ifroute', { [`${folder}/ifroute-eth1`]: 'default 10.0.2.1 - eth1\n' }, [`${folder}/ifroute-eth1`]],
    ['ifrule', { [`${folder}/ifrule-eth1`]: 'ipv4 from all table 9\n' }, [`${folder}/ifrule-eth1`]],
    ['the primary', { [`${folder}/ifcfg-eth0`]: "BOOTPROTO='dhcp'\n" }, []],
    ['the folder of Red Hat', { '/etc/sysconfig/network-scripts/ifcfg-eth1': 'DEVICE=eth1\n' }, []],
    ['our own file', { [`${folder}/ifcfg-eth1`]: `# ${marker}\nBOOTPROTO='dhcp4'\n` }, []],
  ])('%s', (_what, files: Record<string, string>, paths) => {
    expect(wicked.claims(eth1, { ...facts, files }).map(c => c.path)).toEqual(paths);
  });
});
