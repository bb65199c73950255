// Which package of the distribution a file belongs to: what a package brought is never taken away. Knows rpm and dpkg, and no package.

import type { System } from '../system.ts';
import { existsQuietly } from './probes.ts';

/** `unowned`: each database that is here says so. `unknown`: one that is here did not answer. */
export type PackageOwner = { readonly package: string } | 'unowned' | 'unknown';

/** A database that is locked or rebuilt just now takes its time. */
const timeoutMs = 20_000;

const databases = [
  {
    program: '/usr/bin/rpm',
    argv: ['rpm', '-qf', '--qf', '%{NAME}\\n'],
    // rpm 4.8 to 4.20, with LC_ALL=C. It says so on standard output and ends with 1.
    none: /is not owned by any package/,
    name: (output: string) => output.split('\n')[0]?.trim(),
  },
  {
    program: '/usr/bin/dpkg-query',
    argv: ['dpkg-query', '-S'],
    none: /no path found matching pattern/,
    // `udev, systemd: /lib/udev/rules.d/...`; a diversion has a line of its own in front.
    name: (output: string) => /^(?!diversion )([^:\n]+):/m.exec(output)?.[1],
  },
] as const;

/** @param path of a file that exists */
export async function readPackageOwner(system: System, path: string): Promise<PackageOwner> {
  for (const { program, argv, none, name } of databases) {
    if (!(await existsQuietly(system, program))) continue;
    const { exitCode, stdout, stderr } = await system.run([...argv, path], { timeoutMs });
    const owner = exitCode === 0 ? name(stdout) : undefined;
    if (owner !== undefined && owner !== '') return { package: owner };
    if (!none.test(stdout + stderr)) return 'unknown';
  }
  return 'unowned';
}
