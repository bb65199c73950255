// Logging: one line per change, nothing per poll. Lines are written synchronously to standard error, so that none is lost when the
// process ends; whoever keeps them (the journal) adds what it knows. The rest of the program knows only this interface.
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

/** For programs: one JSON object per line, `time` (ISO), `level`, `msg`, and the fields. */
export function jsonLog(level: LogLevel, print: Print, now: () => number): Log {
  return logAt(level, (of, fields, message) => {
    const time = new Date(now()).toISOString();
    print(`${JSON.stringify({ time, level: of, msg: message, ...fields })}\n`);
  });
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
