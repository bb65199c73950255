// cloud-init, at boot and on hot-plug. What its versions do was seen by running 22.4.2 and 25.1.4 (docs/coexistence.md); between them
// the sources of its releases tell.
import type { Rival, RivalView } from './rival.ts';

const cfg = '/etc/cloud/cloud.cfg';
const dropIn =
  "write 'updates: {network: {when: [boot-new-instance]}}' to /etc/cloud/cloud.cfg.d/99-network.cfg";
const hook = '/etc/udev/rules.d/90-cloud-init-hook-hotplug.rules';

export const cloudInitAtBoot: Rival = {
  name: 'cloud-init',
  traces: ['/usr/bin/cloud-init', '/etc/cloud/cloud.cfg.d'],
  effect:
    'at each boot, gives every ENI that it finds DHCP and a default route in main; eni-agent leaves such an ENI to it',
  step: `${dropIn}, and remove the ENIs from the files that it has written`,
  option: { key: 'cloud-init', value: 'once' },
  find: view => {
    const evidence = installed(view);
    return evidence === undefined ? undefined : { evidence, idle: disabled(view) ?? quietAtBoot(view) };
  },
};

export const cloudInitHotplug: Rival = {
  name: 'cloud-init hot-plug hook',
  traces: [hook],
  effect: 'renders and loads the network of all NICs, the primary included, whenever an ENI is attached',
  step: dropIn,
  option: { key: 'cloud-init', value: 'once' },
  find: view => {
    if (!(hook in view.rival.files)) return undefined;
    const events = updateEvents(view);
    // The hook asks for the switch at each event, so the rule that is still there does nothing.
    const denied = events !== undefined && !events.words.includes('hotplug');
    return {
      evidence: hook,
      idle: disabled(view) ?? (denied ? `${events.path} switches it off` : undefined),
    };
  },
};

function installed({ inspection, rival }: RivalView): string | undefined {
  if (!inspection.facts.paths.includes('/usr/bin/cloud-init')) return undefined;
  return rival.cloudInitVersion === undefined ? '/usr/bin/cloud-init' : `version ${rival.cloudInitVersion}`;
}

function disabled({ rival }: RivalView): string | undefined {
  if ('/etc/cloud/cloud-init.disabled' in rival.files)
    return '/etc/cloud/cloud-init.disabled switches it off';
  if (/(^|\s)cloud-init=disabled(\s|$)/.test(rival.files['/proc/cmdline'] ?? ''))
    return 'the kernel command line switches it off';
  if (/(^|\s)network-config=disabled(\s|$)/.test(rival.files['/proc/cmdline'] ?? ''))
    return 'the kernel command line switches its network part off';
  const path = configs(rival.files).findLast(([, text]) =>
    /^network:(?:[ \t]*\{\s*|(?:[ \t]*\r?\n)+[ \t]+)config:\s*['"]?disabled\b/m.test(uncommented(text)),
  )?.[0];
  return path && `${path} switches its network part off`;
}

/** Undefined: it renders at each boot, as far as can be told. */
function quietAtBoot(view: RivalView): string | undefined {
  const { inspection, rival } = view;
  const events = updateEvents(view);
  if (events !== undefined)
    return events.words.includes('boot')
      ? undefined
      : `${events.path} lets it render only when the instance is new`;
  const provider = inspection.cloud?.provider;
  if (provider === 'aws')
    return 'it renders only when the instance is new (an ENI that was attached at the launch belongs to it)';
  if (provider === 'jdcloud') return 'it is not known to render more than the primary on JD Cloud';
  // Its AliYun data source runs before the network is up, and at each boot, since 23.4.
  if (provider === 'alibaba' && rival.cloudInitVersion !== undefined && older(rival.cloudInitVersion, 23, 4))
    return 'this version configures the first NIC alone on Alibaba Cloud';
  return undefined;
}

function older(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a < major || (a === major && b < minor);
}

/** The words of `updates: network: when:`, of the file that is read last; undefined if no file says anything. */
function updateEvents({
  rival,
}: RivalView): { readonly path: string; readonly words: readonly string[] } | undefined {
  for (const [path, text] of configs(rival.files).toReversed()) {
    // Step by step: one expression would try each `updates:` with each `network:` and each `when:`.
    const list = [/^updates:/m, /\bnetwork:/].reduce(behind, uncommented(text)).match(whenList)?.[1];
    if (list !== undefined) return { path, words: list.match(/[a-z][a-z-]*/g) ?? [] };
  }
  return undefined;
}

/** As `[a, b]`, or a line for each. Blank lines are what comments leave. */
const whenList = /\bwhen:[ \t]*(\[[^\][]*\]|(?:(?:[ \t]*\r?\n)+[ \t]*- .*)+)/;

/** Nothing, where it is not there. */
function behind(text: string, what: RegExp): string {
  const at = text.search(what);
  return at < 0 ? '' : text.slice(at);
}

function configs(files: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(files).filter(([path]) => path === cfg || path.startsWith('/etc/cloud/cloud.cfg.d/'));
}

function uncommented(text: string): string {
  return text.replace(/^[ \t]*#.*$/gm, '');
}
