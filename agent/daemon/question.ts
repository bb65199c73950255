// One question to the metadata service that is under way while the daemon keeps working: its answer is one more thing that wakes it.
import { AgentError, reasonOf } from '../errors.ts';
import type { MetadataSource } from '../metadata/metadata-source.ts';
import type { InstanceReading } from '../metadata/read-instance.ts';
import type { Trigger } from './report.ts';

/** Somebody wants it now. Not `kernel`: what the rollback itself has done to the links brings that. */
const byHand: ReadonlySet<Trigger> = new Set<Trigger>([
  'request',
  'reload',
  'config',
  'pause',
  'resume',
  'start',
]);

export function isByHand(triggers: readonly Trigger[]): boolean {
  return triggers.some(trigger => byHand.has(trigger));
}

export interface Question {
  readonly triggers: ReadonlySet<Trigger>;
  /** Nothing from memory. */
  readonly whole: boolean;
  /** Names in the trigger folder that this answers. */
  readonly requests: readonly string[];
}

export interface OpenQuestion extends Question {
  /** Aborted when the answer is there. */
  readonly answered: AbortSignal;
  answer: InstanceReading | AgentError | undefined;
}

export function startAsking(source: MetadataSource, question: Question): OpenQuestion {
  const controller = new AbortController();
  const asking: OpenQuestion = { ...question, answered: controller.signal, answer: undefined };
  if (question.whole) source.forget();
  void source
    .read([...question.triggers].some(trigger => trigger !== 'timer'))
    .catch(error =>
      error instanceof AgentError ? error : new AgentError('bug', reasonOf(error), { cause: error }),
    )
    .then(answer => {
      asking.answer = answer;
      controller.abort();
    });
  return asking;
}

/** More than the report names. Of very many the last: whoever waits for an answer has asked a moment ago. */
const mostRequests = 1000;

/** Both questions in one. */
export function joinQuestions(a: Question | undefined, b: Question): Question {
  if (a === undefined) return b;
  return {
    triggers: new Set([...a.triggers, ...b.triggers]),
    whole: a.whole || b.whole,
    requests: [...a.requests, ...b.requests].slice(-mostRequests),
  };
}
