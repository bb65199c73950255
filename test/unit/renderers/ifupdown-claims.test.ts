// ifupdown: which file name /etc/network/interfaces reads, and what others have defined there.
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import { namedLink } from '../../../agent/model/link-identity.ts';
import { ifupdown } from '../../../renderers/ifupdown/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';

const eth1 = namedLink('eth1');

const withFiles = (files: Record<string, string>): HostFacts => ({
  ...factsForBackend('ifupdown', 'debian-11'),
  files,
});

describe('the file name that /etc/network/interfaces reads', () => {
  test.each([
    ['source /etc/network/interfaces.d/*', '60-eni-eth1'],
    ['source interfaces.d/*', '60-eni-eth1'],
    ['source-directory /etc/network/interfaces.d', '60-eni-eth1'],
    ['source-directory interfaces.d/', '60-eni-eth1'],
    ['source /etc/network/interfaces.d/*.cfg', '60-eni-eth1.cfg'],
    ['source /etc/network/interfaces.d/[!.]*', '60-eni-eth1'],
    ['# source /etc/network/interfaces.d/*\nsource /etc/network/interfaces.d/*.cfg', '60-eni-eth1.cfg'],
    ['source /etc/network/interfaces.d/*.cfg\nsource-directory /run/network/interfaces.d', '60-eni-eth1.cfg'],
  ])('%s -> %s', (line, name) => {
    const facts = withFiles({ '/etc/network/interfaces': `auto lo\niface lo inet loopback\n${line}\n` });
    const files = ifupdown.render(examplePlans['static-ipv4-mtu']!.enis, facts);
    expect(files.map(f => f.path)).toEqual([
      '/etc/network/eni-agent-stanza',
      `/etc/network/interfaces.d/${name}`,
    ]);
    expect(ifupdown.claims(eth1, facts)).toEqual([]);
  });

  test.each([
    ['auto lo\niface lo inet loopback\n'],
    ['source /etc/network/interfaces.d/50-cloud-init.cfg\n'],
    ['source-directory /run/network/interfaces.d\n'],
  ])('nothing reads the folder: the claim says how to change that (%j)', text => {
    const claims = ifupdown.claims(eth1, withFiles({ '/etc/network/interfaces': text }));
    expect(claims).toHaveLength(1);
    expect(claims[0]).toMatchObject({ path: '/etc/network/interfaces' });
    expect(claims[0]?.text).toContain('source /etc/network/interfaces.d/*');
  });
});

describe('claims of others', () => {
  const source = 'source /etc/network/interfaces.d/*\n';
  const main = '/etc/network/interfaces';
  const cloudInit = '/etc/network/interfaces.d/50-cloud-init';
  test.each([
    ['a stanza', { [main]: `${source}iface eth1 inet dhcp\n` }, [main]],
    ['an alias', { [main]: `${source}iface eth1:0 inet static\n` }, [main]],
    [
      'cloud-init',
      { [cloudInit]: 'auto eth0\niface eth0 inet dhcp\nauto eth1\niface eth1 inet dhcp\n' },
      [cloudInit],
    ],
    ['a mapping', { [main]: `${source}mapping eth*\n  script /x\n` }, [main]],
    ['an unclosed bracket', { [main]: `${source}mapping eth[1\n  script /x\n` }, []],
    ['auto link=logical', { [main]: `${source}auto eth1=office\n` }, [main]],
    ['auto /pattern', { [main]: `${source}auto /eth*=office\n` }, [main]],
    ['a continued line', { [main]: `${source}iface \\\neth1 inet dhcp\n` }, [main]],
    ['auto without a stanza', { [main]: `${source}auto eth1\nallow-hotplug eth1\n` }, []],
    ['another link', { [main]: `${source}iface eth10 inet dhcp\n` }, []],
    ['a comment', { [main]: `${source}# iface eth1 inet dhcp\n` }, []],
    ['our own file', { '/etc/network/interfaces.d/60-eni-eth1': `# ${marker}\niface eth1 inet dhcp\n` }, []],
    ['the helper of Debian images', { '/run/network/interfaces.d/eth1': 'iface eth1 inet dhcp\n' }, []],
  ])('%s', (_what, files: Record<string, string>, paths: readonly string[]) => {
    expect(ifupdown.claims(eth1, withFiles(files)).map(c => c.path)).toEqual(paths);
  });
});
