// The priority of a line, as systemd has it.
import type { LineLevel } from '../log.ts';

const priorities: Readonly<Record<LineLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** How a line tells systemd its priority: sd-daemon(3), SyslogLevelPrefix= in systemd.exec(5). */
export function priorityOf(level: LineLevel): string {
  return `<${priorities[level]}>`;
}
