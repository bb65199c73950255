// What goes wrong while an apply is under way, the same on each backend: something else breaks one object of the ENI that is being
// added, again and again until the agent gives up. Each returns what the agent said.
import type { AgentHost } from '../lab/agent-host.ts';
import { startBackground } from '../lab/command.ts';
import { runAgent, runInGuest } from '../lab/guest-commands.ts';
import { removeGuestFile, writeGuestFile } from '../lab/guest-files.ts';
import { inNamespace } from '../lab/namespace.ts';
import type { Addressing } from './columns.ts';

/** Breaks what eth4 gets, in slot 3, whenever the right default route of its table is there: never what a rollback leaves. */
function breaking(line: string): (host: AgentHost) => Promise<string> {
  return async host => {
    // At every event of the kernel, and before everything else that wants the processor, so that it comes before the agent's first look.
    const loop = `ip -o monitor link address route rule | while read -r _; do case $(ip route show table 28003) in *'default via 10.0.1.1 '*) ${line} ;; esac; done`;
    // A process group of its own, which ends as a whole.
    const script = `trap 'trap "" TERM; kill -TERM 0' TERM; { ${loop}; } 2> /dev/null & wait`;
    const breaker = startBackground(
      await inNamespace(host.vpc.guest, ['setsid', 'nice', '-n', '-20', 'sh', '-c', script]),
    );
    const outcome = await runAgent(host.guest, ['once']);
    await breaker.stop();
    await runInGuest(host.guest, ['sh', '-c', 'ip route del default dev eth4 metric 20000 2>/dev/null || :']);
    return `${outcome.exitCode} ${outcome.stdout}${outcome.stderr}`;
  };
}

const dropIn = '/etc/eni-agent/eni-agent.conf.d/90-fault.conf';

/** Runs `action` with an agent that gives up soon: as long as the fault needs to be seen, no longer. A lease of dhcpcd takes 5 s. */
export async function impatiently<T>(
  host: AgentHost,
  addressing: Addressing,
  action: () => Promise<T>,
): Promise<T> {
  const seconds = addressing === 'dhcp' ? 8 : 3;
  writeGuestFile(host.guest, dropIn, `[agent]\nverify-timeout = ${seconds}\n`);
  return action().finally(() => removeGuestFile(host.guest, dropIn));
}

export const faults: Readonly<Record<string, (host: AgentHost) => Promise<string>>> = {
  'a wrong gateway': breaking('ip route replace default via 10.0.1.77 dev eth4 onlink table 28003'),
  'a lost rule': breaking('ip rule del priority 28603'),
  'a leaked default': breaking('ip route add default dev eth4 metric 20000'),
};
