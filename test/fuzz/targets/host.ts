// The files of a host: those of each network service, read as a pass reads them, and whose a link is by them; and the probes of the machine itself.
import { linesByHand } from '../../../agent/coexistence/by-hand.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { rivalTable } from '../../../agent/doctor/rivals.ts';
import { detectProvider } from '../../../agent/metadata/detect-provider.ts';
import { readFootprint } from '../../../agent/migrate/footprint.ts';
import { parseMac } from '../../../agent/model/address.ts';
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import { type LinkIdentity, namedLink } from '../../../agent/model/link-identity.ts';
import { claimText, strangersOf } from '../../../agent/pass/claims-on.ts';
import { readDmi } from '../../../agent/system/facts/dmi.ts';
import { readAllNetworkFiles } from '../../../agent/system/facts/files.ts';
import { readHostFacts } from '../../../agent/system/facts/host-facts.ts';
import { readRivalFacts } from '../../../agent/system/facts/rival-facts.ts';
import { explainSelection, selectBackend } from '../../../renderers/detect/select.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { inspectionOf } from '../../support/example-look.ts';
import { smallHost } from '../../unit/hosts/small-host.ts';
import { partsOf, type Target } from '../target.ts';

const mac = parseMac('00:16:3e:00:00:02')!;

/** A link of which everything is known, and one of which only the name is. */
const links: readonly LinkIdentity[] = [
  {
    ...{
      name: 'eth1',
      altNames: ['enx00163e000002'],
      mac,
      permanentMac: mac,
      driver: 'virtio_net',
      kind: undefined,
    },
    properties: { ID_PATH: 'pci-0000:00:06.0', ID_NET_DRIVER: 'virtio_net' },
  },
  namedLink('eth1'),
];

/** Where a text belongs that names no path. */
const places: Readonly<Record<BackendName, string>> = {
  ifupdown: '/etc/network/interfaces',
  initscripts: '/etc/sysconfig/network-scripts/ifcfg-eth1',
  netplan: '/etc/netplan/50-x.yaml',
  networkd: '/etc/systemd/network/50-x.network',
  'networkmanager-ifcfg': '/etc/sysconfig/network-scripts/ifcfg-eth1',
  'networkmanager-keyfile': '/etc/NetworkManager/system-connections/x.nmconnection',
  sles11: '/etc/sysconfig/network/ifcfg-eth1',
  wicked: '/etc/sysconfig/network/ifcfg-eth1',
};

/** All that is asked of files of others; `@@ PATH` begins each of them. */
export async function readFiles(
  backend: BackendName,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { system } = smallHost(files);
  const read = await readAllNetworkFiles(system);
  const facts: HostFacts = { ...factsForBackend(backend), files: read.files, unreadFiles: read.unread };
  const renderer = renderers[backend];
  const claims = links.flatMap(link => renderer.claims(link, facts));
  strangersOf(claims, true);
  renderer.supersedes?.('eth1', facts);
  linesByHand(files, ['eth1']);
  return [...claims.map(claimText), explainSelection(selectBackend(facts))];
}

const covered: Readonly<Record<BackendName, readonly string[]>> = {
  ifupdown: [
    'renderers/ifupdown/claims',
    'renderers/ifupdown/fits',
    'renderers/ifupdown/tree',
    'agent/model/interfaces-text',
    'agent/system/facts/interfaces-sources',
  ],
  initscripts: ['renderers/formats/ifcfg-', 'renderers/formats/shell-assignments'],
  netplan: ['renderers/netplan/claims', 'renderers/netplan/definitions', 'renderers/netplan/yaml'],
  networkd: [
    'renderers/networkd/claims',
    'renderers/networkd/match-',
    'renderers/networkd/network-files',
    'renderers/networkd/more-than-dhcp',
  ],
  'networkmanager-ifcfg': [
    'renderers/networkmanager/claims',
    'renderers/networkmanager/active',
    'renderers/networkmanager/configuration',
  ],
  'networkmanager-keyfile': [
    'renderers/networkmanager/read-keyfile',
    'renderers/networkmanager/profile-claims',
    'renderers/networkmanager/profiles',
    'renderers/networkmanager/device-specs',
  ],
  sles11: ['renderers/suse/claims', 'renderers/formats/shell-assignments'],
  wicked: ['renderers/suse/claims', 'renderers/formats/shell-assignments'],
};

const backends = Object.keys(places) as readonly BackendName[];

const fileTargets: readonly Target[] = backends.map(backend => ({
  name: `files-${backend}`,
  dictionary: `files-${backend}`,
  covers: covered[backend],
  run: async text => {
    await readFiles(backend, Object.fromEntries(partsOf(text, places[backend])));
  },
}));

/** The whole machine: `@@ PATH` is a file, `@@ $ COMMAND LINE` what a program prints. */
async function probe(text: string): Promise<void> {
  const parts = [...partsOf(text, '/etc/os-release')];
  const files = Object.fromEntries(parts.filter(([name]) => name.startsWith('/')));
  const commands = Object.fromEntries(
    parts.flatMap(([name, out]) => (name.startsWith('$ ') ? [[name.slice(2), out]] : [])),
  );
  const { system } = smallHost(files, commands);
  const facts = await readHostFacts(system);
  explainSelection(selectBackend(facts));
  await readRivalFacts(system);
  await readFootprint(system);
  detectProvider(await readDmi(system));
}

/** What others that configure ENIs have left on the machine; the paths that facts may name are all there. */
async function lookForRivals(text: string): Promise<void> {
  const { system } = smallHost(Object.fromEntries(partsOf(text, '/etc/cloud/cloud.cfg')));
  const rival = await readRivalFacts(system);
  const facts = { ...factsForBackend('netplan'), paths: rivalTable.flatMap(({ traces }) => traces) };
  const inspection = inspectionOf({ facts });
  for (const { find } of rivalTable) find({ inspection, settings: defaultSettings, rival });
}

export const hostTargets: readonly Target[] = [
  ...fileTargets,
  {
    name: 'rivals',
    dictionary: 'rivals',
    covers: ['agent/doctor/rivals/', 'agent/system/facts/rival-facts', 'agent/coexistence/by-hand'],
    run: lookForRivals,
  },
  {
    name: 'probes',
    dictionary: 'probes',
    covers: [
      'agent/system/facts/',
      'renderers/detect/',
      'agent/system/kernel/probe',
      'agent/metadata/detect-provider',
      'agent/migrate/footprint',
    ],
    run: probe,
  },
];
