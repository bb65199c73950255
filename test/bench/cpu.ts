// Wall and CPU time of commands, and the CPU time of a service with all its children. Both exact, not sampled: getrusage by way of
// bash's `time`, which resolves milliseconds (times(2) only 10), and the cgroup's account, which resolves microseconds.
import { readFileSync } from 'node:fs';

export interface Cost {
  readonly wallMs: number;
  /** User and system time of the command and all its children that it has waited for. */
  readonly cpuMs: number;
}

/** The command line that runs `argv` several times and prints what all of it took. */
export function timed(argv: readonly string[], times = 1): readonly string[] {
  const script = `TIMEFORMAT='%3R %3U %3S'
times=$1
shift
{ time for ((i = 0; i < times; i++)); do "$@" > /dev/null 2>&1 < /dev/null || exit; done; } 2>&1`;
  return ['bash', '-c', script, 'bash', String(times), ...argv];
}

/** Reads what `timed` printed: the cost of one run. */
export function parseTimed(output: string, times = 1): Cost {
  const match = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)$/m.exec(output);
  if (match === null) throw new Error(`the timed command failed: ${output.trim()}`);
  const [wall = 0, user = 0, system = 0] = match.slice(1).map(Number);
  return { wallMs: (wall * 1000) / times, cpuMs: ((user + system) * 1000) / times };
}

/** Microseconds of CPU that a cgroup (version 2) has used, with everything that ever ran in it. */
export function cgroupCpuMicros(cgroup: string): number {
  const match = /^usage_usec (\d+)$/m.exec(readFileSync(`${cgroup}/cpu.stat`, 'utf8'));
  if (match === null) throw new Error(`${cgroup} has no account of CPU time`);
  return Number(match[1]);
}
