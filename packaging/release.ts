// When and by whom: the one date that a package carries, and its maintainer.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from './artefacts.ts';
import { run } from './run-program.ts';

export interface Release {
  /** Seconds since 1970: the time of every file, and of the build. */
  readonly epoch: number;
  /** As {@link sourceCommit} has it. */
  readonly commit: string | null;
  /** `Name <address>`. */
  readonly maintainer: string;
  /** How hard xz tries, 0 to 9: 6 for packages that are published. */
  readonly xzLevel: number;
}

/**
 * The date of a build: SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), or the last commit's, or, in a
 * source archive without history, that of CHANGELOG.md (`git archive` gives it the commit's).
 * @throws Error when SOURCE_DATE_EPOCH is no number, or git does not tell.
 */
export async function sourceDate(environment: NodeJS.ProcessEnv): Promise<number> {
  const given = environment.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (!/^\d{1,10}$/.test(given)) {
      throw new Error(`SOURCE_DATE_EPOCH is "${given}": it must be a number of seconds since 1970`);
    }
    return Number(given);
  }
  const hasHistory = await stat(path.join(checkout, '.git')).catch(() => undefined);
  if (hasHistory !== undefined) {
    return Number(await git('log', '-1', '--format=%ct'));
  }
  return Math.floor((await stat(path.join(checkout, 'CHANGELOG.md'))).mtimeMs / 1000);
}

/**
 * The commit of a build, twelve digits, `-dirty` if files differ from it: ENI_AGENT_COMMIT, or what git says, or, in a source archive, what
 * `git archive` wrote into packaging/commit.txt. Null where nobody knows: the build does not depend on it.
 */
export async function sourceCommit(environment: NodeJS.ProcessEnv): Promise<string | null> {
  const { ENI_AGENT_COMMIT: given } = environment;
  if (given !== undefined) return checkedCommit(given);
  if ((await stat(path.join(checkout, '.git')).catch(() => undefined)) === undefined)
    return checkedCommit(await readFile(path.join(checkout, 'packaging/commit.txt'), 'utf8'));
  return checkedCommit(await git('describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'));
}

/** Also as root in the checkout of somebody else, which git by itself refuses to read. */
function git(...words: readonly string[]): Promise<string> {
  return run('git', ['-c', 'safe.directory=*', '-C', checkout, ...words]);
}

/** In a checkout commit.txt has a placeholder, and a text that is no commit is none. */
function checkedCommit(text: string): string | null {
  const [, digits, dirty = ''] = /^([0-9a-f]{12})[0-9a-f]*(-dirty)?\s*$/.exec(text) ?? [];
  return digits === undefined ? null : `${digits}${dirty}`;
}

/** For a program that is to build the same release. */
export function releaseVariables({ epoch, commit }: Release): Readonly<Record<string, string>> {
  return { SOURCE_DATE_EPOCH: String(epoch), ENI_AGENT_COMMIT: commit ?? '' };
}

/** RFC 5322, as Debian's changelogs have it: `Sat, 21 Nov 2026 11:00:00 +0000`. */
export function debianDate(epoch: number): string {
  return new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
}

/** As in an rpm changelog: `Sat Nov 21 2026`. */
export function rpmDate(epoch: number): string {
  const [day, date, month, year] = new Date(epoch * 1000).toUTCString().split(/,? /);
  return `${day} ${month} ${date} ${year}`;
}
