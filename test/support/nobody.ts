// The user that tests become to see what the agent does without root.
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Number of the user `nobody`. */
export const nobody = 65_534;

/** Whether that user can read the file: not below a folder that only its owner may enter, as /root is. */
export function reachesNobody(file: string): boolean {
  const folders = [dirname(file)];
  while (folders[0] !== dirname(folders[0]!)) folders.unshift(dirname(folders[0]!));
  return (statSync(file).mode & 0o004) !== 0 && folders.every(f => (statSync(f).mode & 0o001) !== 0);
}
