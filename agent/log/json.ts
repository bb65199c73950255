// The log for programs: one JSON object per line, `time` (ISO), `level`, `msg`, and the fields. By pino.
import type { LineLevel, Log, LogFields, LogLevel } from '../log.ts';
import type { Destination } from './destination.ts';
import { priorityOf } from './priority.ts';

/** @param isJournal put systemd's mark of the priority before each object; journald takes it off again */
export async function jsonLog(
  level: LogLevel,
  to: Destination,
  now: () => number,
  isJournal = false,
): Promise<Log> {
  const { default: pino } = await import('pino');
  let current: LineLevel = 'info';
  const marked = { write: (line: string) => to.write(`${priorityOf(current)}${line}`) };
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
    isJournal ? marked : to,
  );
  const at = (of: LineLevel) => (fields: LogFields, message: string) => {
    current = of;
    lines[of]({ level: of, msg: message, ...fields });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
