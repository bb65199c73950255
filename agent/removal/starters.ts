// What of this package makes passes, now or at the next boot: whoever takes the configuration away has to stop it first, or finds all of it
// written anew within seconds.
import { runsSystemd } from '../system/facts/services.ts';
import type { System } from '../system/system.ts';
import { isEnabled, readUnits, runOrThrow, systemctl } from '../system/units.ts';

/** What makes passes by itself while it is active; in the order in which it is stopped: first what starts another. */
const units = ['eni-agent-once.timer', 'eni-agent-once.path', 'eni-agent.service', 'eni-agent-once.service'];

/** Makes a pass at boot where no daemon runs; later it is active and does nothing. */
const waitOnline = 'eni-agent-wait-online.service';

/** Of systems without systemd. */
const initScript = '/etc/init.d/eni-agent';

export interface Stopped {
  /** Units, or the init script. */
  readonly stopped: readonly string[];
  readonly disabled: readonly string[];
  /** Commands that start and enable the same again. */
  readonly undo: readonly string[];
}

/** What would make a pass on its own account within seconds. */
export async function activeStarters(system: System): Promise<readonly string[]> {
  const states = await readUnits(system, units);
  const active = units.filter(unit => states.get(unit)?.active === true);
  return (await runsInitScript(system)) ? [...active, initScript] : active;
}

/** What would make a pass at the next boot. */
export async function bootStarters(system: System): Promise<readonly string[]> {
  const known = [...(await readUnits(system, [...units, waitOnline])).keys()];
  const enabled: string[] = [];
  for (const unit of known) if (await isEnabled(system, unit)) enabled.push(unit);
  return (await isInitScriptEnabled(system)) ? [...enabled, initScript] : enabled;
}

/** The command that stops these. */
export function stopCommand(starters: readonly string[]): string {
  return starters.includes(initScript) ? `${initScript} stop` : `systemctl stop ${starters.join(' ')}`;
}

/** The command that keeps these from starting at boot. */
export async function disableCommand(system: System, starters: readonly string[]): Promise<string> {
  if (starters.includes(initScript)) return (await switchOf(system, 'off')).join(' ');
  return `systemctl disable ${starters.join(' ')}`;
}

/**
 * Stops all of them, and keeps them from starting at boot. Throws `command-failed`.
 *
 * Without a daemon-reload, which `systemctl disable` would make: with netplan up to 1.1 that rewrites what networkd has loaded, and
 * what follows could not make it load anything (netplan/loaded.ts). The links are gone from the disk all the same.
 */
export async function stopStarters(system: System): Promise<Stopped> {
  const disabled = await bootStarters(system);
  const enabledUnits = disabled.filter(name => name !== initScript);
  if (enabledUnits.length > 0) await systemctl(system, '--no-reload', 'disable', ...enabledUnits);
  if (disabled.includes(initScript)) await runOrThrow(system, await switchOf(system, 'off'));
  const states = await readUnits(system, [...units, waitOnline]);
  const stopped = [...states].filter(([, { active }]) => active).map(([unit]) => unit);
  for (const unit of stopped) await systemctl(system, 'stop', unit);
  if (!(await runsInitScript(system))) return { stopped, disabled, undo: undoOf(stopped, disabled) };
  await runOrThrow(system, [initScript, 'stop']);
  const enable = disabled.length > 0 ? [(await switchOf(system, 'on')).join(' ')] : [];
  return { stopped: [initScript], disabled, undo: [...enable, `${initScript} start`] };
}

function undoOf(stopped: readonly string[], disabled: readonly string[]): readonly string[] {
  if (disabled.includes(initScript)) return [`${initScript} start`];
  if (disabled.length > 0) return [`systemctl --no-reload enable --now ${disabled.join(' ')}`];
  const started = stopped.filter(unit => unit !== 'eni-agent-once.service' && unit !== waitOnline);
  return started.length > 0 ? [`systemctl start ${started.join(' ')}`] : [];
}

async function hasInitScript(system: System): Promise<boolean> {
  return !(await runsSystemd(system)) && system.exists(initScript);
}

async function runsInitScript(system: System): Promise<boolean> {
  return (await hasInitScript(system)) && (await system.run([initScript, 'status'])).exitCode === 0;
}

/** By the links of its runlevels: Debian, EL 6, SLES 11. */
async function isInitScriptEnabled(system: System): Promise<boolean> {
  if (!(await hasInitScript(system))) return false;
  const levels = ['/etc', '/etc/rc.d', '/etc/init.d'].flatMap(dir =>
    [2, 3, 4, 5].map(n => `${dir}/rc${n}.d`),
  );
  const links = await Promise.all(levels.map(level => system.listFolder(level)));
  return links.flat().some(link => /^S\d\deni-agent$/.test(link));
}

async function switchOf(system: System, to: 'on' | 'off'): Promise<readonly [string, ...string[]]> {
  if (!(await system.exists('/usr/sbin/update-rc.d'))) return ['chkconfig', 'eni-agent', to];
  return ['update-rc.d', 'eni-agent', to === 'on' ? 'enable' : 'disable'];
}
