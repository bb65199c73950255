// What the daemon tells the world after a look: its report, and the one line that systemd shows.

import { reasonOf } from '../errors.ts';
import { build } from '../model/build.ts';
import { listed } from '../model/listed.ts';
import { clockTimeOf } from '../pass/pause.ts';
import { recordProblem } from '../pass/unkept.ts';
import { braked, undoneIn } from './fights.ts';
import { errorOf, type Memory } from './memory.ts';
import { isAsPlanned } from './picture.ts';
import { type Report, type ReportedEni, writeReport } from './report.ts';
import type { DaemonState } from './state.ts';
import { tell, tellProblems } from './tell.ts';
import { timeOf } from './timing/moment.ts';

export async function publish(daemon: DaemonState): Promise<void> {
  const { context, settings, memory } = daemon;
  if (isGood(memory, context.system.ticks())) daemon.memory = { ...memory, goodAt: memory.lookedAt };
  const report = makeReport(daemon);
  const problems = [...report.problems];
  try {
    await writeReport(context.system, report);
    await context.onReport(report, settings);
  } catch (error) {
    // A full or read-only /run must not stop what matters.
    problems.push(
      `cannot tell how the ENIs are, and "eni-agent status" may be out of date: ${reasonOf(error)}`,
    );
  }
  tell(context.log, daemon.told.report, report);
  tellProblems(context.log, daemon.told.problems, problems);
  daemon.told = { report, problems };
}

/** The last look found everything as planned, or made it so, and nothing is wrong with the metadata. */
function isGood(memory: Memory, now: number): boolean {
  const { counters, fights, picture } = memory;
  const isBraked = braked(fights, now).length > 0;
  return counters.passes > 0 && errorOf(memory) === null && !isBraked && isAsPlanned(picture);
}

function makeReport(daemon: DaemonState): Report {
  const { context, memory, startedAt, dueAt, source, formerRequests, configProblem } = daemon;
  const { counters } = memory;
  const { system } = context;
  const fights = braked(memory.fights, context.system.ticks());
  const unkept = recordProblem(context.log);
  return {
    version: 1,
    build,
    pid: context.pid,
    startedAt: iso(startedAt),
    lookedAt: memory.lookedAt,
    // Before the first answer has come the clock asks for nothing.
    nextLookAt: timeOf(system, Number.isFinite(dueAt) ? dueAt : system.ticks()),
    mood: memory.mood,
    waitingFor: memory.waitingFor,
    lastTriggers: memory.lastTriggers,
    counters: { ...counters, requests: formerRequests + source.requests() },
    metadata: memory.metadata,
    lastChange: memory.lastChange,
    error: errorOf(memory),
    liveOnly: daemon.pass?.liveOnly ?? null,
    pausedUntil: daemon.pausedUntil === undefined ? null : iso(daemon.pausedUntil),
    brake:
      fights.length === 0
        ? null
        : {
            // The first trial.
            until: timeOf(system, Math.min(...fights.map(({ brake }) => brake.until!))),
            text: listed(
              undoneIn(fights).flatMap(d => d.lines),
              '; ',
            ),
          },
    enis: memory.enis,
    ...memory.picture,
    refused: daemon.pass?.refused === true && memory.picture.notAsPlanned.length > 0,
    lastGoodLookAt: memory.goodAt,
    answered: memory.answered,
    configProblem,
    degraded: memory.picture.degraded.filter(text => text !== unkept),
    problems: [...context.wakeups.problems(), ...(unkept === undefined ? [] : [unkept])],
  };
}

/** For `systemctl status`. */
export function describeReport(report: Report, now: number): string {
  // `working` is what the daemon made of it; what has been undone since, or was rolled back by hand, does not work.
  const stateOf = ({ mac, state }: ReportedEni) =>
    state === 'working' && report.notAsPlanned.includes(mac) ? 'not as planned' : state;
  const count = (state: string) => report.enis.filter(eni => stateOf(eni) === state).length;
  const states = (['working', 'not as planned', 'waiting', 'failed', 'contested', 'left-alone'] as const)
    .filter(state => count(state) > 0)
    .map(state => `${count(state)} ${state}`);
  const enis = states.length === 0 ? 'no secondary ENI' : `secondary ENIs: ${states.join(', ')}`;
  const { error, pausedUntil, configProblem } = report;
  return [
    ...(pausedUntil === null ? [] : [`paused by hand until ${clockTimeOf(Date.parse(pausedUntil), now)}`]),
    enis,
    ...(report.refused ? ['the plan was rolled back by hand'] : []),
    ...(configProblem === null ? [] : [`wrong configuration: ${configProblem.message}`]),
    ...(error === null ? [] : [`${error.code}: ${error.message}`]),
  ].join('; ');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
