// When and by whom: the one date that a package carries, and its maintainer.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from './artefacts.ts';
import { run } from './run-program.ts';

export interface Release {
  /** Seconds since 1970: the time of every file, and of the build. */
  readonly epoch: number;
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
    return Number(await run('git', ['-C', checkout, 'log', '-1', '--format=%ct']));
  }
  return Math.floor((await stat(path.join(checkout, 'CHANGELOG.md'))).mtimeMs / 1000);
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
