// Lists that a person reads.

const shown = 3;

/** The first three, and how many more. */
export function listed(texts: readonly string[], separator = ', '): string {
  const more = texts.length > shown ? ` and ${texts.length - shown} more` : '';
  return `${texts.slice(0, shown).join(separator)}${more}`;
}
