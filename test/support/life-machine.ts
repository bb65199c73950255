// A VM of a made-up life: Debian with ifupdown, a primary that DHCP brought up, four ENIs that come and go, the in-memory cloud, and one
// daemon at a time that can be killed at any step. No socket and no real time.
import { checkpointPath } from '../../agent/apply/checkpoint.ts';
import { run } from '../../agent/cli/run.ts';
import { readSettings } from '../../agent/config/read-settings.ts';
import { daemonLockPath } from '../../agent/daemon/requests.ts';
import { AgentError } from '../../agent/errors.ts';
import { silentLog } from '../../agent/log.ts';
import type { OpenClient } from '../../agent/metadata/client.ts';
import { openMetadataSource } from '../../agent/metadata/metadata-source.ts';
import { withLock } from '../../agent/pass/lock.ts';
import { reconcile } from '../../agent/pass/reconcile.ts';
import { readDmi } from '../../agent/system/facts/dmi.ts';
import { type FakeDaemon, startDaemon } from './fake-daemon.ts';
import { FakeSystem } from './fake-system.ts';
import { createLifeCloud, type LifeCloud } from './life-cloud.ts';
import { type LifeEni, type LifeProvider, lifePrimary } from './life-enis.ts';
import { noProcess } from './no-process.ts';

/** What a test puts between the daemon and its world, to show that a fault in it is found. */
export interface LifeFlaw {
  readonly system?: () => FakeSystem;
  /** Called once per life; what it returns is given each client. */
  readonly client?: () => (client: OpenClient, now: number) => OpenClient;
}

export interface LifeMachine {
  readonly system: FakeSystem;
  readonly cloud: LifeCloud;
  /** Undefined while no daemon runs. */
  daemon: FakeDaemon | undefined;
  /** Called before each step of the agent. */
  onStep: (() => void) | undefined;
  /** What the daemons before this one have logged. */
  readonly log: string[];
  /** Name of the ENI's link; undefined while it is unplugged. */
  linkOf(eni: LifeEni): string | undefined;
  isSecondary(link: string): boolean;
  plug(eni: LifeEni, link: string): void;
  start(): void;
  /** SIGKILL: nothing is tidied up. */
  kill(): void;
  /** Kills the agent before the n-th step behind the next checkpoint; undefined takes it back. */
  killInNextApply(steps: number | undefined): void;
  /** Lets the machine live for so long, with the daemon or without it. */
  runFor(ms: number): Promise<void>;
  /** `eni-agent once`: a pass by another process. Returns the outcome, or why it failed. */
  once(): Promise<string>;
  /** `eni-agent remove` by a person: its exit code, or why there is none. */
  remove(): Promise<number | 'killed'>;
  reboot(): void;
  writeConfig(ignored: LifeEni | undefined, broken: boolean): void;
}

