// systemd 219 on a fake machine: unit files, their links, what is loaded and what runs. A unit file that has gone is known until the next
// daemon-reload, and /etc stands in front of /usr/lib. Drop-ins and dependencies are not modelled.
import type { CommandResult } from '../../agent/system/system.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import type { FakeSystem } from './fake-system.ts';

const folders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
const etc = folders[0]!;
const success: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
const failure = (stderr: string): CommandResult => ({ exitCode: 1, stdout: '', stderr: `${stderr}\n` });

export interface Systemd {
  /** Units that run. */
  readonly active: Set<string>;
  /** Remembers what runs and what is loaded; the result puts it back. */
  snapshot(): () => void;
}

/** Gives the machine `systemctl`; unit files are files of the machine. */
export function installSystemd(system: FakeSystem): Systemd {
  system.folders.add('/run/systemd/system');
  const active = new Set<string>();
  /** Name to path of the unit file, as of the last daemon-reload. */
  let loaded = new Map<string, string>();

  const fileOf = (unit: string) => folders.map(f => `${f}/${unit}`).find(path => system.files.has(path));
  /** The unit behind a name: a link to another unit is an alias. */
  const idOf = (unit: string) => {
    const target = system.files.get(fileOf(unit) ?? '')?.target;
    return target === undefined || target === '/dev/null' ? unit : target.slice(target.lastIndexOf('/') + 1);
  };
  const install = (unit: string) =>
    [...(system.files.get(fileOf(unit) ?? '')?.content ?? '').matchAll(/^(WantedBy|Alias)=(.*)$/gm)].map(
      ([, key, name]) => (key === 'Alias' ? `${etc}/${name}` : `${etc}/${name}.wants/${unit}`),
    );
  const reload = () => {
    loaded = new Map();
    for (const path of system.files.keys()) {
      const [, folder = '', unit = ''] = /^(.*)\/([^/]+\.(?:service|timer|path))$/.exec(path) ?? [];
      if (folders.includes(folder)) loaded.set(unit, fileOf(unit)!);
    }
  };
  reload();

  const isEnabled = (id: string) => install(id).some(path => system.files.get(path)?.target === fileOf(id));
  const show = (unit: string): string => {
    const id = idOf(unit);
    const isMasked = system.files.get(fileOf(unit) ?? '')?.target === '/dev/null';
    return [
      `Id=${id}`,
      `LoadState=${isMasked ? 'masked' : loaded.has(unit) ? 'loaded' : 'not-found'}`,
      `ActiveState=${active.has(id) ? 'active' : 'inactive'}`,
      `UnitFileState=${isMasked ? 'masked' : fileOf(id) === undefined ? '' : isEnabled(id) ? 'enabled' : 'disabled'}`,
      'ExecStop=',
    ].join('\n');
  };
  const verbs: Readonly<Record<string, (unit: string, step: (words: string) => void) => CommandResult>> = {
    start(unit, step) {
      if (!loaded.has(unit)) return failure(`Failed to start ${unit}: Unit not found.`);
      step(`start ${unit}`);
      active.add(idOf(unit));
      return success;
    },
    stop(unit, step) {
      // A masked one is not loaded either.
      if (!loaded.has(unit) || system.files.get(fileOf(unit) ?? '')?.target === '/dev/null')
        return failure(`Failed to stop ${unit}: Unit ${unit} not loaded.`);
      step(`stop ${unit}`);
      active.delete(idOf(unit));
      return success;
    },
    enable(unit, step) {
      const path = fileOf(unit);
      if (path === undefined) return failure(`Failed to execute operation: No such file or directory`);
      const taken = install(unit).find(l => system.files.has(l) && system.files.get(l)?.target !== path);
      if (taken !== undefined) return failure(`Failed to execute operation: File exists (${taken})`);
      step(`enable ${unit}`);
      for (const link of install(unit)) system.files.set(link, { content: '', mode: 0o777, target: path });
      reload();
      return success;
    },
    disable(unit, step) {
      step(`disable ${unit}`);
      const isOwn = (link: string) => system.files.get(link)?.target === fileOf(unit);
      for (const link of install(unit).filter(isOwn)) system.files.delete(link);
      return success;
    },
  };
  system.programs.set('systemctl', {
    looks: args => ['show', 'is-enabled', '--version'].includes(args[0] ?? ''),
    run(args, step) {
      const noReload = args[0] === '--no-reload';
      const [verb = ''] = noReload ? args.slice(1) : args;
      if (verb === '--version') return { ...success, stdout: 'systemd 219\n+PAM\n' };
      if (verb === 'daemon-reload') {
        step('daemon-reload');
        reload();
        return success;
      }
      const units = args.filter(
        arg => arg.endsWith('.service') || arg.endsWith('.timer') || arg.endsWith('.path'),
      );
      if (verb === 'show') return { ...success, stdout: `${units.map(show).join('\n\n')}\n` };
      if (verb === 'is-enabled') {
        const enabled = units.length === 1 && isEnabled(idOf(units[0]!));
        return { exitCode: enabled ? 0 : 1, stdout: enabled ? 'enabled\n' : 'disabled\n', stderr: '' };
      }
      const act = verbs[verb];
      if (act === undefined || args.length !== units.length + (noReload ? 2 : 1))
        throw new UnknownCommand(`systemctl ${args.join(' ')}`);
      const failed = units.map(unit => act(unit, step)).find(result => result.exitCode !== 0);
      if (verb === 'disable' && !noReload) {
        step('daemon-reload');
        reload();
      }
      return failed ?? success;
    },
  });
  return {
    active,
    snapshot() {
      const [running, known] = [[...active], new Map(loaded)];
      return () => {
        active.clear();
        for (const unit of running) active.add(unit);
        loaded = new Map(known);
      };
    },
  };
}
