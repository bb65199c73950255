// Whether root may go by what stands in a file: somebody else could have put it there.

/** Why root must not go by it, in words that follow its path; undefined: he may. Of the file alone, not of its folders. */
export function distrust({ uid, mode }: { readonly uid: number; readonly mode: number }): string | undefined {
  if (uid !== 0) return `belongs to user ${uid}, not to root`;
  if ((mode & 0o022) !== 0) return 'is writable by users other than root';
  return undefined;
}
