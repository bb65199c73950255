// Values of the model are plain data: two are the same if they say the same, in the order in which the program makes them.

/** A text that is the same for the same value. A key that is undefined counts as one that is not there, as in a file that was read back. */
export function keyOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

export function isSame(a: unknown, b: unknown): boolean {
  return keyOf(a) === keyOf(b);
}
