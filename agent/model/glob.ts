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

/** Characters of the longest text that there is to match, a path. */
const longestText = 4096;

export function globMatches(pattern: string, text: string, rules: GlobRules = {}): boolean {
  return globRegExp(pattern, rules).test(text);
}

/** For who matches many texts. A set that is none in a regular expression (`[z-a]`) matches nothing, as in the shell. */
export function globRegExp(pattern: string, rules: GlobRules = {}): RegExp {
  const any = rules.path ? '[^/]' : '.';
  /** What stands between the stars. */
  const parts = [''];
  let shortest = 0;
  const add = (text: string) => {
    parts[parts.length - 1] += text;
    shortest += 1;
  };
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    // The first character of a set is a member even where it is `]`.
    const close = pattern.indexOf(']', at + 2);
    if (char === '*') parts.push('');
    else if (rules.starOnly) add(literal(char));
    else if (char === '?') add(any);
    else if (char === '[' && close > 0) {
      const set = pattern.slice(at + 1, close).replace(/[\\\]]/g, '\\$&');
      add(`[${set.replace(/^!/, '^')}]`);
      at = close;
    } else if (char === '[' && !rules.openBracket) return /(?!)/;
    else add(literal(char));
  }
  // V8 says that an expression is too large when it is used, and not when it is made.
  if (shortest > longestText) return /(?!)/;
  try {
    return new RegExp(`^${joined(parts, any)}$`);
  } catch {
    return /(?!)/;
  }
}

/**
 * The first place where a part fits is as good as any later one, and is not given up again (`(?=(...))\\1`): a pattern of many stars would try
 * every way to share the text between them, which are billions for twenty stars and a name of fifteen characters.
 */
function joined([first = '', ...rest]: readonly string[], any: string): string {
  const last = rest.pop();
  if (last === undefined) return first;
  const middle = rest.filter(part => part !== '').map((part, at) => `(?=(${any}*?${part}))\\${at + 1}`);
  return `${first}${middle.join('')}${any}*${last}`;
}

function literal(char: string): string {
  return char.replace(/[.*+?^${}()|\\[\]]/, '\\$&');
}
