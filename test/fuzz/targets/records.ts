// What the agent has written down and reads again: anybody with a disk, a backup or an editor may have changed it. Only the readers that the rest of the
// program calls, and what shows it.
import { checkpointFile, inverse, lastChangeFile } from '../../../agent/apply/checkpoint.ts';
import { readGiven } from '../../../agent/apply/primary/addresses.ts';
import { readNote } from '../../../agent/apply/published/loaded.ts';
import { readState, statePath } from '../../../agent/apply/state-file.ts';
import { describeEntry } from '../../../agent/cli/commands/history.ts';
import { cachedBrief, cachedJson, cachedText } from '../../../agent/cli/status/cached.ts';
import { readLastGood } from '../../../agent/config/last-good.ts';
import { readDaemon } from '../../../agent/daemon/liveness.ts';
import { renderMetrics } from '../../../agent/daemon/metrics/file.ts';
import { describeReport } from '../../../agent/daemon/publish.ts';
import { reportPath } from '../../../agent/daemon/report.ts';
import { historyPath, readHistory } from '../../../agent/history/store.ts';
import { readRecord } from '../../../agent/migrate/record.ts';
import { describePause, pausePath, readPause } from '../../../agent/pass/pause.ts';
import { readOwnCheckpoint } from '../../../agent/pass/records/own-paths.ts';
import { FakeSystem } from '../../support/fake-system.ts';
import { partsOf, type Target } from '../target.ts';

const bootId = '5c2b0a8e-0000-4000-8000-000000000001';
const style = { colour: false, columns: undefined };

/** A machine with this file, and with those behind `@@ PATH`. */
function machineWith(path: string, text: string): FakeSystem {
  const system = new FakeSystem();
  system.put('/proc/sys/kernel/random/boot_id', `${bootId}\n`);
  system.put('/proc/uptime', '1000.00 900.00\n');
  system.put('/proc/812/cmdline', 'node\0/usr/lib/eni-agent/eni-agent.cjs\0daemon\0');
  for (const [name, content] of partsOf(text, path)) if (name.startsWith('/')) system.put(name, content);
  return system;
}

async function readReportOfDaemon(text: string): Promise<void> {
  const system = machineWith(reportPath, text);
  const daemon = await readDaemon(system);
  const now = system.now();
  cachedBrief(daemon, now);
  cachedText(daemon, now, style);
  JSON.stringify(cachedJson(daemon, now));
  if (daemon.report === undefined) return;
  describeReport(daemon.report, now);
  renderMetrics(daemon.report);
}

async function readChange(file: typeof checkpointFile, text: string): Promise<void> {
  const change = await readOwnCheckpoint(machineWith(file.path, text), file);
  if (change !== undefined) inverse(change, () => true);
}

export const recordTargets: readonly Target[] = [
  {
    name: 'state',
    dictionary: 'json',
    covers: ['agent/apply/state-file', 'agent/apply/earlier-plans', 'agent/records/own-file'],
    run: async text => {
      await readState(machineWith(statePath, text));
    },
  },
  {
    name: 'checkpoint',
    dictionary: 'json',
    covers: ['agent/apply/checkpoint', 'agent/apply/earlier-plans'],
    run: text => readChange(checkpointFile, text),
  },
  {
    name: 'last-change',
    dictionary: 'json',
    covers: ['agent/apply/checkpoint'],
    run: text => readChange(lastChangeFile, text),
  },
  {
    name: 'history',
    dictionary: 'json',
    covers: ['agent/history/store', 'agent/cli/commands/history', 'agent/apply/log/describe-change'],
    run: async text => {
      for (const entry of (await readHistory(machineWith(historyPath, text))).entries)
        describeEntry(entry, style);
    },
  },
  {
    name: 'report',
    dictionary: 'json',
    covers: [
      'agent/daemon/report',
      'agent/daemon/liveness',
      'agent/cli/status/cached',
      'agent/daemon/metrics/',
      'agent/daemon/notices',
    ],
    run: readReportOfDaemon,
  },
  {
    name: 'marks',
    dictionary: 'json',
    covers: [
      'agent/pass/pause',
      'agent/config/last-good',
      'agent/migrate/record',
      'agent/apply/published/loaded',
      'agent/apply/primary/addresses',
    ],
    run: async text => {
      const system = machineWith(pausePath, text);
      const until = await readPause(system);
      if (until !== undefined) describePause(until, system.now());
      await readGiven(system, { links: system.kernel.links as never });
      await readNote(system);
      await readLastGood(system);
      await readRecord(system);
    },
  },
];
