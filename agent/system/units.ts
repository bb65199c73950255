// State of systemd units, and the commands that change it. systemctl(1) of 219 and later (which has no `enable --now`).
import { AgentError } from '../errors.ts';
import { runsSystemd } from './facts/services.ts';
import type { System } from './system.ts';

export interface UnitState {
  /** Running, or on its way there. */
  readonly active: boolean;
  /** `UnitFileState=`: `enabled`, `disabled`, `masked`, `alias` and others; empty where there is no unit file. */
  readonly fileState: string;
  /** What its stop runs, as systemd prints it; empty: nothing but a signal. */
  readonly execStop: string;
}

/** A stop may wait for a pass of the daemon, which waits for a DHCP server. */
const timeoutMs = 180_000;

/** States by the name that was asked for. Empty without systemd, and where it does not answer; without units that systemd does not know. */
export async function readUnits(
  system: System,
  names: readonly string[],
): Promise<ReadonlyMap<string, UnitState>> {
  const states = new Map<string, UnitState>();
  if (!(await runsSystemd(system))) return states;
  for (const name of names) {
    const keys = ['Id', 'LoadState', 'ActiveState', 'UnitFileState', 'ExecStop'].flatMap(key => ['-p', key]);
    const { exitCode, stdout } = await system.run(['systemctl', 'show', ...keys, name]);
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1]?.trim() ?? '';
    // systemctl answers with the unit behind an alias: that is another one.
    if (exitCode !== 0 || value('LoadState') === 'not-found' || value('Id') !== name) continue;
    const active = /^(active|activating|reloading|refreshing|deactivating)$/.test(value('ActiveState'));
    states.set(name, { active, fileState: value('UnitFileState'), execStop: value('ExecStop') });
  }
  return states;
}

/** True if it starts at boot by links in /etc. From the disk: `UnitFileState=` may be as old as the last daemon-reload. */
export async function isEnabled(system: System, unit: string): Promise<boolean> {
  return (await system.run(['systemctl', 'is-enabled', unit])).stdout.trim() === 'enabled';
}

/** Throws `command-failed`. */
export function systemctl(system: System, ...words: readonly string[]): Promise<void> {
  return runOrThrow(system, ['systemctl', ...words]);
}

/** A command that starts or stops a service. Throws `command-failed` with the last words of what it said. */
export async function runOrThrow(system: System, argv: readonly [string, ...string[]]): Promise<void> {
  const { exitCode, stdout, stderr } = await system.run(argv, { timeoutMs });
  if (exitCode === 0) return;
  const said = (stderr.trim() || stdout.trim() || 'no output').split('\n').slice(-3).join('; ');
  throw new AgentError('command-failed', `"${argv.join(' ')}" failed (exit ${exitCode}): ${said}`);
}
