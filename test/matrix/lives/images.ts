// What the image of a release has otherwise than the lab's own images of the same backend (test/lab/images.ts), and how a tree boots that
// somebody brings. Data, and one look at the tree.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { BackendName } from '../../../agent/model/host.ts';
import { type Image, images, logged } from '../../lab/images.ts';
import type { Life } from './life.ts';
import { suseImage, sysconfigImage } from './sysconfig.ts';

/** Below / of the tree: brings up the network of a machine without systemd, or with one that cannot run in a guest. */
const bootProgram = 'boot-network';

interface Trait {
  /** Below /: files of the lab's image that this one does not have. */
  readonly without?: readonly string[];
  /** What /etc/network/interfaces takes in. */
  readonly source?: string;
}

const sourceCfg: Trait = { source: 'source /etc/network/interfaces.d/*.cfg' };
/** Ubuntu's images have a file for the primary alone, unlike Debian's. */
const ubuntuNetplan: Trait = { without: ['etc/netplan/90-default.yaml'] };
/** networkd before 244 cannot reload: a link that a catch-all took stays its until the next boot (docs/safety.md). */
const cannotReload: Trait = {
  without: ['etc/netplan/90-default.yaml', 'usr/lib/systemd/network/80-lab.network'],
};

const traits: Readonly<Record<string, Trait>> = {
  'ubuntu-14.04': sourceCfg,
  'ubuntu-16.04': sourceCfg,
  'ubuntu-18.04-ga': cannotReload,
  'ubuntu-18.04': cannotReload,
  'ubuntu-20.04': ubuntuNetplan,
  'ubuntu-22.04': ubuntuNetplan,
  'ubuntu-24.04': ubuntuNetplan,
  'ubuntu-26.04': ubuntuNetplan,
};

const ofBackend: Readonly<Record<BackendName, Image>> = {
  ifupdown: images['ifupdown-systemd'],
  initscripts: sysconfigImage({
    units: ['network.service'],
    boot: ['systemctl', 'is-active', 'network.service'],
  }),
  netplan: images.netplan,
  networkd: images.networkd,
  'networkmanager-ifcfg': sysconfigImage({
    units: images['networkmanager-keyfile'].units,
    boot: images['networkmanager-keyfile'].boot,
    more: { 'etc/NetworkManager/NetworkManager.conf': '[main]\nplugins=ifcfg-rh\n' },
  }),
  'networkmanager-keyfile': images['networkmanager-keyfile'],
  sles11: suseImage({ units: [], boot: ['/etc/init.d/network', 'start'] }),
  wicked: suseImage({
    units: ['wickedd.service', 'wicked.service'],
    boot: ['systemctl', 'is-active', 'wicked.service'],
  }),
};

export function imageOf({ backend, release, tree }: Life): Image {
  const image = ofBackend[backend];
  const { without = [], source } = traits[release] ?? {};
  return {
    ...image,
    ...bootOf(image, tree, backend),
    files: (primary, addressing) =>
      Object.fromEntries(
        Object.entries(image.files(primary, addressing))
          .filter(([name]) => !without.includes(name))
          .map(([name, text]) => [name, source === undefined ? text : text.replace(/^source .*$/m, source)]),
      ),
  };
}

/** By its own systemd, unless the tree has a program to boot with, or no systemd. */
function bootOf({ boot }: Image, tree: string, backend: BackendName): Pick<Image, 'init' | 'boot'> {
  const has = (name: string) => existsSync(path.join(tree, name));
  if (has(bootProgram)) return { init: 'none', boot: logged(`/${bootProgram}`) };
  if (has('lib/systemd/systemd') || has('usr/lib/systemd/systemd')) return { init: 'systemd', boot };
  return { init: 'none', boot: backend === 'ifupdown' ? images.ifupdown.boot : logged(boot.join(' ')) };
}
