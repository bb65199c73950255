// What happens on a fake machine when a link appears or comes up, beside the network service: the agent's udev rule, and its scripts for
// the dispatcher of NetworkManager. Both go by the MAC.
import type { CommandResult } from '../../agent/system/system.ts';
import type { FakeFile } from './fake-disk.ts';
import type { Step } from './fake-ip.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import type { FakeKernel } from './fake-kernel.ts';
import { runShellLine } from './fake-shell.ts';

type Files = ReadonlyMap<string, FakeFile>;

export const preUpFolder = '/etc/NetworkManager/dispatcher.d/pre-up.d/';

/** A link is made: it is in group 0, unless a rule of udev says another one. Any other rule throws. */
export function groupByUdev(kernel: FakeKernel, files: Files): void {
  for (const link of kernel.links) link.group = 0;
  for (const [path, { content }] of files) {
    if (!path.startsWith('/etc/udev/rules.d/') || !path.endsWith('.rules')) continue;
    for (const line of content.split('\n').filter(l => l !== '' && !l.startsWith('#'))) {
      const [, mac, group] =
        /^ACTION=="add", SUBSYSTEM=="net", DRIVERS=="\?\*", ATTR\{address\}=="([^"]+)", ATTR\{netdev_group\}="(\d+)"$/.exec(
          line,
        ) ?? [];
      if (mac === undefined) throw new UnknownCommand(`udev: ${line}`);
      for (const link of kernel.links)
        if (link.driver !== undefined && link.mac === mac) link.group = Number(group);
    }
  }
}

/** A dispatcher script as NetworkManager runs it, or the agent by hand: `PATH LINK pre-up`. */
export function runDispatcherScript(
  { kernel, files }: { readonly kernel: FakeKernel; readonly files: Files },
  path: string,
  name: string,
  step: Step,
): CommandResult {
  const done: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
  const file = files.get(path);
  if (file === undefined) return { ...done, exitCode: 127, stderr: `${path}: No such file or directory` };
  if (file.mode !== 0o755) return { ...done, exitCode: 126, stderr: `${path}: Permission denied` };
  const mac = kernel.links.find(l => l.name === name)?.mac;
  for (const line of file.content.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line === 'exit 0') return done;
    const [, link] = /^\[ "\$1" = (\S+) \] \|\| exit 0$/.exec(line) ?? [];
    const [, own] = /^\[ "\$\(cat .* \|\| echo (\S+)\)" = \1 \] \|\| exit 0$/.exec(line) ?? [];
    if ((link ?? name) !== name || (own ?? mac ?? '') !== (mac ?? own ?? '')) return done;
    if (link === undefined && own === undefined)
      runShellLine({ kernel, step, sysctl: () => undefined }, line);
  }
  return done;
}
