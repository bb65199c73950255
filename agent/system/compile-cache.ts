// Where Node keeps what V8 made of the program's text: the next start of root runs it.
import { lstatSync, readdirSync } from 'node:fs';
import { distrust } from './trust.ts';

/** Root's own. Node checks that what lies there fits the program and its own version, and not who wrote it. */
export const cacheFolder = '/var/cache/eni-agent';

/** False where somebody else could have written what lies there: an earlier version left it to the umask that it was started with. */
export function isCacheOurs(folder = cacheFolder): boolean {
  try {
    const below = readdirSync(folder).map(name => `${folder}/${name}`);
    return [folder, ...below].every(path => distrust(lstatSync(path)) === undefined);
  } catch {
    // There is none yet.
    return true;
  }
}
