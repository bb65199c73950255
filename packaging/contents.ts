// What the packages install, where, with which mode, and where it comes from. Everything belongs to root:root. A pattern takes all files
// that match, each under its own name; what the build makes (the bundle, Node, the libraries) and what packaging/docs/ generates is
// named by its source.
import { type Format, packageName, type Variant } from './artefacts.ts';

/** Where the content comes from. */
export type Source =
  /** Files of the checkout; `*` and `{a,b}` in the last part. The installed path ends with `/` then, and takes their names. */
  | {
      readonly checkout: string;
      /** A folder: what has a file of the same name there is left out. */
      readonly replacedBy?: string;
    }
  /** One file that the build has made: its name in the work folder; `*` as above. */
  | { readonly built: string }
  /** A text of packaging/docs/, by its path there. */
  | { readonly generated: string }
  /** A symbolic link, as it will be read. */
  | { readonly link: string }
  | { readonly directory: true };

export interface Entry {
  /** Absolute, as installed; with `/` at its end, a folder that takes the files' names. */
  readonly path: string;
  readonly source: Source;
  /** Ignored for links. */
  readonly mode: number;
  /** config: kept when the administrator has changed it. documentation: rpm can leave it out. */
  readonly kind: 'program' | 'config' | 'documentation' | 'directory';
  /** Compressed with gzip, `.gz` added to its name: Debian's policy for man pages and changelogs. */
  readonly gzip?: boolean;
  readonly only?: { readonly variant?: Variant; readonly format?: Format };
}

const program = (path: string, source: Source, only: Entry['only'] = {}, mode = 0o644): Entry => ({
  path,
  source,
  mode,
  kind: 'program',
  only,
});
const documentation = (path: string, source: Source, more: Partial<Entry> = {}): Entry => ({
  path,
  source,
  mode: 0o644,
  kind: 'documentation',
  ...more,
});
const manPage = (path: string): Entry => documentation(path, { generated: path }, { gzip: true });
const completion = (path: string, generated = path, only: Entry['only'] = {}): Entry =>
  program(path, { generated }, only);
const directory = (path: string): Entry => ({
  path,
  source: { directory: true },
  mode: 0o755,
  kind: 'directory',
});

const library = '/usr/lib/eni-agent';
const initScript = '/etc/init.d/eni-agent';
const initSource = { checkout: 'systemd/eni-agent.init' };
/** The manual pages name it. */
const documents = '/usr/share/doc/eni-agent';
/** Where Debian's policy wants copyright and changelog: `PACKAGE` is replaced by the package's name. */
const policyFolder = '/usr/share/doc/PACKAGE';
const zshCompletion = '/usr/share/zsh/vendor-completions/_eni-agent';
const units = { checkout: 'systemd/*.{service,path,timer}' };
/** Systems with an old C library have an old systemd as well. */
const unitsForAll = { ...units, replacedBy: 'systemd/legacy' };
const unitsForOld = { checkout: 'systemd/legacy/*.service' };
const publishedUnit = 'eni-agent-published-ports.service';
const udevRules = { checkout: 'systemd/*.rules' };
/** Debian before 9 and Ubuntu before 20.04 keep /lib apart from /usr/lib, and their udev and systemd belong to /lib. */
const splitUsr = { variant: 'legacy', format: 'deb' } as const;

