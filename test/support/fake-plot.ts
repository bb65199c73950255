// What a test has planned to go wrong on a fake machine: effects that fail, and other programs that act between two effects.

export interface Interference {
  /** Over the text of an effect: `write PATH`, `remove PATH`, `run COMMAND LINE`. */
  readonly match: RegExp;
  readonly when: 'before' | 'after';
  /** How many effects it meets; without it, all. */
  readonly times?: number;
  readonly act: () => void;
}

export class FakePlot {
  readonly #interference: { readonly what: Interference; left: number }[] = [];
  readonly #failures: { readonly match: RegExp; readonly reason: string; left: number }[] = [];

  interfere(what: Interference): void {
    this.#interference.push({ what, left: what.times ?? Number.POSITIVE_INFINITY });
  }

  fail(match: RegExp, reason: string, times: number): void {
    this.#failures.push({ match, reason, left: times });
  }

  get isFailing(): boolean {
    return this.#failures.some(f => f.left > 0);
  }

  /** Nothing fails any more. */
  heal(): void {
    this.#failures.length = 0;
  }

  /** Lets the others act. */
  happens(text: string, when: 'before' | 'after'): void {
    for (const entry of this.#interference) {
      if (entry.left <= 0 || entry.what.when !== when || !entry.what.match.test(text)) continue;
      entry.left -= 1;
      entry.what.act();
    }
  }

  /** Why this effect is to fail; undefined if it is not. Uses up one failure. */
  failureOf(text: string): string | undefined {
    const failure = this.#failures.find(f => f.left > 0 && f.match.test(text));
    if (failure === undefined) return undefined;
    failure.left -= 1;
    return failure.reason;
  }
}
