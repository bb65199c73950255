// The artefacts of `npm run package`, for the tests that install them.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { use } from '../needs/guard.ts';

/** Where they are: ENI_AGENT_PACKAGES, or what the last `npm run package` made. */
export const packagesFolder =
  process.env.ENI_AGENT_PACKAGES ?? fileURLToPath(new URL('../../dist/packages', import.meta.url));

/** Path of the artefact of this machine's architecture, with the way out if there is none. */
export function findPackage(name: 'eni-agent' | 'eni-agent-legacy', format: 'deb' | 'rpm'): string {
  use(`package ${format}`);
  const found = packageIn(packagesFolder, name, format);
  if (found === undefined)
    throw new Error(`no ${format} of ${name} in ${packagesFolder}: run "npm run package"`);
  return found;
}

/** The same in another folder, or of another architecture; undefined if it is not there. */
export function packageIn(
  folder: string,
  name: 'eni-agent' | 'eni-agent-legacy',
  format: 'deb' | 'rpm',
  architecture: string = process.arch,
): string | undefined {
  const pattern =
    format === 'deb'
      ? new RegExp(`^${name}_[^_]+_${architecture === 'arm64' ? 'arm64' : 'amd64'}\\.deb$`)
      : new RegExp(`^${name}-\\d[^-]*-[^-]+\\.${architecture === 'arm64' ? 'aarch64' : 'x86_64'}\\.rpm$`);
  const found = existsSync(folder) ? readdirSync(folder).find(n => pattern.test(n)) : undefined;
  return found === undefined ? undefined : join(folder, found);
}
