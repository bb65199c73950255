// `eni-agent daemon`: keeps the machine what it should be, until it is told to stop.
import { runDaemon } from '../../daemon/daemon.ts';
import { writeMetrics } from '../../daemon/metrics/file.ts';
import { describeReport } from '../../daemon/publish.ts';
import { daemonLockPath, requestFolder } from '../../daemon/requests.ts';
import { openReadiness } from '../../daemon/systemd/readiness.ts';
import { openWatchdog } from '../../daemon/systemd/watchdog.ts';
import { AgentError } from '../../errors.ts';
import { runHooks } from '../../hooks.ts';
import type { Log } from '../../log.ts';
import { openMetadataSource } from '../../metadata/metadata-source.ts';
import { build, describeBuild } from '../../model/build.ts';
import { readDmi } from '../../system/facts/dmi.ts';
import type { System } from '../../system/system.ts';
import { type CliCommand, type CommandContext, exitCodes, metadataOptions } from '../command.ts';

export const daemon: CliCommand = {
  name: 'daemon',
  summary: 'keep running and react to changes: hot-plug, addresses, drift',
  description: `
Checks at start, and again when the kernel reports a changed link, address, route or rule, when a
file of the agent or its configuration is edited, when a file appears in
${requestFolder} ("eni-agent refresh" writes one), on SIGHUP, and on a timer
([daemon] period). Runs in the foreground and logs to standard error; systemd-notify tells systemd
when the first check is done, and how many ENIs are managed.

SIGTERM and SIGINT stop it. The network stays as it is: configured ENIs work without the daemon.`,
  options: metadataOptions,
  examples: ['eni-agent daemon', 'systemctl status eni-agent; eni-agent status'],
  needsRoot: true,
  withoutRoot: '"eni-agent plan" shows without root what is pending',
  async run(context) {
    const { system, process } = context;
    const configuration = await context.configuration();
    const { settings, trouble } = await configuration.forLooking();
    if (trouble !== undefined && trouble.lastGoodSince === undefined) {
      const { code, message } = trouble.error;
      throw new AgentError(code, message, { hint: noLastGood, cause: trouble.error });
    }
    const log = await context.log(settings);
    const release = await takeLock(context, log);
    if (release === undefined)
      throw new AgentError('lock-held', 'the eni-agent daemon is already running', {
        hint: '"eni-agent status" shows what it does; "eni-agent refresh" makes it check now',
      });
    const wakeups = await process.openWakeups({ requestFolder, configFolders: ['/etc/eni-agent'] });
    const readiness = openReadiness(process.notifySocket, process.pid);
    const watchdog = await openWatchdog(system, process.pid, {
      socket: process.notifySocket,
      ...process.watchdog,
    });
    const hooks: { running: Promise<void> } = { running: Promise.resolve() };
    let passes = 0;
    log.info({ pid: process.pid }, `eni-agent ${describeBuild(build)} started`);
    try {
      await runDaemon({
        system,
        watchdog,
        log,
        wakeups,
        pid: process.pid,
        configuration,
        openSource: ({ metadata }) =>
          openMetadataSource({ ...metadata, readDmi: () => readDmi(system), now: () => system.ticks() }),
        async onReport(report, settings) {
          readiness.announce(describeReport(report, system.now()));
          await writeMetrics(system, settings, report);
          if (report.counters.passes > passes) process.releaseMemory();
          passes = report.counters.passes;
        },
        onChange(pass, triggers) {
          // One after the other, while the daemon keeps working.
          hooks.running = hooks.running.then(() => runHooks(system, log, pass, triggers.join(' ')));
        },
      });
    } finally {
      await wakeups.close();
      await release();
      log.info({}, 'stopped; the network stays as it is');
      await hooks.running;
    }
    return exitCodes.done;
  },
};

const noLastGood =
  'no last good configuration is known, so nothing is configured; "eni-agent check-config" lists all problems: mend them, then start the daemon again';

/** Milliseconds. */
const patienceMs = 60_000;

/** How often, and how long apart, a lock is looked at before it is another daemon's. Milliseconds. */
const mostLooks = 10;
const betweenLooksMs = 100;

/** `refresh` and `remove` take it for a moment, to see whether a daemon has it. */
async function lockSoon(system: System): ReturnType<System['lock']> {
  for (let look = 1; ; look++) {
    const release = await system.lock(daemonLockPath, 0);
    if (release !== undefined || look === mostLooks) return release;
    await system.sleep(betweenLooksMs);
  }
}

/**
 * systemd starts again what has ended: there it waits for a daemon that somebody else runs, or that is about to end, for the unit would try it
 * again each 5 s.
 */
async function takeLock({ system, process }: CommandContext, log: Log): ReturnType<System['lock']> {
  const release = await lockSoon(system);
  if (release !== undefined || process.notifySocket === undefined) return release;
  log.warn({}, 'another eni-agent daemon is running: this one waits for its end');
  return system.lock(daemonLockPath, patienceMs);
}
