// Logging: one line per change, nothing per poll. pino writes synchronously to standard error; every other mode loses lines
// when the process ends. The rest of the program knows only this interface.
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Always `link=`, `eni=`, `trigger=` where there is one. Never a token, never a whole body. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent';

/** pino is loaded when a command that logs starts; `render` and `--help` do without (9 ms). */
export async function openLog(level: LogLevel): Promise<Log> {
  const { pino } = await import('pino');
  // JSON with ISO times; pid and host name are the journal's business.
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = pino(options, pino.destination({ dest: 2, sync: true }));
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

/** For a person at a terminal: the message and its fields as words. */
export function plainLog(level: LogLevel, print: (line: string) => void): Log {
  const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];
  const write = (of: LogLevel) => (fields: LogFields, message: string) => {
    if (levels.indexOf(of) > levels.indexOf(level)) return;
    const words = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    print(`${[`${of}:`, message, ...words].join(' ')}\n`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
