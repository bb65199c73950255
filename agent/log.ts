// Logging: one line per change, nothing per poll. The rest of the program knows only this interface; log/open-log.ts decides where the lines
// go and what they look like.

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/**
 * Always `link=`, `eni=`, `trigger=` where there is one, and `reason=` for why. Never a token, never a whole body. The message is a sentence
 * for a person, the fields are for programs: log/text.ts says which of them a person sees as well.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type LineLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogLevel = LineLevel | 'silent';

export type WriteLine = (level: LineLevel, fields: LogFields, message: string) => void;

const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** Everything up to this level goes to `write`. */
export function logAt(level: LogLevel, write: WriteLine): Log {
  const at = (of: LineLevel) => (fields: LogFields, message: string) => {
    if (levels.indexOf(of) <= levels.indexOf(level)) write(of, fields, message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export const silentLog: Log = logAt('silent', () => undefined);

/** The same log, with these fields in each line. */
export function withFields(log: Log, more: LogFields): Log {
  const at = (of: LineLevel) => (fields: LogFields, message: string) =>
    log[of]({ ...fields, ...more }, message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Each line to both. */
export function both(a: Log, b: Log): Log {
  const at = (of: LineLevel) => (fields: LogFields, message: string) => {
    a[of](fields, message);
    b[of](fields, message);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
