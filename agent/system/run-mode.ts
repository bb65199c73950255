// How this machine has the agent run: by which unit or script of the packages. For what `status` and `refresh` advise.
import type { System } from './system.ts';

/** `by-hand`: nothing of the packages is here. */
export type RunMode = 'on-demand' | 'systemd' | 'init-script' | 'by-hand';

/** What `systemctl enable eni-agent-once.path` makes; the udev rule goes by it as well. */
export const onDemandLink = '/etc/systemd/system/paths.target.wants/eni-agent-once.path';

/** Debian had its units in /lib before /usr was merged. */
const units = ['/usr/lib/systemd/system/eni-agent.service', '/lib/systemd/system/eni-agent.service'];

export async function readRunMode(system: System): Promise<RunMode> {
  if (await system.exists('/run/systemd/system')) {
    if (await system.exists(onDemandLink)) return 'on-demand';
    for (const unit of units) if (await system.exists(unit)) return 'systemd';
    return 'by-hand';
  }
  return (await system.exists('/etc/init.d/eni-agent')) ? 'init-script' : 'by-hand';
}

/** The command that starts the daemon there; in on-demand mode there is none to start. */
export const startCommand: Readonly<Record<Exclude<RunMode, 'on-demand'>, string>> = {
  systemd: 'systemctl start eni-agent',
  'init-script': '/etc/init.d/eni-agent start',
  'by-hand': 'eni-agent daemon',
};
