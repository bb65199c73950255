// Looks up a release for offline rendering (`render --backend netplan --release debian-12`). The table itself is in
// table.ts. Knows nothing of the command line beyond the names of its two options.
import { AgentError } from '../../agent/errors.ts';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import { defaultReleases, type Release, releaseTable } from './table.ts';

/** Names that `--release` takes, sorted; all of them, or those of one backend. */
export function releaseNames(backend?: BackendName): readonly string[] {
  return Object.keys(releaseTable)
    .filter(name => backend === undefined || releaseTable[name]?.backend === backend)
    .sort();
}

/** The release of that name; AgentError `usage` for any other. */
export function releaseNamed(name: string): Release {
  const found = Object.hasOwn(releaseTable, name) ? releaseTable[name] : undefined;
  if (found !== undefined) return found;
  throw new AgentError('usage', `unknown release "${name.slice(0, 40)}"`, {
    hint: `known releases: ${releaseNames().join(', ')}`,
  });
}

/**
 * Complete host facts for a backend: those of the release, or of the default release of that backend. A release that
 * runs another backend is AgentError `usage`: its versions would say nothing about this one.
 */
export function factsForBackend(backend: BackendName, release?: string): HostFacts {
  const found = releaseNamed(release ?? defaultReleases[backend]);
  if (found.backend === backend) return found.facts;
  throw new AgentError('usage', `release ${release} runs ${found.backend}, not ${backend}`, {
    hint: `name backend ${found.backend}, or a release of ${backend}: ${releaseNames(backend).join(', ')}`,
  });
}
