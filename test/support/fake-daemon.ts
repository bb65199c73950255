// A daemon on a fake machine: the real loop, the virtual clock, and what it said.

import { openConfiguration } from '../../agent/config/source.ts';
import { runDaemon } from '../../agent/daemon/daemon.ts';
import type { Report } from '../../agent/daemon/report.ts';
import { requestFolder } from '../../agent/daemon/requests.ts';
import { noWatchdog, type Watchdog } from '../../agent/daemon/systemd/watchdog.ts';
import type { Log, LogFields } from '../../agent/log.ts';
import {
  type MetadataSource,
  openMetadataSource,
  type SourceOptions,
} from '../../agent/metadata/metadata-source.ts';
import type { PassResult } from '../../agent/pass/pass.ts';
import { readDmi } from '../../agent/system/facts/dmi.ts';
import { CrashError, type FakeSystem } from './fake-system.ts';
import { type FakeWakeups, openFakeWakeups } from './fake-wakeups.ts';

export interface FakeDaemon {
  readonly wakeups: FakeWakeups;
  readonly source: () => MetadataSource;
  /** The latest report. */
  report(): Report;
  /** Lines of the log at info and above, `level message key=value`. */
  readonly log: string[];
  readonly changes: PassResult[];
  /** Lets the machine live for so long. */
  runFor(ms: number): Promise<void>;
  /** SIGTERM; resolves when the daemon has ended. */
  stop(): Promise<void>;
}

export interface FakeDaemonSpec {
  readonly watchdog?: Watchdog;
  /** Instead of HTTP. */
  readonly connect?: SourceOptions['connect'];
  /** What `connect` opens answers over a real socket: the virtual clock waits for it, as it does without `connect`. */
  readonly patient?: boolean;
}

export function startDaemon(system: FakeSystem, spec: FakeDaemonSpec = {}): FakeDaemon {
  const configFolders = ['/etc/eni-agent'];
  const patient = spec.patient ?? spec.connect === undefined;
  const wakeups = openFakeWakeups(system, { requestFolder, configFolders, patient });
  const log: string[] = [];
  const changes: PassResult[] = [];
  let report: Report | undefined;
  let source: MetadataSource | undefined;
  const running = runDaemon({
    system,
    log: recordingLog(log),
    wakeups,
    watchdog: spec.watchdog ?? noWatchdog,
    pid: 4711,
    configuration: openConfiguration(system),
    openSource({ metadata }) {
      const { provider, url, timeoutMs } = metadata;
      const connect = spec.connect === undefined ? {} : { connect: spec.connect };
      const common = { provider, url, timeoutMs, readDmi: () => readDmi(system), now: () => system.ticks() };
      source = openMetadataSource({ ...common, ...connect });
      return source;
    },
    onReport(latest) {
      report = latest;
      return Promise.resolve();
    },
    onChange: pass => void changes.push(pass),
  }).then(
    () => wakeups.end(),
    // A machine that was killed on purpose is no failure of the test.
    error => wakeups.end(error instanceof CrashError ? undefined : error),
  );
  return {
    wakeups,
    source: () => source!,
    log,
    changes,
    report() {
      if (report === undefined) throw new Error('the daemon has not looked yet');
      return report;
    },
    runFor: ms => wakeups.runFor(ms),
    async stop() {
      wakeups.signal('stop');
      await running;
    },
  };
}

function recordingLog(lines: string[]): Log {
  const write = (level: string) => (fields: LogFields, message: string) => {
    const words = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`);
    lines.push([level, message, ...words].join(' '));
  };
  return { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') };
}
