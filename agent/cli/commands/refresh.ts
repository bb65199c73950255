// `eni-agent refresh`: makes the daemon look at everything now, and waits for what comes of it.
import { type Report, readReport } from '../../daemon/report.ts';
import { daemonLockPath, request } from '../../daemon/requests.ts';
import { AgentError } from '../../errors.ts';
import { describePause } from '../../pass/pause.ts';
import type { System } from '../../system/system.ts';
import { type CliCommand, type CommandContext, exitCodes } from '../command.ts';
import { green, yellow } from '../describe.ts';
import { fold } from '../layout.ts';
import { readRunMode } from '../run-mode.ts';
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
    return isFine(report) ? exitCodes.done : exitCodes.attention;
  },
};

/** The daemon looks again by itself while something is to come: its report tells when there is nothing any more. */
async function finalReport(system: System, waitMs: number): Promise<Report | undefined> {
  const end = system.now() + waitMs;
  for (;;) {
    const report = await readReport(system);
    if (report === undefined || isFine(report) || system.now() >= end) return report;
    await system.sleep(200);
  }
}

function print(context: CommandContext, before: Report | undefined, report: Report): void {
  const change = report.lastChange?.at === before?.lastChange?.at ? null : report.lastChange;
  if (context.json) {
    const { enis, waitingFor, error, pausedUntil } = report;
    const lines = change?.lines ?? [];
    context.print(
      `${JSON.stringify({ version: 1, changed: change !== null, lines, enis, waitingFor, error, pausedUntil }, null, 2)}\n`,
    );
    return;
  }
  const verdict = change === null ? 'Nothing to do.' : 'Applied and verified.';
  const isPaused = report.pausedUntil !== null;
  const lines = [
    ...(change?.lines ?? []).map(line => `  ${line}`),
    ...pauseLines(report, context.system.now()).map(text => yellow(context, text)),
    ...report.waitingFor.map(text => yellow(context, `waiting: ${text}`)),
    ...(report.error === null ? [] : [yellow(context, `${report.error.code}: ${report.error.message}`)]),
    ...(report.error === null ? [] : [`  ${report.error.hint}`]),
    ...(report.error === null && !isPaused ? [green(context, verdict)] : []),
  ];
  context.print(`${fold(lines, context).join('\n')}\n`);
}

function pauseLines({ pausedUntil }: Report, now: number): readonly string[] {
  if (pausedUntil === null) return [];
  const until = describePause(Date.parse(pausedUntil), now);
  return [`Nothing was changed: ${until}.`, '"eni-agent resume" ends the pause.'];
}

function isFine(report: Report): boolean {
  return (
    report.pausedUntil === null &&
    report.error === null &&
    report.brake === null &&
    report.waitingFor.length === 0
  );
}
