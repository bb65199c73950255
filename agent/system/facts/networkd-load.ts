// When networkd has loaded its files the last time, as systemd and the journal know it.
import type { System } from '../system.ts';

/** Lines of the journal that are read: a machine that reloads more often within one boot has long loaded what matters. */
const newestLines = '1000';

/**
 * From 253 on systemd notes a reload as a change of state of the unit (`Type=notify-reload`). Before, the state tells the start
 * only, and a reload that mattered is in the journal: "eth0: Reconfiguring with FILE". `networkctl reconfigure` says the same, but
 * whoever calls that on the primary has interrupted it himself.
 *
 * @param unit of the service
 * @param isOthers true for a file whose loading matters: one that is not ours
 * @returns milliseconds since the epoch; NaN if it is unknown
 */
export async function lastLoad(
  system: System,
  unit: string,
  isOthers: (path: string) => boolean,
): Promise<number> {
  const show = ['env', 'TZ=UTC', 'systemctl', 'show', '-p', 'Type', '-p', 'StateChangeTimestamp'] as const;
  let state = await system.run([...show, '--timestamp=us', unit]);
  // Before systemd 247 there are no fractions.
  if (state.exitCode !== 0) state = await system.run([...show, unit]);
  const [, day, time, fraction = '.999'] =
    /^StateChangeTimestamp=\w+ ([\d-]+) ([\d:]+)(\.\d+)? UTC$/m.exec(state.stdout) ?? [];
  const changed = Date.parse(`${day}T${time}${fraction.slice(0, 4)}Z`);
  if (/^Type=notify-reload$/m.test(state.stdout)) return changed;
  // Without -q, with which it does not say that it may not read them.
  const lines = ['-n', newestLines, '-o', 'short-unix'] as const;
  const journal = await system.run(['journalctl', '-b', '--no-pager', ...lines, '-u', unit]);
  const reloads = journal.stdout.split('\n').flatMap(line => {
    const [, at, path = ''] = /^([\d.]+) .*: Reconfiguring with (\S+?)\.?$/.exec(line) ?? [];
    return isOthers(path) ? [Number(at) * 1000] : [];
  });
  return Math.max(changed, ...reloads);
}
