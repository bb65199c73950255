// The VM of the lab: a throw-away overlay of a real Debian tree, booted in the VPC's guest namespace with the real network
// service of its image (images.ts), and the agent's real bundle on the pinned Node. With systemd as process 1 where the image
// has it; the ifupdown image has no init system, and guest-power.ts does what networking.service does.
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { use } from '../needs/guard.ts';
import { type Suite, treeOf } from '../needs/suites.ts';
import type { Background } from './command.ts';
import { watchDhclient } from './dhclient-watch.ts';
import { powerOn } from './guest-power.ts';
import { type GuestImageName, type Image, images, maskedGenerators, maskedUnits } from './images.ts';
import type { Vpc } from './vpc.ts';

export interface GuestSpec {
  /** Debian release of the root tree; bookworm unless told. */
  readonly suite?: Suite;
  /** A root tree that somebody brings, and its image, in the place of `suite` and `image`. */
  readonly brought?: { readonly tree: string; readonly image: Image };
  /** What configures the links; ifupdown unless told. */
  readonly image?: GuestImageName;
  /** The primary's configuration: `dhcp` as in the clouds' images (IPv6 static), or all static. */
  readonly primary?: 'dhcp' | 'static';
  /** The agent's bundle; `dist/eni-agent.cjs` unless told, left out if it does not exist. */
  readonly bundle?: string;
  /** More lines for the [agent] section of /etc/eni-agent/eni-agent.conf. */
  readonly agentKeys?: readonly string[];
  /** More sections for that file. */
  readonly agentConfig?: string;
  /** More files of the image, path below / to content; they win over the image's own. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Guest {
  readonly vpc: Vpc;
  readonly tree: string;
  readonly image: Image;
  readonly disk: string;
  readonly bundle: string;
  /** Process 1 as the machine sees it. */
  pid: number;
  init: Background | undefined;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The tree to boot, with the way out if there is none. */
export function findTree(suite: Suite = 'bookworm'): string {
  use(`tree ${suite}`);
  const tree = treeOf(suite);
  if (tree === undefined)
    throw new Error(`no guest tree of ${suite}: run the lab through "npm test", which builds it`);
  if (/[:,\\\\\n]/.test(tree))
    throw new Error(`${tree}: a mount option cannot carry this path; set ENI_AGENT_CACHE to another`);
  return tree;
}

/** Makes the disk and boots. The network comes up as in a cloud image: the primary only, and what the image's catch-all takes. */
export async function createGuest(vpc: Vpc, spec: GuestSpec = {}): Promise<Guest> {
  const disk = join(vpc.dir, 'guest');
  const bundle = spec.bundle ?? join(repository, 'dist/eni-agent.cjs');
  for (const part of ['upper', 'work', 'root', 'net']) mkdirSync(join(disk, part), { recursive: true });
  const image = spec.brought?.image ?? images[spec.image ?? 'ifupdown'];
  const guest: Guest = {
    vpc,
    tree: spec.brought?.tree ?? findTree(spec.suite),
    image,
    disk,
    bundle: existsSync(bundle) ? bundle : '',
    pid: 0,
    init: undefined,
  };
  const [primary] = vpc.enis.values();
  const files: Readonly<Record<string, string>> = {
    // The package's own file would have a catch-all of its own.
    ...(existsSync(join(guest.tree, 'etc/network'))
      ? { 'etc/network/interfaces': 'source /etc/network/interfaces.d/*\n' }
      : {}),
    ...(primary === undefined ? {} : image.files(primary, spec.primary ?? 'dhcp')),
    // A plain file: what a second DHCP client does to it can be seen.
    'etc/resolv.conf': 'nameserver 192.0.2.1\n',
    'etc/hostname': 'guest\n',
    'etc/hosts': '127.0.0.1 localhost guest\n',
    'etc/eni-agent/eni-agent.conf': agentConfig(vpc, spec),
    ...spec.files,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(disk, 'upper', path)), { recursive: true });
    // NetworkManager refuses a profile that others can read, netplan warns of it.
    const mode = /\.(nmconnection|yaml)$/.test(path) ? 0o600 : 0o644;
    writeFileSync(join(disk, 'upper', path), content, { mode });
  }
  if (spec.suite === 'bullseye') watchDhclient(guest.tree, join(disk, 'upper'));
  if (image.init === 'systemd') writeUnits(join(disk, 'upper/etc/systemd/system'), image.units);
  await powerOn(guest);
  return guest;
}

/** Enables what the image wants, and masks every other unit that configures links. */
function writeUnits(folder: string, units: readonly string[]): void {
  mkdirSync(join(folder, 'multi-user.target.wants'), { recursive: true });
  symlinkSync('/lib/systemd/system/multi-user.target', join(folder, 'default.target'));
  for (const unit of units)
    symlinkSync(`/lib/systemd/system/${unit}`, join(folder, 'multi-user.target.wants', unit));
  for (const unit of maskedUnits.filter(u => !units.includes(u)))
    symlinkSync('/dev/null', join(folder, unit));
  const generators = join(folder, '../system-generators');
  mkdirSync(generators);
  for (const name of maskedGenerators) symlinkSync('/dev/null', join(generators, name));
}

function agentConfig(vpc: Vpc, spec: GuestSpec): string {
  const lines = [
    // The DMI data of the guest is the machine's, so the cloud is named.
    '[metadata]',
    `provider = ${vpc.provider}`,
    '',
    '[agent]',
    // A veth is no physical NIC.
    'virtual-links = yes',
    // What a test reads.
    'log-format = json',
    ...(spec.agentKeys ?? []),
    '',
    spec.agentConfig ?? '',
  ];
  return `${lines.join('\n')}\n`;
}
