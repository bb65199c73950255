// The machines that the expected trees are made for: every release of renderers/releases, and what no stock image is but a renderer
// looks at.
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { defaultReleases, releaseTable } from '../../../renderers/releases/table.ts';

/** The facts, and why a reload would be a hazard, for a backend that asks for it. */
export interface ExpectedFacts extends HostFacts {
  readonly reloadHazard?: string;
}

export interface ExpectedHost {
  readonly name: string;
  readonly facts: ExpectedFacts;
}

type Change = (facts: HostFacts) => Partial<ExpectedFacts>;

const version =
  (tool: string, number: string): Change =>
  ({ versions }) => ({ versions: { ...versions, [tool]: number } });
const withPath =
  (path: string): Change =>
  ({ paths }) => ({ paths: [...paths, path] });
const withoutPath =
  (pattern: RegExp): Change =>
  ({ paths }) => ({ paths: paths.filter(p => !pattern.test(p)) });

/** By backend, the release that it differs from, and in what. */
const special: Readonly<Record<BackendName, readonly (readonly [string, string, Change])[]>> = {
  ifupdown: [
    ['debian-11', 'with-both-clients', withPath('/sbin/dhcpcd')],
    [
      'debian-11',
      'with-dhcpcd',
      facts => withPath('/sbin/dhcpcd')({ ...facts, ...withoutPath(/dhclient$/)(facts) }),
    ],
    // cloud-ifupdown-helper has started DHCP on the new link.
    [
      'debian-11',
      'with-helper',
      ({ files }) => ({ files: { ...files, '/run/network/interfaces.d/eth1': 'iface eth1 inet dhcp\n' } }),
    ],
  ],
  initscripts: [
    [
      'centos-7',
      'with-networkmanager',
      ({ services }) => ({ services: { ...services, NetworkManager: 'active' } }),
    ],
  ],
  netplan: [
    ['ubuntu-18.04', 'without-networkd-dispatcher', withoutPath(/networkd-dispatcher/)],
    ['ubuntu-20.04', 'without-generator', withoutPath(/generate$/)],
    ['ubuntu-24.04', 'without-generator', withoutPath(/generate$/)],
    ['ubuntu-24.04', 'with-foreign-changes', () => ({ reloadHazard: 'somebody else has changed a file' })],
  ],
  networkd: [
    ['flatcar', 'with-systemd-244', version('systemd', '244')],
    ['flatcar', 'with-systemd-257', version('systemd', '257')],
  ],
  'networkmanager-ifcfg': [
    ['rhel-8', 'with-networkmanager-1.14', version('networkmanager', '1.14.0')],
    ['rhel-8', 'with-networkmanager-1.18', version('networkmanager', '1.18.8')],
  ],
  'networkmanager-keyfile': [['fedora-33', 'with-networkmanager-1.18', version('networkmanager', '1.18.8')]],
  sles11: [],
  wicked: [],
};

/** The default release first: it gives its name to what it has in common with others. */
export function expectedHosts(backend: BackendName): readonly ExpectedHost[] {
  const standard = defaultReleases[backend];
  const others = Object.keys(releaseTable).filter(
    n => releaseTable[n]?.backend === backend && n !== standard,
  );
  const changed = special[backend].map(([release, how, change]) => {
    const facts = factsForBackend(backend, release);
    return { name: `${release}-${how}`, facts: { ...facts, ...change(facts) } };
  });
  // Probes may find nothing; what is then written has to do everywhere.
  const unknown = {
    name: `${standard}-with-unknown-versions`,
    facts: { ...factsForBackend(backend), versions: {} },
  };
  return [standard, ...others]
    .map(name => ({ name, facts: factsForBackend(backend, name) }))
    .concat(changed, unknown);
}
