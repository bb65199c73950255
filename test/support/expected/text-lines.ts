// Small parts of the expected texts: words in lines that are not too wide, and a compile-time look that no field is forgotten.

const width = 108;

/** `label` and the words behind it, on as many lines as they need; nothing for no words. */
export function wrapped(label: string, words: readonly string[], indent: string): readonly string[] {
  const head = `${indent}${label.padEnd(11)}`;
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] += ` ${word}`;
    else lines.push(`${lines.length === 0 ? head : ' '.repeat(head.length)}${word}`);
  }
  return lines;
}

/** Call it with the rest of a destructured value: a field that a text does not show is an error of the compiler. */
export function nothingElse(_rest: Readonly<Record<string, never>>): void {}
