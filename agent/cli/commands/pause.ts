// `eni-agent pause`: hands off, for work by hand, and for a time that ends by itself.
import { isDaemonAlive } from '../../daemon/liveness.ts';
import { readReport } from '../../daemon/report.ts';
import { ask } from '../../daemon/requests.ts';
import { AgentError } from '../../errors.ts';
import { beginPause, clockTimeOf, longestPauseMs } from '../../pass/pause.ts';
import type { System } from '../../system/system.ts';
import { textOption } from '../args.ts';
import { type CliCommand, exitCodes, type OptionValues } from '../command.ts';

const defaultDuration = '30m';

/** Milliseconds for a daemon that lives to see it; it sees it later in any case. */
const patienceMs = 5000;

export const pause: CliCommand = {
  name: 'pause',
  summary: 'change nothing for a while, for work by hand; ends by itself',
  description: `
Until the pause ends, eni-agent neither configures nor repairs an ENI, whatever the cloud assigns and
whatever is changed by hand. The daemon keeps looking, and "status" says what differs. What runs at
the moment is finished before this command returns.

The pause ends by itself, at a reboot, and with "eni-agent resume". Then everything is checked and
brought in line with the metadata, hand-made changes included. "once --force", "rollback", "remove"
and "migrate" work during a pause.`,
  argument: {
    value: 'DURATION',
    choices: ['10m', '30m', '1h', '2h'],
    help: `90s, 30m or 2h; at most ${longestPauseMs / 3_600_000}h, ${defaultDuration} if left out`,
  },
  options: {},
  examples: ['eni-agent pause', 'eni-agent pause 2h', 'eni-agent resume'],
  needsRoot: true,
  withoutRoot: '"eni-agent status" shows the state of the ENIs without root',
  async run(context, values) {
    const { system } = context;
    const until = await beginPause(system, durationOf(values));
    await tellDaemon(system, `pause-${context.process.pid}-${system.now()}`);
    const pausedUntil = new Date(until).toISOString();
    if (context.json) context.print(`${JSON.stringify({ version: 1, pausedUntil }, null, 2)}\n`);
    else
      context.print(
        `Paused until ${clockTimeOf(until, system.now())}: eni-agent changes nothing by itself.\n` +
          '"eni-agent resume" ends the pause; then everything is brought in line again.\n',
      );
    return exitCodes.done;
  },
};

/** Milliseconds. Throws `usage`. */
function durationOf(values: OptionValues): number {
  const text = textOption(values, 'argument') ?? defaultDuration;
  const [, digits = '0', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const ms = Number(digits) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 0);
  if (ms > 0 && ms <= longestPauseMs) return ms;
  throw new AgentError('usage', `pause: ${JSON.stringify(text)} is no duration of a pause`, {
    hint: `a number and a unit: 90s, 30m or 2h; at most ${longestPauseMs / 3_600_000}h`,
  });
}

/** So that `status` and the metrics say it from now on. */
async function tellDaemon(system: System, name: string): Promise<void> {
  const report = await readReport(system);
  if (report === undefined || !(await isDaemonAlive(system, report))) return;
  await ask(system, name);
  const end = system.ticks() + patienceMs;
  while ((await readReport(system))?.pausedUntil === null && system.ticks() < end) await system.sleep(50);
}
