// What a check of `doctor` answers: what was asked, what was seen, and the one step that settles it. Data only.
export interface Finding {
  readonly check: string;
  /** `skipped`: it could not be looked at, and so is not judged. */
  readonly verdict: 'ok' | 'warning' | 'failure' | 'skipped';
  readonly saw: string;
  /** What to do; undefined where all is well. */
  readonly hint: string | undefined;
}

export function ok(check: string, saw: string): Finding {
  return { check, verdict: 'ok', saw, hint: undefined };
}
