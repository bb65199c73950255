// Order of the version numbers that the probes reduce to digits and dots (`0.8.41`, `3.10.0`). Knows no tool.

/**
 * True if `version` is `wanted` or newer; missing parts count as zero. Undefined if the version is not known, so that
 * each caller has to say which form is safe on old and new versions alike.
 */
export function versionAtLeast(version: string | undefined, wanted: string): boolean | undefined {
  if (version === undefined || !/^\d/.test(version)) return undefined;
  const have = numbersOf(version);
  const want = numbersOf(wanted);
  for (let i = 0; i < Math.max(have.length, want.length); i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbersOf(version: string): readonly number[] {
  return version
    .split('.')
    .map(Number)
    .map(n => (Number.isFinite(n) ? n : 0));
}
