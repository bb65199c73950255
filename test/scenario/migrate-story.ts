// A CentOS 7 VM of Alibaba Cloud on which multi-nic-util has configured eth1, with the agent's package beside it, not enabled.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Initscripts, installInitscripts } from '../support/fake-initscripts.ts';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { installSystemd, type Systemd } from '../support/fake-systemd.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

const fixture = path.join(import.meta.dirname, '../fixtures/multi-nic-util');

export const folder = '/etc/sysconfig/network-scripts';
export const eth1Address = '10.0.1.20';

export interface Vm extends Machine {
  readonly systemd: Systemd;
  readonly initscripts: Initscripts;
  /** What `rpm -qf` says of a path. */
  readonly packages: Map<string, string>;
}

const agentUnit =
  '[Service]\nExecStart=/usr/lib/eni-agent/node\n\n[Install]\nWantedBy=multi-user.target\nAlias=eni.service\n';

export async function startVm(start: (spec: MachineSpec) => Promise<Machine>): Promise<Vm> {
  const machine = await start({ recording: loadRecording('alibaba', 'two-enis') });
  const { system } = machine;
  // No Debian any more.
  for (const file of ['/etc/network/interfaces', '/sbin/ifquery', '/run/network/ifstate'])
    system.files.delete(file);
  system.folders.clear();
  const files = {
    '/etc/os-release': 'ID="centos"\nVERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n',
    '/usr/bin/rpm': '',
    [`${folder}/network-functions`]: '',
    '/etc/init.d/network': '',
    '/usr/lib/systemd/system/network.service': '[Service]\n',
    '/usr/lib/systemd/system/eni-agent.service': agentUnit,
    '/usr/sbin/acs-plugin-manager': '',
    ...fixtureFiles(),
  };
  for (const [file, content] of Object.entries(files))
    system.put(file, content, file.includes('/sbin/') ? 0o755 : 0o644);
  const wants = '/etc/systemd/system/multi-user.target.wants/eni.service';
  system.files.set(wants, { content: '', mode: 0o777, target: '/etc/systemd/system/eni.service' });

  const packages = new Map([
    ['/lib/udev/rules.d/60-net.rules', 'initscripts'],
    [`${folder}/network-functions`, 'initscripts'],
  ]);
  system.programs.set('rpm', {
    looks: () => true,
    run(args) {
      const owner = packages.get(args.at(-1)!);
      if (owner !== undefined) return { exitCode: 0, stdout: `${owner}\n`, stderr: '' };
      return { exitCode: 1, stdout: `file ${args.at(-1)} is not owned by any package\n`, stderr: '' };
    },
  });
  system.programs.set('udevadm', {
    looks: () => false,
    run: () => ({ exitCode: 0, stdout: '', stderr: '' }),
  });
  const systemd = installSystemd(system);
  const initscripts = installInitscripts(system);
  systemd.active.add('network.service').add('eni.service');
  await system.run(['ifup', 'eth1']);
  system.sh('ip rule add from 10.0.1.20/32 lookup 10001 priority 32765');
  system.restart();
  return { ...machine, systemd, initscripts, packages };
}

/** Path on the machine to content. */
function fixtureFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(fixture, { recursive: true, encoding: 'utf8' })
      .filter(name => statSync(path.join(fixture, name)).isFile() && name !== 'README.md')
      .map(name => [`/${name}`, readFileSync(path.join(fixture, name), 'utf8')]),
  );
}

/** Units that run, links with a DHCP client, files and kernel: what has to be the same again. */
export function pictureOf(vm: Vm) {
  return {
    ...vm.picture(),
    active: [...vm.systemd.active].sort(),
    clients: [...vm.initscripts.clients].sort(),
  };
}

/** Remembers the whole machine; the result puts it back, as often as wanted. */
export function snapshot({ system, systemd, initscripts }: Vm): () => void {
  const [disk, services] = [system.snapshot(), systemd.snapshot()];
  const clients = [...initscripts.clients];
  return () => {
    disk();
    services();
    initscripts.clients.clear();
    for (const link of clients) initscripts.clients.add(link);
  };
}

/** `eni-agent migrate ARGS` by a new process. */
export async function migrate(vm: Vm, ...args: readonly string[]) {
  vm.system.restart();
  return vm.agent('migrate', ...args);
}
