// `eni-agent refresh`: makes the daemon look at everything now, and waits for what comes of it.
import { attentionOf, noticesOf } from '../../daemon/notices.ts';
import { type Report, readReport } from '../../daemon/report.ts';
import { daemonLockPath, request } from '../../daemon/requests.ts';
import { AgentError } from '../../errors.ts';
import { describePause } from '../../pass/pause.ts';
import { readRunMode } from '../../system/run-mode.ts';
import type { System } from '../../system/system.ts';
import { type CliCommand, type CommandContext, exitCodes } from '../command.ts';
import { green, yellow } from '../describe.ts';
import { fold } from '../layout.ts';
import { waitMsOf, waitOption } from '../wait.ts';
import { once } from './once.ts';

/** Milliseconds: a reading of the metadata, its confirmation, an apply with a DHCP server, its verification. */
const patienceMs = 90_000;

export const refresh: CliCommand = {
  name: 'refresh',
  summary: 'make the daemon check everything now, e.g. after assigning an address in the cloud',
  description: `
Asks the daemon to read all metadata and check everything now, and waits until it has. Where no
daemon runs, this command runs the pass itself, like "eni-agent once".

Exit code 0: everything is as it should be. 2: done, but something needs attention. 1: failed.`,
  options: { wait: waitOption },
  examples: ['eni-agent refresh', 'eni-agent refresh --wait 60', 'eni-agent refresh --json'],
  needsRoot: true,
  changes: true,
  withoutRoot: '"eni-agent status" shows the state of the ENIs without root',
  async run(context, values) {
    const { system } = context;
    const waitMs = waitMsOf(values);
    // Held by a living daemon and by nothing else.
    const release = await system.lock(daemonLockPath, 0);
    if (release !== undefined) {
      await release();
      const why =
        (await readRunMode(system)) === 'on-demand' ? 'The agent runs on demand' : 'No daemon is running';
      if (!context.json) context.print(`${why}: this command runs the pass itself.\n`);
      return once.run(context, { ...values });
    }
    const before = await readReport(system);
    const name = `refresh-${context.process.pid}-${system.now()}`;
    if (!(await request(system, name, patienceMs)))
      throw new AgentError('lock-held', `the daemon has not answered within ${patienceMs / 1000} s`, {
        hint: 'its log says what it is waiting for: journalctl -u eni-agent',
      });
    const report = await finalReport(system, waitMs);
    if (report === undefined) throw new AgentError('bug', 'the daemon answered but wrote no report');
    print(context, before, report);
    return reasonsOf(report, system.now()).length === 0 ? exitCodes.done : exitCodes.attention;
  },
};

/** The daemon looks again by itself while something is to come: its report tells when there is nothing any more. */
async function finalReport(system: System, waitMs: number): Promise<Report | undefined> {
  const end = system.ticks() + waitMs;
  for (;;) {
    const report = await readReport(system);
    if (report === undefined || system.ticks() >= end) return report;
    if (report.waitingFor.length === 0 && reasonsOf(report, system.now()).length === 0) return report;
    await system.sleep(200);
  }
}

function print(context: CommandContext, before: Report | undefined, report: Report): void {
  const change = report.lastChange?.at === before?.lastChange?.at ? null : report.lastChange;
  if (context.json) {
    const { enis, waitingFor, error, pausedUntil } = report;
    const attention = reasonsOf(report, context.system.now());
    const lines = change?.lines ?? [];
    const answer = {
      version: 1,
      changed: change !== null,
      lines,
      attention,
      enis,
      waitingFor,
      error,
      pausedUntil,
    };
    context.print(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const now = context.system.now();
  const reasons = reasonsOf(report, now);
  const isSaid = (text: string) => report.degraded.some(reason => reason.includes(text));
  const lines = [
    ...(change?.lines ?? []).map(line => `  ${line}`),
    ...report.waitingFor.filter(text => !isSaid(text)).map(text => yellow(context, `waiting: ${text}`)),
    ...(change === null ? [] : [green(context, 'Applied and verified.')]),
    ...(change === null && reasons.length === 0 ? [green(context, 'Nothing to do.')] : []),
    ...(reasons.length === 0 ? [] : [yellow(context, 'Needs attention:')]),
    ...reasons.flatMap(reason => [`  ${reason}`, ...moreOf(reason, report, now).map(line => `    ${line}`)]),
  ];
  context.print(`${fold(lines, context).join('\n')}\n`);
}

/** Why exit code 2. A pause is no fault, but what this command was to do was not done. */
function reasonsOf(report: Report, now: number): readonly string[] {
  const { pausedUntil } = report;
  const pause =
    pausedUntil === null ? [] : [`nothing was changed: ${describePause(Date.parse(pausedUntil), now)}`];
  return [...pause, ...attentionOf(report, now)];
}

/** What else there is to know of a reason, and what to do about it. */
function moreOf(reason: string, report: Report, now: number): readonly string[] {
  return noticesOf(report, now).find(({ text }) => reason.endsWith(text))?.more ?? [];
}
