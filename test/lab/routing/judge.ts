// Holds an answer of the kernel against what is right.
import type { Answer, Said, Step } from './namespace-run.ts';
import { wayText } from './promises.ts';
import type { Question } from './questions.ts';

export interface Wrong {
  readonly what: string;
  readonly line: string;
  readonly said: string;
  readonly right: string;
}

export interface Trial {
  readonly name: string;
  readonly steps: readonly Step[];
  /** @returns what is wrong, and how many answers were looked at */
  readonly judge: (said: Said) => { readonly wrong: readonly Wrong[]; readonly asked: number };
}

/** A line that the kernel refuses. */
export const failed = (what: string, line: string, { error = '' }: Answer): Wrong => ({
  what,
  line,
  said: error,
  right: 'no error',
});

/** What is wrong with an answer; undefined if nothing is. */
export function judge(question: Question, answer: Answer, before?: Answer): Wrong | undefined {
  const said = answer.error ?? textOf(answer, true);
  const isAt = (text: string, right: readonly string[]) =>
    right.includes(text)
      ? undefined
      : { what: 'answer', line: question.line, said, right: right.join(' or ') };
  const { right } = question;
  if (right === 'local') return isAt(/^local |dev lo /.test(answer.text ?? '') ? 'local' : said, ['local']);
  if (typeof right === 'string') {
    // What `ip` prints as the source of a packet that has one means nothing.
    const withSource = right === 'as before' && !question.line.includes(' from ');
    const whole = (a: Answer) => a.error ?? textOf(a, withSource);
    return isAt(whole(answer), [whole(before!)]);
  }
  return isAt(answer.error ?? textOf(answer, false), right.map(wayText));
}

/** `via GATEWAY dev LINK`, and the source that was chosen. */
export function textOf({ text = '' }: Answer, withSource: boolean): string {
  const word = (name: string) => new RegExp(` ${name} (\\S+)`).exec(text)?.[1];
  const via = word('via');
  const type = /^(local|broadcast|unreachable|blackhole|prohibit) /.exec(text)?.[0] ?? '';
  const source = withSource && word('src') !== undefined ? ` src ${word('src')}` : '';
  return `${type}${via === undefined ? '' : `via ${via} `}dev ${word('dev')}${source}`;
}
