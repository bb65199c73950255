#!/usr/bin/env node
// The process: argv -> command, error -> exit code. The only place that ends it.
import { asksForVersion, versionText } from './cli/version.ts';

const argv = process.argv.slice(2);
if (asksForVersion(argv[0])) process.stdout.write(versionText);
else void main();

/** Loaded here and not above: in the bundle an import that is not used costs its parsing only. */
async function main(): Promise<void> {
  const [{ run }, { realSystem }, { isJournalStream }] = await Promise.all([
    import('./cli/run.ts'),
    import('./system/real-system.ts'),
    import('./system/journal-stream.ts'),
  ]);
  const code = await run(argv, realSystem, {
    print: text => process.stdout.write(text),
    printError: text => process.stderr.write(text),
    logTo: process.stderr.fd,
    isRoot: process.getuid?.() === 0,
    isInteractive: process.stderr.isTTY === true,
    isJournal: isJournalStream(process.stderr.fd, process.env.JOURNAL_STREAM),
    printsToJournal: isJournalStream(process.stdout.fd, process.env.JOURNAL_STREAM),
    colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    screen: {
      isTerminal: process.stdout.isTTY === true,
      columns: () => process.stdout.columns || undefined,
      isClosed: watchOutput(),
    },
    process: {
      pid: process.pid,
      notifySocket: process.env.NOTIFY_SOCKET,
      watchdog: { limit: process.env.WATCHDOG_USEC, meant: process.env.WATCHDOG_PID },
      releaseMemory,
      async openWakeups(spec) {
        // Brings chokidar, 5 ms and 3 MB that only the daemon needs.
        const { openRealWakeups } = await import('./system/real-wakeups.ts');
        return openRealWakeups({ ...spec, onSignal });
      },
    },
  });
  process.exitCode = code;
  // A systemd-notify that hangs would keep a daemon alive that has stopped. What other commands print may still be on its way.
  if (argv[0] === 'daemon') process.exit();
}

/** A reader that has gone (`status --watch | head`) is no defect: what is written from then on has no reader. */
function watchOutput(): () => boolean {
  let isClosed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
  });
  return () => isClosed;
}

function onSignal(handler: (kind: 'stop' | 'reload') => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => handler('stop'));
  process.on('SIGHUP', () => handler('reload'));
  // What other daemons take for "open your log anew" would end this one.
  process.on('SIGUSR1', () => undefined);
}

let release: NodeJS.Timeout | undefined;

/**
 * V8 by itself lets the heap grow for as long as it is far from its limit. A moment later, when what the pass held is out of use; `last-resort`
 * also gives pages back to the kernel.
 */
function releaseMemory(): void {
  clearTimeout(release);
  release = setTimeout(() => globalThis.gc?.({ type: 'major', flavor: 'last-resort' }), 500);
  release.unref();
}
