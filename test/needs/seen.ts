// Which versions of the services the trees of a run have, beside those that were seen last (seen.txt): a suite moves, and what the run has
// passed on is then another service than the one that the documents name. `node seen.ts versions SUITE...` prints them, and with SEEN=write keeps
// them in seen.txt; `node seen.ts notes SUITE...` prints what differs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Suite, suites, treeOf } from './suites.ts';

/** Debian packages of what configures links. */
const services = [
  'systemd',
  'ifupdown',
  'isc-dhcp-client',
  'dhcpcd-base',
  'netplan.io',
  'network-manager',
  'iproute2',
] as const;

/** Debian package to its version, in the order of `services`. */
export type Versions = Readonly<Record<string, string>>;

const file = new URL('seen.txt', import.meta.url);
const head = `# Versions of the services in the lab's root trees as they were seen last, one a line. "SEEN=write npm test -- NAME..." writes those of the
# trees of that run; a run with other ones says so at its end.
`;

/** Of /var/lib/dpkg/status. */
export function versionsIn(status: string): Versions {
  const installed = new Map(
    status.split('\n\n').map(paragraph => {
      const value = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
      return [value('Package'), value('Version')] as const;
    }),
  );
  return Object.fromEntries(
    services.flatMap(name => {
      const version = installed.get(name);
      return version === undefined ? [] : [[name, version]];
    }),
  );
}

export function parseSeen(text: string): Readonly<Record<Suite, Versions>> {
  const seen: Record<Suite, Record<string, string>> = {};
  for (const line of text.split('\n').filter(l => l !== '' && !l.startsWith('#'))) {
    const [suite = '', name = '', version = ''] = line.split(' ');
    seen[suite] = { ...seen[suite], [name]: version };
  }
  return seen;
}

export const readSeen = () => parseSeen(existsSync(file) ? readFileSync(file, 'utf8') : '');

export function formatSeen(seen: Readonly<Record<Suite, Versions>>): string {
  const lines = suites.flatMap(({ suite }) =>
    Object.entries(seen[suite] ?? {}).map(([name, version]) => `${suite} ${name} ${version}\n`),
  );
  return head + lines.join('');
}

/** One line for each service of a suite that is another one than was seen. A rebuild (`+b1`) differs by architecture and is the same. */
export function differences(suite: Suite, seen: Versions, now: Versions): readonly string[] {
  const plain = (version: string | undefined) => version?.replace(/\+b\d+$/, '');
  return services
    .filter(name => plain(seen[name]) !== plain(now[name]))
    .map(name => `${suite} has ${name} ${now[name] ?? 'no more'}, seen was ${seen[name] ?? 'none'}`);
}

function versionsOf(suite: Suite): Versions {
  const tree = treeOf(suite);
  return tree === undefined ? {} : versionsIn(readFileSync(join(tree, 'var/lib/dpkg/status'), 'utf8'));
}

if (import.meta.main) {
  const [what, ...wanted] = process.argv.slice(2);
  const now = wanted.map(suite => [suite, versionsOf(suite)] as const);
  const seen = readSeen();
  if (what === 'versions') {
    for (const [suite, versions] of now)
      console.log(
        `${suite}: ${Object.entries(versions)
          .map(pair => pair.join(' '))
          .join(', ')}`,
      );
    if (process.env.SEEN === 'write')
      writeFileSync(file, formatSeen({ ...seen, ...Object.fromEntries(now) }));
  } else {
    const lines = now.flatMap(([suite, versions]) => differences(suite, seen[suite] ?? {}, versions));
    for (const line of lines) console.log(`NOTE: ${line}; SEEN=write keeps it in test/needs/seen.txt`);
  }
}
