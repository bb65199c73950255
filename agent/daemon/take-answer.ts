// What an answer of the metadata brings, or the failure of one: at most one pass.
import { AgentError } from '../errors.ts';
import { isSame } from '../model/value.ts';
import { type Drift, glance } from '../pass/glance.ts';
import type { Asking } from './asking.ts';
import { isOn } from './brake.ts';
import { afterAnswer, afterFailure, afterQuiet } from './memory.ts';
import type { Trigger } from './report.ts';
import { believedReading, runPass, setDue } from './run-pass.ts';
import type { Running } from './running.ts';
import { laggingLooks } from './schedule.ts';

/** A link has come or gone, the configuration is another: no metadata is needed to act on that. */
const ofTheMachine: ReadonlySet<Trigger> = new Set(['kernel', 'config', 'reload']);

/** An answer has come, or the failure of one. */
export async function act(running: Running, { answer, triggers, whole }: Asking): Promise<void> {
  const { context, memory } = running;
  const why = [...triggers];
  const now = context.system.now();
  const asked = why.some(trigger => trigger !== 'timer');
  if (answer === undefined) return;
  // The brake is off: what has been undone meanwhile is put back, and counts as a repair, so that a fight which continues is seen as one.
  const isBrakeOver =
    memory.brake.until !== undefined && !isOn(memory.brake, now) && memory.contest.length > 0;
  const repaired = isBrakeOver ? await driftNow(running) : [];
  if (answer instanceof AgentError) {
    if (memory.error?.message !== answer.message)
      context.log.warn(
        { code: answer.code, reason: answer.message },
        'no usable metadata; the current configuration is kept',
      );
    running.memory = afterFailure(memory, { now, triggers: why }, answer, 'metadata');
    // What the machine itself has to say counts all the same, by the last answer that was good.
    const reading = believedReading(running);
    if (reading !== undefined && (why.some(trigger => ofTheMachine.has(trigger)) || isBrakeOver))
      return runPass(running, { triggers: why, reading, repaired, news: false });
    running.owesPass ||= whole || asked;
    return setDue(running);
  }
  if (memory.metadata.state === 'failing') context.log.info({}, 'the metadata service answers again');
  running.memory = afterAnswer(memory, now);
  const news = !isSame(answer.instance, running.reading?.instance);
  running.reading = answer;
  const retries = memory.tookBack && !isOn(memory.brake, now);
  const isOpen =
    isAwaited(running) || retries || isBrakeOver || running.owesPass || running.pass === undefined;
  if (news || whole || asked || isOpen)
    return runPass(running, {
      triggers: news && !asked ? ['metadata'] : why,
      reading: answer,
      repaired,
      news,
    });
  running.memory = afterQuiet(running.memory, { now, triggers: why }, true);
  setDue(running);
}

/**
 * Something is still to come that no answer and no event may tell. A NIC that is not the cloud's stays unknown for ever: it is not worth a
 * pass each minute.
 */
function isAwaited({ memory, pass }: Running): boolean {
  const hasLease = pass?.desired.plan.enis.every(eni => eni.awaiting === undefined) ?? true;
  return memory.waitingFor.length > 0 && (memory.tries <= laggingLooks || !hasLease);
}

/** A kernel that cannot be read stops the pass that follows, and is told there. */
async function driftNow({ context, settings, pass }: Running): Promise<readonly Drift[]> {
  return glance(context.system, settings, pass).then(
    seen => seen.drift,
    () => [],
  );
}