export const entries: readonly Entry[] = [
  directory(library),
  program(`${library}/node`, { built: 'node' }, {}, 0o755),
  program(`${library}/eni-agent.cjs`, { built: 'eni-agent.cjs' }),
  program(`${library}/launcher.cjs`, { built: 'launcher.cjs' }, {}, 0o755),
  program('/usr/sbin/eni-agent', { link: '../lib/eni-agent/launcher.cjs' }),
  { ...directory(`${library}/rt`), only: { variant: 'legacy' } },
  program(`${library}/rt/`, { built: 'libraries/lib*' }, { variant: 'legacy' }),
  program(`${library}/rt/`, { built: 'libraries/ld-*' }, { variant: 'legacy' }, 0o755),

  directory('/etc/eni-agent'),
  directory('/etc/eni-agent/eni-agent.conf.d'),
  directory('/etc/eni-agent/hooks.d'),
  {
    path: '/etc/eni-agent/eni-agent.conf',
    source: { generated: '/etc/eni-agent/eni-agent.conf' },
    mode: 0o644,
    kind: 'config',
  },
  directory('/var/lib/eni-agent'),
  directory('/var/cache/eni-agent'),

  program('/usr/lib/systemd/system/', units, { variant: 'plain' }),
  program('/usr/lib/systemd/system/', unitsForAll, { variant: 'legacy', format: 'rpm' }),
  program('/usr/lib/systemd/system/', unitsForOld, { variant: 'legacy', format: 'rpm' }),
  program('/lib/systemd/system/', unitsForAll, splitUsr),
  program('/lib/systemd/system/', unitsForOld, splitUsr),
  ...(
    [
      ['/usr/lib', { variant: 'plain' }],
      ['/usr/lib', { variant: 'legacy', format: 'rpm' }],
      ['/lib', splitUsr],
    ] as const
  ).map(([root, only]) =>
    // Always on: it does nothing where the agent has written no script, and no package script has to know of it.
    program(
      `${root}/systemd/system/multi-user.target.wants/${publishedUnit}`,
      { link: `../${publishedUnit}` },
      only,
    ),
  ),
  program('/usr/lib/udev/rules.d/', udevRules, { variant: 'plain' }),
  program('/usr/lib/udev/rules.d/', udevRules, { variant: 'legacy', format: 'rpm' }),
  program('/lib/udev/rules.d/', udevRules, splitUsr),
  program('/usr/lib/systemd/system-preset/', { checkout: 'packaging/rpm/*.preset' }, { format: 'rpm' }),
  program('/usr/lib/tmpfiles.d/eni-agent.conf', { checkout: 'systemd/eni-agent.tmpfiles' }),
  // Debian's policy wants init scripts to be conffiles; in an rpm they are programs.
  { ...program(initScript, initSource, { variant: 'legacy', format: 'deb' }, 0o755), kind: 'config' },
  program(initScript, initSource, { variant: 'legacy', format: 'rpm' }, 0o755),

  manPage('/usr/share/man/man8/eni-agent.8'),
  manPage('/usr/share/man/man5/eni-agent.conf.5'),
  completion('/usr/share/bash-completion/completions/eni-agent'),
  completion(zshCompletion, zshCompletion, { format: 'deb' }),
  completion('/usr/share/zsh/site-functions/_eni-agent', zshCompletion, { format: 'rpm' }),
  completion('/usr/share/fish/vendor_completions.d/eni-agent.fish'),
  // dpkg takes a folder away with the last file in it; rpm only one that a package owns, and the shells need not be there.
  ...['fish', 'fish/vendor_completions.d', 'zsh', 'zsh/site-functions'].map(
    (name): Entry => ({ ...directory(`/usr/share/${name}`), only: { format: 'rpm' } }),
  ),
  directory('/usr/share/eni-agent'),
  directory('/usr/share/eni-agent/cloud-init'),
  program('/usr/share/eni-agent/cloud-init/', { checkout: 'packaging/cloud-init/*' }),

  directory('/usr/share/eni-agent/monitoring'),
  program('/usr/share/eni-agent/monitoring/', {
    checkout: 'packaging/monitoring/eni-agent-{alerts.yaml,dashboard.json}',
  }),

  { ...directory(documents), kind: 'documentation' },
  documentation(`${documents}/`, { checkout: 'docs/*.{md,svg}' }),
  ...['decisions', 'distributions'].flatMap((name): readonly Entry[] => [
    { ...directory(`${documents}/${name}`), kind: 'documentation' },
    documentation(`${documents}/${name}/`, { checkout: `docs/${name}/*.md` }),
  ]),
  documentation(`${policyFolder}/copyright`, { built: 'copyright' }),
  documentation(`${policyFolder}/changelog`, { checkout: 'CHANGELOG.md' }, { only: { format: 'rpm' } }),
  documentation(
    `${policyFolder}/changelog`,
    { checkout: 'CHANGELOG.md' },
    { gzip: true, only: { format: 'deb' } },
  ),
  documentation(
    `${policyFolder}/changelog.Debian`,
    { built: 'changelog.Debian' },
    { gzip: true, only: { format: 'deb' } },
  ),
  program('/usr/share/lintian/overrides/PACKAGE', { built: 'lintian-overrides' }, { format: 'deb' }),
];

/** The entries of one package. */
export function entriesOf({ format, variant }: { format: Format; variant: Variant }): readonly Entry[] {
  return entries
    .filter(
      ({ only }) =>
        (only?.variant === undefined || only.variant === variant) &&
        (only?.format === undefined || only.format === format),
    )
    .map(entry => ({ ...entry, path: entry.path.replace('PACKAGE', packageName(variant)) }));
}
