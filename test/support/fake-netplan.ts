// A fake machine with netplan in front of networkd: a generator that makes one file per YAML and knows one mistake, a networkd that
// remembers which files it has loaded and which links a reload would configure again, and the daemon-reload of somebody else.
import type { CommandResult, RunOptions } from '../../agent/system/system.ts';
import { inodeOf } from './fake-disk.ts';
import { FakeSystem } from './fake-system.ts';

export const live = '/run/systemd/network';
const generator = '/usr/libexec/netplan/generate';
const configure = '/usr/libexec/netplan/configure';

/** What 1.2.2 says, and how a command that ends by a signal is told (exit 134 in a shell). */
const aborted = `**
ERROR:../src/gen-openvswitch.c:536:_netplan_state_finish_ovs_generate: assertion failed: (generator_dir != NULL)
Bail out! ERROR:../src/gen-openvswitch.c:536:_netplan_state_finish_ovs_generate: assertion failed: (generator_dir != NULL)
${generator} was killed by SIGABRT`;

export class FakeNetplan extends FakeSystem {
  /** netplan 1.2: `generate` aborts with --root-dir, and `configure` does what it did. */
  splits = false;
  /** False: as somebody who is not root. */
  mayWrite = true;
  /** False: networkd before 253, whose unit does not tell a reload. */
  notifiesReload = true;
  /** Generated files that a reload found different from what was loaded. */
  reconfigured: string[] = [];
  #loaded = new Map<string, number>();
  #changedAt = 0;
  #lines: string[] = [];

  /** Writes a definition of somebody's; the id is what the generated file is named by. */
  define(name: string, id: string, more = ''): void {
    this.put(`/etc/netplan/${name}`, `network:\n  ethernets:\n    ${id}:\n      optional: true\n${more}`);
  }

  /** What a boot does: generate, then start networkd. */
  bootNetplan(): void {
    this.daemonReload();
    this.#load();
  }

  /** The systemd generator of netplan writes every file anew, with the same content if nothing has changed. */
  daemonReload(): void {
    for (const path of this.files.keys()) if (path.startsWith(`${live}/`)) this.files.delete(path);
    this.#generate('');
  }

  reload(): void {
    for (const [name, inode] of this.#present()) {
      if (this.#loaded.get(name) === inode) continue;
      this.reconfigured.push(name);
      this.#lines.push(
        `${this.now() / 1000} guest systemd-networkd[1]: eth0: Reconfiguring with ${live}/${name}.`,
      );
    }
    this.#load(this.notifiesReload);
  }

  override async run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<CommandResult> {
    const done = { exitCode: 0, stdout: '', stderr: '' };
    const line = argv.join(' ');
    if (line.includes('systemctl show')) {
      const type = this.notifiesReload ? 'notify-reload' : 'notify';
      const at = new Date(this.#changedAt).toISOString().replace('T', ' ').replace('Z', '');
      return { ...done, stdout: `Type=${type}\nStateChangeTimestamp=Thu ${at}000 UTC\n` };
    }
    if (argv[0] === 'journalctl') return { ...done, stdout: this.#lines.join('\n') };
    if (!['rm', 'mkdir', 'networkctl', generator, configure].includes(argv[0]))
      return super.run(argv, options);
    if (argv[0] === 'mkdir' && !this.mayWrite) return { ...done, exitCode: 1, stderr: 'Permission denied' };
    this.journal.push(`run ${line}`);
    if (argv[0] === configure && !this.splits) return { ...done, exitCode: 127, stderr: 'not found' };
    if (argv[0] === generator && this.splits) return { ...done, exitCode: 126, stderr: aborted };
    const target = argv.at(-1) ?? '';
    if (argv[0] === 'rm')
      for (const path of this.files.keys()) if (path.startsWith(`${target}/`)) this.files.delete(path);
    if (argv[0] === 'networkctl') this.reload();
    if (argv[0] !== generator && argv[0] !== configure) return done;
    const broken = this.#generate(target);
    return broken === undefined
      ? done
      : { exitCode: 1, stdout: '', stderr: `${broken}: Error in network definition: unknown key\n` };
  }

  /** @returns the file that is no valid definition */
  #generate(root: string): string | undefined {
    const sources = [...this.files].filter(([path]) => path.startsWith(`${root}/etc/netplan/`));
    const broken = sources.find(([, file]) => file.content.includes('unknown:'));
    if (broken !== undefined) return broken[0];
    for (const [, { content }] of sources) {
      const id = /ethernets:\n\s+"?([^":\n]+)/.exec(content)?.[1] ?? '';
      const modified = this.now();
      this.files.set(`${root}${live}/10-netplan-${id}.network`, { content, mode: 0o640, modified });
    }
    this.files.set(`${root}/run/systemd/system/x.conf`, { content: '', mode: 0o644 });
    return undefined;
  }

  #present(): readonly (readonly [string, number])[] {
    return [...this.files].flatMap(([path, file]) =>
      path.startsWith(`${live}/10-netplan-`) ? [[path.slice(live.length + 1), inodeOf(file)] as const] : [],
    );
  }

  #load(isTold = true): void {
    this.#loaded = new Map(this.#present());
    if (isTold) this.#changedAt = this.now();
  }
}
