// The daemon's configuration: what the files say, or, where those are wrong, the last good one. A wrong file changes nothing, at the start
// neither: defaults could configure an ENI that it says to leave alone.
import { reasonOf } from '../errors.ts';
import { clockTime } from '../model/time-text.ts';
import { isSame } from '../model/value.ts';
import type { ReportedConfigProblem } from './report.ts';
import { asAgentError } from './run-pass.ts';
import type { DaemonContext, DaemonState } from './state.ts';

export type InForce = Pick<DaemonState, 'settings' | 'settingsSince' | 'configProblem'>;

/** At the start. Throws `config-invalid`, or `file-failed`, where no last good one is known either. */
export async function firstConfiguration(context: DaemonContext): Promise<InForce> {
  try {
    return await readFiles(context);
  } catch (error) {
    const last = await context.configuration.lastGood();
    if (last === undefined) throw error;
    const { settings, since } = last;
    return { settings, settingsSince: since, configProblem: report(context, error, since, null) };
  }
}

/** Reads the files again. @returns true if the metadata is to be asked in another way */
export async function rereadConfiguration(daemon: DaemonState): Promise<boolean> {
  const { context, settings, settingsSince, configProblem } = daemon;
  try {
    Object.assign(daemon, await readFiles(context));
  } catch (error) {
    daemon.configProblem = report(context, error, settingsSince, configProblem);
    return false;
  }
  if (configProblem !== null) context.log.info({}, 'the configuration is right again, and in force');
  return !isSame(settings.metadata, daemon.settings.metadata);
}

async function readFiles({ configuration, system, log }: DaemonContext): Promise<InForce> {
  const { settings, files } = await configuration.read();
  const settingsSince = await configuration.keep(files).catch((error: unknown) => {
    log.warn({ reason: reasonOf(error) }, 'cannot keep the configuration for a start with a wrong one');
    return new Date(system.now()).toISOString();
  });
  return { settings, settingsSince, configProblem: null };
}

/** Said once for each text: editors write a file more than once. */
function report(
  { system, log }: DaemonContext,
  error: unknown,
  lastGoodSince: string,
  before: ReportedConfigProblem | null,
): ReportedConfigProblem {
  const { message, hint } = asAgentError(error);
  if (before?.message !== message)
    log.error(
      { reason: message },
      `the configuration is wrong: the last good one, of ${clockTime(lastGoodSince)}, stays in force`,
    );
  return { since: before?.since ?? new Date(system.now()).toISOString(), message, hint, lastGoodSince };
}
