// Logging: one line per change, nothing per poll. Lines are written synchronously to standard error, so that none is lost when the
// process ends; whoever keeps them (the journal) adds what it knows. The rest of the program knows only this interface.
import type { DestinationStream, pino as Pino } from 'pino';

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Always `link=`, `eni=`, `trigger=` where there is one. Never a token, never a whole body. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent';

const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

type Print = (line: string) => void;

/**
 * For programs: one JSON object per line, `time` (ISO), `level`, `msg`, and the fields. By pino, loaded here for who logs
 * as JSON.
 *
 * @param to an open file, which has each line before the call returns (process.stderr keeps what does not fit into a pipe, and loses it
 * with the process); or a function for each line
 */
export async function jsonLog(level: LogLevel, to: number | Print, now: () => number): Promise<Log> {
  const { default: pino } = await import('pino');
  const lines = pino(
    {
      level,
      // Not its process id and its host: the journal adds them.
      base: null,
      // pino writes its level first, then the time, then what it is given. In our order: it writes the time alone.
      formatters: { level: () => ({}) },
      timestamp: () => `"time":"${new Date(now()).toISOString()}"`,
      // An error is a field like others: its text.
      serializers: {},
    },
    typeof to === 'number' ? destinationOf(pino, to) : { write: to },
  );
  const at = (of: Exclude<LogLevel, 'silent'>) => (fields: LogFields, message: string) =>
    lines[of]({ level: of, msg: message, ...fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Milliseconds for which a line waits for a reader that has stopped reading, once until it reads again. */
const patienceMs = 1000;

/** Bytes that are kept for such a reader; later lines are dropped. */
const mostKept = 1024 * 1024;

/**
 * A full disk, a reader that has gone or one that stands still is no reason to leave the network alone. sonic-boom 4.2 by itself tries again
 * for ever, and the whole process sleeps meanwhile.
 */
function destinationOf(pino: typeof Pino, descriptor: number): DestinationStream {
  let stuckSince: number | undefined;
  let unwritten = 0;
  let triesAgain = false;
  const destination = pino.destination({
    dest: descriptor,
    sync: true,
    maxLength: mostKept,
    retryEAGAIN(_error, here) {
      const now = performance.now();
      // It reads slowly, but it reads.
      if (here < unwritten) stuckSince = undefined;
      unwritten = here;
      stuckSince ??= now;
      if (now - stuckSince < patienceMs) return true;
      if (!triesAgain) setTimeout(tryAgain, patienceMs).unref();
      triesAgain = true;
      return false;
    },
  });
  function tryAgain(): void {
    triesAgain = false;
    destination.write('');
  }
  destination.on('write', n => {
    if (n > 0) stuckSince = undefined;
  });
  destination.on('error', () => undefined);
  return destination;
}

/** For a person at a terminal: the message and its fields as words. */
export function plainLog(level: LogLevel, print: Print): Log {
  return logAt(level, (of, fields, message) => {
    const words = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    print(`${[`${of}:`, message, ...words].join(' ')}\n`);
  });
}

export const silentLog: Log = logAt('silent', () => undefined);

function logAt(level: LogLevel, write: (of: LogLevel, fields: LogFields, message: string) => void): Log {
  const at = (of: LogLevel) => (fields: LogFields, message: string) => {
    if (levels.indexOf(of) <= levels.indexOf(level)) write(of, fields, message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
