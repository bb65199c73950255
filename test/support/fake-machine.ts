// A VM of a cloud with Debian 12 and ifupdown (or another service), as a test wants it: a FakeSystem with a primary that DHCP brought up, the secondary
// links of a recording, somebody else's things beside them, and the real metadata emulator on loopback. Commands run through
// the real command line.

import { checkpointPath, lastChangePath } from '../../agent/apply/checkpoint.ts';
import { type State, statePath } from '../../agent/apply/state-file.ts';
import { run } from '../../agent/cli/run.ts';
import { lastGoodPath } from '../../agent/config/last-good.ts';
import { reportPath } from '../../agent/daemon/report.ts';
import { historyPath } from '../../agent/history/store.ts';
import { instanceFromRecording, type Recording } from '../../agent/metadata/recording.ts';
import { firstHost, type Ip, networkOf, prefixLengthOf } from '../../agent/model/address.ts';
import { valueOr } from '../../agent/model/instance.ts';
import { toolMemoryFile } from '../../agent/system/facts/tool-memory.ts';
import { kernelProbeFile } from '../../agent/system/kernel/probe.ts';
import type { System } from '../../agent/system/system.ts';
import { type FakeBackend, layService } from './fake-machine-service.ts';
import { FakeSystem } from './fake-system.ts';
import { MetadataEmulator } from './metadata-emulator.ts';
import { noProcess } from './no-process.ts';
import { withoutRoot } from './without-root.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface MachineSpec {
  readonly recording: Recording;
  /** More lines for the [metadata] section. */
  readonly metadataKeys?: readonly string[];
  /** More sections of the configuration. */
  readonly config?: string;
  /** Links of the secondary ENIs are not there yet. */
  readonly unplugged?: boolean;
  /** Who owns the links; ifupdown, unless told. */
  readonly backend?: FakeBackend | undefined;
  /** Width of the terminal; none, unless told. */
  readonly columns?: number;
}

export interface Machine {
  readonly system: FakeSystem;
  readonly metadata: MetadataEmulator;
  readonly url: string;
  /** One command line, as root. */
  agent(...argv: readonly string[]): Promise<Outcome>;
  /** One command line, as a user who may read what everybody may. */
  nobody(...argv: readonly string[]): Promise<Outcome>;
  attach(mac: string, name: string): void;
  detach(name: string): void;
  /** Power cycle: the network service brings up what the files say, and the others' things are made again. */
  reboot(): void;
  /** The agent's state file, parsed. */
  state(): State;
  /** Files of the machine, path to content, without the agent's own records and caches. */
  files(): Readonly<Record<string, string>>;
  /** Files and kernel as text, for `equal before and after`. */
  picture(): Picture;
  close(): Promise<void>;
}

export interface Picture {
  readonly files: Readonly<Record<string, string>>;
  readonly kernel: readonly string[];
}

/** What the agent keeps for itself: no part of the machine's configuration. */
const ownRecords = [
  ...[statePath, checkpointPath, lastChangePath, lastGoodPath, historyPath],
  ...[kernelProbeFile, toolMemoryFile, reportPath],
  // Of the kernel that runs.
  '/proc/sys/kernel/random/boot_id',
];