export function createLifeMachine(provider: LifeProvider, flaw: LifeFlaw = {}): LifeMachine {
  const system = flaw.system?.() ?? new FakeSystem();
  let armed: number | undefined;
  let boots = 0;
  let isOnce = false;
  const cloud = createLifeCloud(provider, {
    now: () => system.ticks(),
    // While the daemon waits, the clock goes on by itself; while it works, nothing but this moves it.
    pause: ms =>
      machine.daemon?.wakeups.isWaiting() === true && !isOnce
        ? new Promise(resolve => system.after(ms, resolve))
        : system.sleep(ms),
  });
  const spoil = flaw.client?.();
  const connect = () => {
    const client = cloud.connect();
    return spoil === undefined ? client : spoil(client, system.now());
  };
  layFiles(system);

  const machine: LifeMachine = {
    system,
    cloud,
    daemon: undefined,
    onStep: undefined,
    log: [],
    linkOf: eni => system.kernel.links.find(l => l.mac === eni.mac)?.name,
    isSecondary: link =>
      system.kernel.links.some(l => l.name === link && l.driver === 'ena' && link !== 'eth0'),
    plug: (eni, name) => system.kernel.addLink({ name, mac: eni.mac, driver: 'ena' }),
    start() {
      system.restart();
      // As the command does; the process that holds it dies with `restart`.
      void system.lock(daemonLockPath, 0);
      machine.daemon = startDaemon(system, { connect });
    },
    kill() {
      // It waits for something and is never woken again; what it has asked is answered to nobody.
      machine.log.push(...(machine.daemon?.log ?? []));
      machine.daemon = undefined;
      system.restart();
    },
    killInNextApply(steps) {
      armed = steps;
      if (steps === undefined) system.crashBefore = undefined;
    },
    async runFor(ms) {
      if (machine.daemon === undefined) return system.sleep(ms);
      const end = system.now() + ms;
      await machine.daemon.runFor(ms);
      if (!system.isDead) return;
      machine.kill();
      await system.sleep(Math.max(0, end - system.now()));
    },
    async once() {
      isOnce = true;
      try {
        return await onePass(system, connect);
      } catch (error) {
        if (!system.isDead && !(error instanceof AgentError)) throw error;
        return error instanceof AgentError ? error.code : 'killed';
      } finally {
        isOnce = false;
        if (system.isDead) machine.kill();
      }
    },
    async remove() {
      const said = () => undefined;
      try {
        const screen = { isTerminal: false, columns: said, isClosed: () => false };
        const options = { isRoot: true, isInteractive: false, colour: false, process: noProcess, screen };
        return await run(['remove'], system, { ...options, print: said, printError: said });
      } catch (error) {
        if (!system.isDead) throw error;
        return 'killed';
      } finally {
        if (system.isDead) machine.kill();
      }
    },
    reboot() {
      machine.kill();
      boots += 1;
      system.put('/proc/sys/kernel/random/boot_id', `5c2b0a8e-0000-4000-8000-00000000000${boots % 10}\n`);
      system.reboot();
    },
    writeConfig(ignored, broken) {
      const section = ignored === undefined ? '' : `[eni "${ignored.mac}"]\nignore = yes\n`;
      const wrong = broken ? '[agent]\nverify-timeout = soon\n' : '';
      const cloudLines = `[metadata]\nprovider = ${provider}\nurl = http://127.0.0.1:1\n`;
      system.put('/etc/eni-agent/eni-agent.conf', `${cloudLines}${section}${wrong}`);
    },
  };

  /** Called before each step, when `steps` has all of those that were done. */
  function arm(): void {
    const isCheckpointed = system.steps.at(-1) === `rename to ${checkpointPath}`;
    if (armed === undefined || !isCheckpointed) return;
    system.crashBefore = system.steps.length + 1 + armed;
    armed = undefined;
  }
  system.watch = () => {
    arm();
    machine.onStep?.();
  };
  machine.writeConfig(undefined, false);
  const [v4] = lifePrimary.pool4;
  system.dhcp.set(lifePrimary.mac, { ip: v4!, prefixLength: 20, router: lifePrimary.gateway4 });
  system.kernel.addLink({ name: 'eth0', mac: lifePrimary.mac, driver: 'ena' });
  system.bootNetwork();
  return machine;
}

async function onePass(system: FakeSystem, connect: () => OpenClient): Promise<string> {
  const settings = await readSettings(system);
  const metadata = openMetadataSource({
    ...settings.metadata,
    readDmi: () => readDmi(system),
    now: () => system.ticks(),
    connect,
  });
  const log = silentLog;
  const pass = await withLock(system, () => reconcile({ system, settings, log, metadata }, { apply: true }));
  return pass.outcome;
}

function layFiles(system: FakeSystem): void {
  const files: Readonly<Record<string, string>> = {
    '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    '/proc/sys/kernel/osrelease': '6.1.0-18-cloud-amd64\n',
    '/proc/sys/kernel/random/boot_id': '5c2b0a8e-0000-4000-8000-000000000000\n',
    '/proc/sys/net/ipv4/conf/all/rp_filter': '1\n',
    '/etc/network/interfaces':
      'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n',
    '/etc/resolv.conf': 'nameserver 192.0.2.1\n',
    '/sbin/ifquery': '',
    '/sbin/ifup': '',
    '/sbin/dhclient': '',
    '/etc/dhcp/dhclient-enter-hooks.d/debug': '# a hook of the distribution\n',
  };
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  system.folders.add('/etc/network/interfaces.d');
}
