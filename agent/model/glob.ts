// Shell patterns: `*`, `?` and `[...]`, matched against a whole text. The tools that read such a pattern differ in what a wildcard may
// cross and in what a bracket is; each difference is an option.

export interface GlobRules {
  /** `*` and `?` stop at a slash, as in a path of the shell (glob(7)). Without it they do not: fnmatch(3) without flags, for names. */
  readonly path?: true;
  /** No bracket and no `?`: only `*` is special, everything else is itself. */
  readonly starOnly?: true;
  /** A `[` that is never closed is itself, as in the shell. Without it such a pattern matches nothing. */
  readonly openBracket?: true;
}

export function globMatches(pattern: string, text: string, rules: GlobRules = {}): boolean {
  return globRegExp(pattern, rules).test(text);
}

/** For who matches many texts. A set that is none in a regular expression (`[z-a]`) matches nothing, as in the shell. */
export function globRegExp(pattern: string, rules: GlobRules = {}): RegExp {
  const any = rules.path ? '[^/]' : '.';
  let out = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    // The first character of a set is a member even where it is `]`.
    const close = pattern.indexOf(']', at + 2);
    if (char === '*') out += `${any}*`;
    else if (rules.starOnly) out += literal(char);
    else if (char === '?') out += any;
    else if (char === '[' && close > 0) {
      const set = pattern.slice(at + 1, close).replace(/[\\\]]/g, '\\$&');
      out += `[${set.replace(/^!/, '^')}]`;
      at = close;
    } else if (char === '[' && !rules.openBracket) return /(?!)/;
    else out += literal(char);
  }
  try {
    return new RegExp(`^${out}$`);
  } catch {
    return /(?!)/;
  }
}

function literal(char: string): string {
  return char.replace(/[.*+?^${}()|\\[\]]/, '\\$&');
}
