// What a check of `doctor` answers: what was asked, what was seen, and the one step that settles it. Data only.
export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'failure';
  readonly saw: string;
  /** What to do; undefined where all is well. */
  readonly hint: string | undefined;
}

export function ok(check: string, saw: string): Finding {
  return { check, verdict: 'ok', saw, hint: undefined };
}
