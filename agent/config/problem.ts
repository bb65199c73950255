// What is wrong with one line of the configuration, and how that is said.
import { AgentError } from '../errors.ts';
import type { ConfigLine } from './ini-lines.ts';

export interface ConfigProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** As in the file, without the brackets; null before the first section. */
  readonly section: string | null;
  readonly key: string | null;
  readonly value: string | null;
  /** What is wrong, and what would be right. */
  readonly text: string;
  /** What was probably meant, as it would stand in the file; null: no idea. */
  readonly suggestion: string | null;
}

/** So much of what is wrong: the line that it quotes may be a whole file without a line end. */
const mostCharacters = 1000;

export function problemAt(line: ConfigLine, text: string, suggestion?: string): ConfigProblem {
  const { file, line: number, section } = line;
  const [key, value] = line.kind === 'key' ? [line.key, line.value] : [null, null];
  const said = text.length > mostCharacters ? `${text.slice(0, mostCharacters)} ...` : text;
  return {
    ...{ file, line: number, section: section ?? null, key, value, text: said },
    suggestion: suggestion ?? null,
  };
}

/** One line, in the form that compilers and systemd have, which editors understand. */
export function describeProblem({ file, line, text, suggestion }: ConfigProblem): string {
  return `${file}:${line}: ${text}${suggestion === null ? '' : `; did you mean ${suggestion}?`}`;
}

/**
 * The first is named, the others are counted.
 *
 * @param main the file in the place of the main one
 */
export function configError(
  problems: readonly [ConfigProblem, ...ConfigProblem[]],
  main?: string,
): AgentError {
  const more = problems.length - 1;
  const others = more === 0 ? '' : ` (and ${more} more ${more === 1 ? 'problem' : 'problems'})`;
  const message = `${describeProblem(problems[0])}${others}`;
  if (main === undefined) return new AgentError('config-invalid', message);
  return new AgentError('config-invalid', message, {
    hint: `"eni-agent check-config ${main}" lists all problems`,
  });
}
