// A rule set that obeys `nft` and `iptables`, as far as the agent speaks to them: its own table, loaded by its own script.
import type { CommandResult } from '../../agent/system/system.ts';
import type { FakeFile } from './fake-disk.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import type { FakeKernel } from './fake-kernel.ts';

export const publishedScript = '/var/lib/eni-agent/published-ports.sh';
const note = '/run/eni-agent/published-ports';

export class FakeFirewall {
  /** What is installed. */
  tools: readonly ('nft' | 'iptables')[] = ['nft', 'iptables'];
  /** The rules of the agent's table; undefined: there is none. */
  table: string | undefined;
  /** The mangle tables of iptables and ip6tables. */
  mangle = new Map<string, string>();

  /** Somebody's `nft flush ruleset`, or a boot. */
  flush(): void {
    this.table = undefined;
    this.mangle.clear();
  }

  remember(): () => void {
    const { table, mangle } = this;
    const then = new Map(mangle);
    return () => {
      this.table = table;
      this.mangle = new Map(then);
    };
  }

  looks(argv: readonly string[]): boolean {
    return argv[1] === 'list' || argv.includes('-S');
  }

  run(argv: readonly string[]): CommandResult {
    const [program = '', ...args] = argv;
    const words = args.join(' ');
    const tool = program === 'nft' ? 'nft' : 'iptables';
    if (!this.tools.includes(tool)) return { ...done, exitCode: 127, stderr: `${program}: not found\n` };
    if (program === 'nft') {
      if (this.table === undefined)
        return { ...done, exitCode: 1, stderr: 'Error: No such file or directory\n' };
      if (words === 'list table inet eni-agent') return { ...done, stdout: this.table };
      if (words === 'delete table inet eni-agent') this.table = undefined;
      else throw new UnknownCommand(`nft ${words}`);
      return done;
    }
    const rules = this.mangle.get(program);
    if (words === '-t mangle -S') return { ...done, stdout: rules ?? '-P PREROUTING ACCEPT\n' };
    if (!/^-t mangle -(D PREROUTING -j|F|X) ENI-AGENT$/.test(words))
      throw new UnknownCommand(`${program} ${words}`);
    if (rules === undefined) return { ...done, exitCode: 1, stderr: 'No chain/target/match by that name.\n' };
    if (words.includes('-X')) this.mangle.delete(program);
    return done;
  }

  /** `sh SCRIPT`, for the one script of the agent. */
  runScript(text: string, host: Host): CommandResult {
    const notes = new Set((host.files.get(note)?.content ?? '').split('\n').filter(line => line !== ''));
    const macs = /^ {4}((?:[0-9a-f:]{17}(?: \| )?)+)\)$/m.exec(text)?.[1]?.split(' | ') ?? [];
    for (const { name, mac } of host.kernel.links) {
      const key = `net/ipv4/conf/${name}/src_valid_mark`;
      if (mac === undefined || !macs.includes(mac) || host.sysctls.get(key) === '1') continue;
      host.sysctls.set(key, '1');
      notes.add(`src_valid_mark ${name}`);
    }
    const result = this.#load(text, notes);
    host.files.set(note, { content: [...notes, ''].join('\n'), mode: 0o644 });
    return result;
  }

  #load(text: string, notes: Set<string>): CommandResult {
    if (this.tools.includes('nft')) {
      this.table = /^table inet eni-agent \{\n[\s\S]*?\nEND$/m.exec(text)?.[0].replace(/\nEND$/, '\n');
      notes.add('nft');
      return done;
    }
    for (const [, program = '', rules = ''] of text.matchAll(/^by_iptables (\w+) '([^']*)'/gm)) {
      if (!this.tools.includes('iptables'))
        return { ...done, exitCode: 1, stderr: `there is no nft that can do it, and no ${program}\n` };
      const lines = rules.split('\n').filter(line => line.startsWith('-A '));
      this.mangle.set(program, ['-A PREROUTING -j ENI-AGENT', ...lines, ''].join('\n'));
    }
    notes.add('iptables');
    return done;
  }
}

interface Host {
  readonly files: Map<string, FakeFile>;
  readonly kernel: FakeKernel;
  readonly sysctls: Map<string, string>;
}

const done: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