export async function createMachine(spec: MachineSpec): Promise<Machine> {
  const system = new FakeSystem();
  const metadata = new MetadataEmulator(spec.recording);
  const url = await metadata.listen();
  layBaseFiles(system, spec.backend ?? 'ifupdown');
  const service = layService(system, spec.backend ?? 'ifupdown');
  system.put('/etc/eni-agent/eni-agent.conf', configFile(spec, url));
  await plugLinks(system, spec);
  system.bootNetwork();
  addForeignThings(system);

  const machine: Machine = {
    system,
    metadata,
    url,
    agent: (...argv) => runOn(system, argv, true, spec.columns),
    nobody: (...argv) => runOn(withoutRoot(system), argv, false, spec.columns),
    attach(mac, name) {
      system.kernel.addLink({ name, mac, driver: 'virtio_net' });
      service?.plugged(name);
    },
    detach(name) {
      system.kernel.removeLink(name);
      service?.unplugged(name);
    },
    reboot() {
      system.reboot();
      addForeignThings(system);
    },
    state: () => JSON.parse(system.files.get(statePath)?.content ?? 'null') as State,
    files: () =>
      Object.fromEntries(
        [...system.files]
          .filter(([path]) => !ownRecords.includes(path))
          .map(([path, { content, mode }]) => [`${path} ${mode.toString(8)}`, content] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    picture: () => ({ files: machine.files(), kernel: system.kernel.describe() }),
    close: () => metadata.close(),
  };
  return machine;
}

async function runOn(
  system: System,
  argv: readonly string[],
  isRoot: boolean,
  columns: number | undefined,
): Promise<Outcome> {
  let [out, err] = ['', ''];
  const code = await run(argv, system, {
    print: text => {
      out += text;
    },
    printError: text => {
      err += text;
    },
    isRoot,
    isInteractive: true,
    colour: false,
    process: noProcess,
    screen: { isTerminal: columns !== undefined, columns: () => columns, isClosed: () => false },
  });
  return { code, out, err };
}

function layBaseFiles(system: FakeSystem, backend: FakeBackend): void {
  const debian: Readonly<Record<string, string>> = {
    '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    '/proc/sys/kernel/osrelease': '6.1.0-18-cloud-amd64\n',
    '/proc/sys/kernel/random/boot_id': '5c2b0a8e-0000-4000-8000-000000000001\n',
    '/proc/sys/net/ipv4/conf/all/rp_filter': '1\n',
    '/etc/resolv.conf': 'nameserver 192.0.2.1\n',
  };
  for (const [path, content] of Object.entries(debian)) system.put(path, content);
  if (backend !== 'ifupdown') return;
  const files: Readonly<Record<string, string>> = {
    '/etc/network/interfaces':
      'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n',
    '/sbin/ifquery': '',
    '/sbin/ifup': '',
    '/sbin/dhclient': '',
    '/etc/dhcp/dhclient-enter-hooks.d/debug': '# a hook of the distribution\n',
  };
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  system.folders.add('/etc/network/interfaces.d');
}

function configFile(spec: MachineSpec, url: string): string {
  const { provider } = spec.recording;
  const lines = ['[metadata]', `provider = ${provider}`, `url = ${url}`, 'confirm-delay = 0'];
  return `${[...lines, ...(spec.metadataKeys ?? []), '', spec.config ?? ''].join('\n')}\n`;
}

/** eth0 for the primary, eth1 and so on for the others; a DHCP server that has each ENI's address. */
async function plugLinks(system: FakeSystem, spec: MachineSpec): Promise<void> {
  const instance = await instanceFromRecording(spec.recording);
  const ordered = [...instance.enis].sort((a, b) => Number(b.primary) - Number(a.primary));
  for (const [index, eni] of ordered.entries()) {
    const ip = valueOr(eni.ipv4.addresses, [])[0];
    // JD Cloud tells no subnet; it uses /24 here.
    const subnet =
      valueOr(eni.ipv4.subnets, [])[0] ?? (ip === undefined ? undefined : networkOf(ip as Ip, 24));
    if (ip !== undefined && subnet !== undefined)
      system.dhcp.set(eni.mac, { ip, prefixLength: prefixLengthOf(subnet), router: firstHost(subnet) });
    if (eni.carriesIp && (eni.primary || spec.unplugged !== true))
      system.kernel.addLink({ name: `eth${index}`, mac: eni.mac, driver: 'virtio_net' });
  }
}

/** A container bridge, routes and rules of others, one rule amid the agent's own numbers. */
function addForeignThings(system: FakeSystem): void {
  const router = [...system.dhcp.values()].find(o =>
    system.kernel.addresses.some(a => a.link === 'eth0' && a.ip === o.ip),
  )?.router;
  system.kernel.addLink({ name: 'docker0', mac: '02:42:8f:11:22:33', kind: 'bridge', up: true });
  for (const line of [
    'ip addr add 172.17.0.1/16 dev docker0',
    `ip route add 198.51.100.0/24 via ${router} dev eth0`,
    `ip route add default via ${router} dev eth0 table 500`,
    'ip rule add from 172.17.0.0/16 lookup 500 priority 500',
    'ip -4 rule add fwmark 7 lookup 500 priority 28450',
  ])
    system.sh(line);
}
