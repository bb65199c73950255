// What an answer of the metadata brings, or the failure of one: at most one pass.
import { AgentError } from '../errors.ts';
import { isSame } from '../model/value.ts';
import { type Drift, glance, hasMarksLost } from '../pass/glance.ts';
import { isApartDue } from './apart.ts';
import { hasTrial, uncontested } from './fights.ts';
import { finishFirst } from './finish-first.ts';
import { afterAnswer, afterFailure, afterQuiet } from './memory.ts';
import type { OpenQuestion } from './question.ts';
import type { Trigger } from './report.ts';
import { believedReading, runPass, setDue } from './run-pass.ts';
import type { DaemonState } from './state.ts';
import { momentOf } from './timing/moment.ts';
import { laggingTries } from './timing/schedule.ts';

/** A link has come or gone, the configuration is another, work by hand has ended: no metadata is needed to act on that. */
const ofTheMachine: ReadonlySet<Trigger> = new Set(['kernel', 'config', 'reload', 'pause']);

/** An answer has come, or the failure of one. */
export async function actOnAnswer(
  daemon: DaemonState,
  { answer, triggers, whole }: OpenQuestion,
): Promise<void> {
  const { context, memory } = daemon;
  const why = [...triggers];
  const moment = momentOf(context.system);
  const { now } = moment;
  const asked = why.some(trigger => trigger !== 'timer');
  if (answer === undefined) return;
  const isBrakeOver = hasTrial(memory.fights, now);
  const repaired = isBrakeOver ? uncontested(memory.fights, await driftNow(daemon), now) : [];
  const isRetry = isApartDue(daemon);
  if (answer instanceof AgentError) {
    if (memory.unanswered?.message !== answer.message)
      context.log.warn(
        { code: answer.code, reason: answer.message },
        'no usable metadata; the current configuration is kept',
      );
    daemon.memory = afterFailure(memory, { ...moment, triggers: why }, answer, 'metadata');
    await finishFirst(daemon);
    // What the machine itself has to say counts all the same, by the last answer that was believed; and what is still wanted is tried again.
    const isOfTheMachine = why.some(trigger => ofTheMachine.has(trigger)) || isBrakeOver || isRetry;
    const reading = isOfTheMachine ? believedReading(daemon) : daemon.wanted?.reading;
    if (reading !== undefined) return runPass(daemon, { triggers: why, reading, repaired, news: false });
    daemon.owesPass ||= whole || asked;
    return setDue(daemon);
  }
  if (memory.metadata.state === 'failing') context.log.info({}, 'the metadata service answers again');
  daemon.memory = afterAnswer(memory, moment.at);
  const news = !isSame(answer.instance, daemon.reading?.instance);
  daemon.reading = answer;
  const retries = memory.tookBack || isRetry;
  // Nobody tells when the network service has loaded its files.
  const isLive = daemon.pass?.liveOnly !== undefined;
  const { pass } = daemon;
  const isOpen =
    isAwaited(daemon) || isLive || retries || isBrakeOver || daemon.owesPass || pass === undefined;
  if (news || whole || asked || isOpen || (await hasMarksLost(context.system, pass)))
    return runPass(daemon, {
      triggers: news && !asked ? ['metadata'] : why,
      reading: answer,
      repaired,
      news,
    });
  daemon.memory = afterQuiet(daemon.memory, { ...moment, triggers: why }, true);
  setDue(daemon);
}

/**
 * Something is still to come that no answer and no event may tell. A NIC that is not the cloud's stays unknown for ever: it is not worth a
 * pass each minute.
 */
function isAwaited({ memory, pass }: DaemonState): boolean {
  const hasLease = pass?.desired.plan.enis.every(eni => eni.awaiting === undefined) ?? true;
  return memory.waitingFor.length > 0 && (memory.tries <= laggingTries || !hasLease);
}

/** A kernel that cannot be read stops the pass that follows, and is told there. */
async function driftNow({ context, settings, pass }: DaemonState): Promise<readonly Drift[]> {
  return glance(context.system, settings, pass).then(
    seen => seen.drift,
    () => [],
  );
}
