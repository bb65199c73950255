// Lines of interfaces(5), and which files they source. Source: config.c of ifupdown 0.7.53 to 0.8.44, which is the same in all of this.
// Pure: who reads the files, or looks for them among those that are known, brings the rest.

export interface InterfacesLine {
  /** Where it begins, counted from 1. */
  readonly number: number;
  /** Its words with one space between them, continued lines joined. */
  readonly text: string;
  readonly words: readonly string[];
}

/**
 * Lines that say something. A backslash at the very end of a line continues it; not behind a `#`, for a comment is over before ifupdown looks
 * for the backslash (ifupdown-ng does continue a comment). A carriage return is white space at the end of a line, also behind a backslash.
 */
export function interfacesLines(text: string): readonly InterfacesLine[] {
  const lines: InterfacesLine[] = [];
  const raw = text.split('\n');
  for (let at = 0; at < raw.length; at++) {
    const number = at + 1;
    let line = raw[at]!.trimStart();
    if (line.startsWith('#')) continue;
    // What is joined is neither a comment nor indented by itself: `auto \` and `# eth1` are the links `#` and `eth1`.
    while (line.endsWith('\\') && at + 1 < raw.length) line = `${line.slice(0, -1)}${raw[++at]}`;
    const words = line.split(/\s+/).filter(word => word !== '');
    if (words.length > 0) lines.push({ number, text: words.join(' '), words });
  }
  return lines;
}

export interface InterfacesSource {
  readonly kind: 'file' | 'folder';
  /** An absolute pattern of the shell; a character that was quoted is in a bracket. */
  readonly pattern: string;
}

/**
 * What one line of `file` sources. Whatever begins with `source-dir` is the same word. A relative pattern counts from the folder of the file;
 * the second one of a line does not, for that folder is only put before the text.
 */
export function sourcesOf({ words }: InterfacesLine, file: string): readonly InterfacesSource[] {
  const [word = '', ...rest] = words;
  const kind = word === 'source' ? 'file' : word.startsWith('source-dir') ? 'folder' : undefined;
  if (kind === undefined || rest.length === 0) return [];
  const text = rest.join(' ');
  const folder = text.startsWith('/') ? '' : `${file.slice(0, file.lastIndexOf('/'))}/`;
  return expandWords(`${folder}${text}`).map(pattern => ({
    kind,
    // Where ifup was started: / at a boot.
    pattern: pattern.startsWith('/') ? pattern : `/${pattern}`,
  }));
}

/**
 * As wordexp(3) takes a line apart. It refuses a line with a command or with a character that the shell would act on, and then nothing is
 * sourced. Variables are empty: neither the boot nor a service gives ifup one that somebody would build a path of.
 */
function expandWords(line: string): readonly string[] {
  const patterns: string[] = [];
  let word = '';
  let quote = '';
  let isWord = false;
  const literal = (char: string) => (/[*?[\]]/.test(char) ? `[${char}]` : char);
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '`' && quote !== "'") return [];
    if (quote === '' && /[|&;<>(){}]/.test(char)) return [];
    if (quote === '' && char === ' ') {
      if (isWord) patterns.push(word);
      [word, isWord] = ['', false];
      continue;
    }
    isWord = true;
    if (char === quote) quote = '';
    else if (quote === '' && /['"]/.test(char)) quote = char;
    else if (char === '\\' && quote !== "'") word += literal(line[++at] ?? '');
    else if (char === '$' && quote !== "'") {
      const name = /^\$(\w+|\{\w+\})/.exec(line.slice(at))?.[0];
      if (name === undefined) return [];
      at += name.length - 1;
    } else word += quote === '' ? char : literal(char);
  }
  if (quote !== '') return [];
  return isWord ? [...patterns, word] : patterns;
}

/** A name with another character in it, a dot above all, is skipped in a source-directory without a word. */
export function isReadInFolder(name: string): boolean {
  return /^[a-zA-Z0-9_-]+$/.test(name);
}
