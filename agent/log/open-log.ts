// Which log it is: by who reads it.
import { type LineLevel, type Log, type LogLevel, logAt } from '../log.ts';
import { type Destination, openDestination } from './destination.ts';
import { jsonLog } from './json.ts';
import { priorityOf } from './priority.ts';
import { textLine } from './text.ts';

/** `journal`: systemd's, which knows the time and wants the priority; `file`: whatever keeps the lines as they are. */
export type LogReader = 'terminal' | 'journal' | 'file';

export interface LogOptions {
  readonly level: LogLevel;
  /** For a file and the journal; a person at a terminal gets text in any case. */
  readonly format: 'text' | 'json';
  readonly reader: LogReader;
  /** An open file, or a function for each line. */
  readonly to: number | ((line: string) => void);
  readonly now: () => number;
}

export async function openLog({ level, format, reader, to, now }: LogOptions): Promise<Log> {
  const destination: Destination = typeof to === 'number' ? await openDestination(to) : { write: to };
  if (format === 'json' && reader !== 'terminal')
    return jsonLog(level, destination, now, reader === 'journal');
  const head: Readonly<Record<LogReader, (of: LineLevel) => string>> = {
    journal: priorityOf,
    terminal: of => `${words[of]}: `,
    file: of => `${new Date(now()).toISOString()} ${words[of]}: `,
  };
  return logAt(level, (of, fields, message) =>
    destination.write(`${head[reader](of)}${textLine(fields, message)}\n`),
  );
}

const words: Readonly<Record<LineLevel, string>> = {
  error: 'error',
  warn: 'warning',
  info: 'info',
  debug: 'debug',
};
