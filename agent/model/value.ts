// Values of the model are plain data: two are the same if they say the same, in the order in which the program makes them.

/** A text that is the same for the same value. A key that is undefined counts as one that is not there, as in a file that was read back. */
export function keyOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

export function isSame(a: unknown, b: unknown): boolean {
  return a === b || keyOf(a) === keyOf(b);
}

/**
 * What is worked out of a value, once for each: nobody changes a value of the model once it is made. It is found by which one it is, not by what it
 * says, and is forgotten with it.
 */
export function oncePer<Of extends object, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const made = new WeakMap<Of, Made>();
  return of => {
    const before = made.get(of);
    if (before !== undefined) return before;
    const now = make(of);
    made.set(of, now);
    return now;
  };
}

/** Texts that are kept, and characters of the longest: an address has at most 45. */
const mostKept = 4096;
const longestKept = 64;

/** What is worked out of a short text, once for each: the same few hundred come again and again, in one pass and from pass to pass. */
export function onceEach<Made>(make: (text: string) => Made): (text: string) => Made {
  const made = new Map<string, Made>();
  return text => {
    const before = made.get(text);
    if (before !== undefined) return before;
    const now = make(text);
    if (made.size >= mostKept) made.clear();
    if (text.length <= longestKept) made.set(text, now);
    return now;
  };
}

/** `now`, or what said the same before: whatever was worked out of that still holds. */
export function sameOr<T>(before: T | undefined, now: T): T {
  return before !== undefined && isSame(before, now) ? before : now;
}
