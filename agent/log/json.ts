// The log for programs: one JSON object per line, `time` (ISO), `level`, `msg`, and the fields. By pino.
import type { LineLevel, Log, LogFields, LogLevel } from '../log.ts';
import type { Destination } from './destination.ts';
import { priorityOf } from './priority.ts';
import { cut, printableJson } from './text.ts';

/** @param isJournal put systemd's mark of the priority before each object; journald takes it off again */
export async function jsonLog(
  level: LogLevel,
  to: Destination,
  now: () => number,
  isJournal = false,
): Promise<Log> {
  const { default: pino } = await import('pino');
  let current: LineLevel = 'info';
  const printed = {
    write: (line: string) => to.write(`${isJournal ? priorityOf(current) : ''}${printableJson(line)}`),
  };
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
    printed,
  );
  const at = (of: LineLevel) => (fields: LogFields, message: string) => {
    current = of;
    lines[of]({ level: of, msg: cut(message), ...bounded(fields) });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** journald makes two lines of one that is longer than 48 KiB, and a reader of the second one cannot know that it is none of its own. */
function bounded(fields: LogFields): LogFields {
  const short = (value: LogFields[string]): LogFields[string] =>
    typeof value === 'string' ? cut(value) : Array.isArray(value) ? value.map(one => cut(one)) : value;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, short(value)]));
}
