// "Did you mean": the one word of a list that a misspelt one was probably meant to be.

/**
 * The nearest candidate; undefined if none is near, or if several are equally so. A word that is part of one candidate alone, or has one
 * alone in it, is near whatever the distance: `ifup` and `ifupdown`, `systemd-networkd` and `networkd`.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const given = word.toLowerCase();
  const most = Math.max(1, Math.floor(given.length * 0.4));
  const near = candidates
    // So many characters at least are to be inserted or deleted; a long word would take its time.
    .filter(candidate => Math.abs(candidate.length - given.length) <= most)
    .map(candidate => ({ candidate, away: distance(given, candidate.toLowerCase()) }))
    .filter(({ away }) => away <= most)
    .sort((a, b) => a.away - b.away);
  if (near.length > 0) return near[0]!.away === near[1]?.away ? undefined : near[0]!.candidate;
  const parts = candidates.filter(c => given.length > 2 && (c.includes(given) || given.includes(c)));
  return parts.length === 1 ? parts[0] : undefined;
}

/** How many characters must be inserted, deleted or replaced (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, a] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, b] of [...to].entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a === b ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}
