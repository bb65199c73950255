// Runs a program outside the sandbox of our own unit: as a transient unit of systemd, which has neither our mounts, capabilities and filters
// nor our cgroup. For what an administrator configured (ifup's scripts, hooks) and for what outlives us (a DHCP client of ifup).
import { env } from 'node:process';
import { defaultTimeoutMs, runCommand } from './run-command.ts';
import type { CommandResult, RunOptions } from './system.ts';

/** Set by our units where they are sandboxed: systemd >= 239, whose systemd-run has all that is needed here. */
export const isSandboxed = env.ENI_AGENT_SANDBOX === 'yes';

/** Seconds that systemd gives the program beyond our own deadline: only where nobody of us lives to enforce that one. */
const backstopSeconds = 30;

let count = 0;

/**
 * As runCommand, through systemd-run(1): the same input, outputs, exit code and deadline. Of the environment the program has what systemd
 * gives to every service, and `LC_ALL=C`. No word may contain `$`, which systemd expands. A systemd that cannot be asked (no D-Bus) is a
 * failure of the command, with systemd-run's own words.
 */
export async function runOutside(
  argv: readonly [string, ...string[]],
  options: RunOptions,
): Promise<CommandResult> {
  // Never the name of an earlier one: what that left behind may still run in its cgroup.
  count += 1;
  const unit = `eni-agent-${Date.now().toString(36)}-${count}.service`;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const result = await runCommand(['systemd-run', ...transientUnit(unit, argv, timeoutMs)], options);
  // 126, 124: systemd-run was killed, or had to be. The unit goes on without it; with all its processes it ends here.
  if (result.exitCode === 124 || result.exitCode === 126)
    await runCommand(['systemctl', 'kill', '--signal=SIGKILL', unit], { timeoutMs: 5000 });
  return result;
}

/** The arguments of systemd-run. */
export function transientUnit(
  unit: string,
  argv: readonly [string, ...string[]],
  timeoutMs: number,
): readonly string[] {
  return [
    ...['--quiet', '--wait', '--pipe', '--collect', `--unit=${unit}`],
    `--description=eni-agent: ${argv.join(' ')}`,
    '--setenv=LC_ALL=C',
    // What the program leaves behind (dhclient) lives on when the unit ends.
    '--property=KillMode=process',
    `--property=RuntimeMaxSec=${Math.ceil(timeoutMs / 1000) + backstopSeconds}`,
    '--',
    ...argv,
  ];
}
