// `sh -c` for the few forms that a rendered line may have: `A; B`, `A || true`, and standard error thrown away. Anything else
// of a shell throws: a line that needs more than this was not made by our renderers.
import type { CommandResult } from '../../agent/system/system.ts';
import { runIp, type Step } from './fake-ip.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import type { FakeKernel } from './fake-kernel.ts';

export interface ShellHost {
  readonly kernel: FakeKernel;
  readonly sysctl: (words: readonly string[]) => void;
  readonly step: Step;
}

/** The status is that of the last command, as without `set -e`. */
export function runShellLine(host: ShellHost, line: string): CommandResult {
  let last: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
  let stderr = '';
  for (const part of line.split(';')) {
    const [command = '', otherwise] = part.split('||').map(p => p.trim());
    if (otherwise !== undefined && otherwise !== 'true') throw new UnknownCommand(`shell: || ${otherwise}`);
    const quiet = command.endsWith(' 2>/dev/null');
    const result = runWords(host, command.replace(/ 2>\/dev\/null$/, ''));
    if (!quiet) stderr += result.stderr;
    last = otherwise === 'true' ? { ...result, exitCode: 0 } : result;
  }
  return { ...last, stderr };
}

function runWords(host: ShellHost, command: string): CommandResult {
  if (!/^[a-zA-Z0-9_.:/=+ -]+$/.test(command)) throw new UnknownCommand(`shell: ${command}`);
  const [program, ...words] = command.split(/\s+/);
  if (program === 'ip') return runIp(host.kernel, words, '', host.step);
  if (program === 'sysctl') {
    host.sysctl(words);
    return { exitCode: 0, stdout: '', stderr: '' };
  }
  throw new UnknownCommand(`shell: ${program} is not modelled`);
}
