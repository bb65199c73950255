// What the daemon does on a real network service, told once for each: a cloud that changes, people who interfere, a metadata service
// that fails, and a process that dies. At each step the primary hears nothing and loses nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disturbances } from '../matrix/disturbances.ts';
import { first, plugged, primary, second } from '../matrix/enis.ts';
import { agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import {
  childrenOf,
  createDaemonHost,
  type Daemon,
  holdingsOf,
  killDaemon,
  readLog,
  readRawLog,
  readReport,
  serviceStatus,
  settled,
  startDaemon,
  stopDaemon,
} from './daemon-host.ts';
import {
  allPing,
  asPlanned,
  cloudTellsHalf,
  fight,
  isUntouched,
  kernelText,
  metadataFaults,
  renameLink,
  takesAtMost,
} from './daemon-steps.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runAgent, runInGuest } from './guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { ip } from './namespace.ts';
import { assignAddress, attachEni, detachEni, unassignAddress } from './vpc.ts';

export interface DaemonStory {
  readonly image: 'networkd' | 'ifupdown';
  /** The file of eth1. */
  readonly file: string;
}

/** Repaired within a second of the event is the aim; a busy machine may take longer. */
const repairMs = 3000;

export function tellDaemonStory({ image, file }: DaemonStory): void {
  let daemon: Daemon;
  const measured: string[] = [];
  const hostOf = () => daemon.host;
  const vpc = () => daemon.host.vpc;
  const within = async (what: string, holds: () => boolean | Promise<boolean>, ms = repairMs) => {
    const took = await takesAtMost(ms, holds);
    measured.push(`${what}: ${took ?? `more than ${ms}`} ms`);
    expect(took, `${what} within ${ms} ms\n${JSON.stringify(readReport(hostOf()))}`).toBeDefined();
  };
  const rules = async () => `${await ip(vpc().guest, 'rule')}${await ip(vpc().guest, '-6', 'rule')}`;
  const addresses = () => ip(vpc().guest, '-o', 'addr');
  /** The change of a step, under traffic and a monitor on the primary. */
  const unnoticed = (action: () => Promise<unknown>) => isUntouched(hostOf(), action);

  beforeAll(async () => {
    const spec = { name: `daemon${image}`, provider: 'aws', enis: [primary, first, second] } as const;
    const host = await createDaemonHost(spec, { image, agentConfig: 'verify-timeout = 8\n' });
    daemon = { host, process: undefined, earlierLog: '' };
  });
  afterAll(async () => {
    const log = daemon === undefined ? '' : await readRawLog(daemon).catch(String);
    if (process.env.DAEMON_LOG !== undefined) console.info(`${measured.join('\n')}\n${log}`);
    await destroyAgentHost(daemon?.host);
  });

  test('the first look', async () => {
    // No traffic yet: the image's catch-all gives the ENIs default routes that take the primary's answers, until this look.
    const { events } = await countEvents(
      vpc(),
      async () => {
        daemon = await startDaemon(hostOf(), daemon);
        await settled(daemon);
      },
      { settle: ['eth0'] },
    );
    expect(events.of('eth0')).toEqual([]);
    await asPlanned(hostOf());
    await allPing(hostOf());
    expect(holdingsOf(daemon).children).toEqual(['ip']);
  });

  test.runIf(image === 'networkd')('systemd knows that it is ready, and what is managed', async () => {
    const status = await serviceStatus(daemon);
    expect(status).toContain('Active: active (running)');
    // The message is on its way when the report is written.
    await within('status', async () =>
      (await serviceStatus(daemon)).includes('Status: "secondary ENIs: 2 working"'),
    );
  });

  describe('the cloud', () => {
    test('hot-plug: the link first, the metadata later and in halves', async () => {
      await unnoticed(async () => {
        await attachEni(vpc(), plugged);
        const waits = () => readReport(hostOf())?.waitingFor.join() ?? '';
        await within('the new link is seen', () => waits().includes('eth3'));
        await cloudTellsHalf(hostOf(), plugged.mac);
        await within('the half is seen', () => waits().includes('eni-'), 5000);
        expect(await rules()).not.toContain('10.0.3.');
        await hostOf().metadata.sync();
        await within('hot-plug after the metadata', async () => (await rules()).includes('10.0.3.'), 12_000);
        await settled(daemon);
      });
      await asPlanned(hostOf());
      await allPing(hostOf());
    });

    test('an address is assigned: it comes by itself, soon after another change', async () => {
      await assignAddress(vpc(), 'eth3', '10.0.3.72');
      await hostOf().metadata.sync();
      await within('assigned', async () => (await addresses()).includes('10.0.3.72/32'), 12_000);
      await allPing(hostOf());
    });

    test('refresh: at once', async () => {
      await unnoticed(async () => {
        await assignAddress(vpc(), 'eth3', '10.0.3.73');
        await assignAddress(vpc(), 'eth3', '2001:db8:3::31');
        await unassignAddress(vpc(), 'eth3', '10.0.3.72');
        await hostOf().metadata.sync();
        const said = await agentOk(hostOf(), ['refresh']);
        expect(said).toMatch(/^ {2}changed eni-0lab\w+ on eth3\n( {2}wrote .*\n)?Applied and verified\.\n$/);
        expect(await addresses()).not.toContain('10.0.3.72/');
      });
      expect(await agentOk(hostOf(), ['refresh'])).toBe('Nothing to do.\n');
      await asPlanned(hostOf());
      await allPing(hostOf());
    });

    test('driver reload: the link goes and comes again', async () => {
      await unnoticed(async () => {
        const eni = { ...plugged, subnets: vpc().enis.get('eth3')!.subnets };
        await detachEni(vpc(), 'eth3');
        await attachEni(vpc(), eni);
        await within('driver reload', async () => (await addresses()).includes('10.0.3.73/32'), 12_000);
        await settled(daemon);
      });
      await asPlanned(hostOf());
      await allPing(hostOf());
    });

    test('rename', async () => {
      await unnoticed(async () => {
        await renameLink(hostOf(), 'eth3', 'eth33');
        await settled(daemon);
      });
      await asPlanned(hostOf());
      await allPing(hostOf());
      await renameLink(hostOf(), 'eth33', 'eth3');
      await settled(daemon);
      await asPlanned(hostOf());
    });

    test('detach: the link goes, the metadata says the old for a while', async () => {
      await unnoticed(async () => {
        await detachEni(vpc(), 'eth3');
        const waits = () => readReport(hostOf())?.waitingFor.join() ?? '';
        await within('the detach is seen', () => waits().includes('no link has this MAC'));
        // It may come back: a driver reload looks the same.
        expect(readGuestFile(hostOf().guest, file.replace('eth1', 'eth3'))).toBeDefined();
        await hostOf().metadata.sync();
        const isGone = () => readGuestFile(hostOf().guest, file.replace('eth1', 'eth3')) === undefined;
        await within('detach', async () => isGone() && !(await rules()).includes('10.0.3.'), 12_000);
        await settled(daemon);
      });
      await asPlanned(hostOf());
    });
  });

  describe('drift', () => {
    const drift = {
      'a rule is deleted': (guest: string) => ip(guest, 'rule', 'del', 'priority', '28600'),
      'an IPv6 rule is deleted': (guest: string) => ip(guest, '-6', 'rule', 'del', 'priority', '28600'),
      'a table is flushed': (guest: string) => ip(guest, 'route', 'flush', 'table', '28000'),
      'an address is deleted': (guest: string) => ip(guest, 'addr', 'del', '10.0.1.31/32', 'dev', 'eth1'),
    };
    test.each(Object.entries(drift))('%s', async (what, harm) => {
      // A new process: the brake counts the repairs of a minute.
      daemon = await restarted(daemon);
      const good = await kernelText(hostOf());
      await unnoticed(async () => {
        await harm(vpc().guest);
        await within(what, async () => (await kernelText(hostOf())) === good);
        await settled(daemon);
      });
      await asPlanned(hostOf());
      expect(readReport(hostOf())?.brake).toBeNull();
    });

    test('a file of ours is edited, and deleted', async () => {
      daemon = await restarted(daemon);
      const good = readGuestFile(hostOf().guest, file)!;
      await unnoticed(async () => {
        writeGuestFile(hostOf().guest, file, `${good}# mine\n`);
        await within('an edited file', () => readGuestFile(hostOf().guest, file) === good);
        // The service may still be loading it.
        await waitFor(() => readReport(hostOf())?.counters.repairs === 1, repairMs);
        removeGuestFile(hostOf().guest, file);
        await within('a deleted file', () => readGuestFile(hostOf().guest, file) === good);
        await settled(daemon);
      });
      await asPlanned(hostOf());
    });

    test.each(disturbances[image].map(argv => [argv.join(' '), argv] as const))('%s', async (what, argv) => {
      expect((await runInGuest(hostOf().guest, argv)).exitCode).toBe(0);
      await within(
        what,
        () =>
          asPlanned(hostOf()).then(
            () => true,
            () => false,
          ),
        5000,
      );
      await settled(daemon);
      await allPing(hostOf());
    });

    test('one line per change, and none for a look', async () => {
      daemon = await restarted(daemon);
      const before = (await readLog(daemon)).length;
      const good = await kernelText(hostOf());
      await ip(vpc().guest, 'rule', 'del', 'priority', '28600');
      await within('a rule', async () => (await kernelText(hostOf())) === good);
      await settled(daemon);
      await new Promise(resolve => setTimeout(resolve, 4000));
      const lines = (await readLog(daemon)).slice(before);
      expect(lines.map(l => l.message)).toEqual([expect.stringMatching(/^repaired: /)]);
      expect(lines[0]?.fields).toMatchObject({ link: 'eth1', table: 28000, trigger: 'kernel' });
      expect(JSON.stringify(lines[0]?.fields.drift)).toContain('28600');
    });

    test('something that fights back: the brake, one error, and status says so', async () => {
      daemon = await restarted(daemon);
      const before = (await readLog(daemon)).length;
      await unnoticed(() =>
        fight(hostOf(), async () => {
          await within('brake', () => readReport(hostOf())?.brake !== null, 30_000);
          const { repairs } = readReport(hostOf())!.counters;
          await new Promise(resolve => setTimeout(resolve, 3000));
          expect(readReport(hostOf())!.counters.repairs).toBe(repairs);
        }),
      );
      // A repair that was undone before it could be verified is another one, told once as well.
      const errors = (await readLog(daemon)).slice(before).filter(line => line.level === 'error');
      expect(errors.at(-1)?.message).toBe('something keeps undoing this: repairs are paused for a while');
      expect(errors.length).toBeLessThanOrEqual(2);
      const { stdout } = await runAgent(hostOf().guest, ['status']);
      expect(stdout).toContain('brake: something keeps undoing the repairs');
      expect(stdout).toMatch(/eth1 .*contested/);
      if (image === 'networkd') expect(await serviceStatus(daemon)).toContain('1 contested');
      // Over: whoever asks need not wait for the end of the pause.
      await agentOk(hostOf(), ['refresh']);
      await asPlanned(hostOf());
      expect((await runAgent(hostOf().guest, ['status'])).stdout).not.toContain('contested');
    });
  });

  describe('the metadata service fails', () => {
    test.each(Object.entries(metadataFaults))('%s: drift is repaired all the same', async (what, fault) => {
      daemon = await restarted(daemon);
      const good = await kernelText(hostOf());
      await hostOf().metadata.send({ do: 'fault', fault });
      await unnoticed(async () => {
        // The timer's own look meets the fault, too.
        await new Promise(resolve => setTimeout(resolve, 2500));
        await ip(vpc().guest, 'rule', 'del', 'priority', '28600');
        await within(`a rule, ${what}`, async () => (await kernelText(hostOf())) === good);
      });
      await hostOf().metadata.send({ do: 'clear-faults' });
      await agentOk(hostOf(), ['refresh']);
      await asPlanned(hostOf());
    });
  });

  describe('the process', () => {
    test('its ip monitor is killed', async () => {
      daemon = await restarted(daemon);
      const good = await kernelText(hostOf());
      const { pid } = readReport(hostOf())!;
      const [monitor] = childrenOf(hostOf(), pid);
      await guestOk(hostOf().guest, ['kill', '-KILL', String(monitor?.pid)]);
      await within('a new monitor', () => childrenOf(hostOf(), pid).some(c => c.pid !== monitor?.pid));
      await ip(vpc().guest, 'rule', 'del', 'priority', '28600');
      await within('a rule, after that', async () => (await kernelText(hostOf())) === good);
      await settled(daemon);
    });

    test('kill -9 in the middle of an apply', async () => {
      await unnoticed(async () => {
        await attachEni(vpc(), plugged);
        await hostOf().metadata.sync();
        const isInTheMiddle = () =>
          readGuestFile(hostOf().guest, '/var/lib/eni-agent/checkpoint.json') !== undefined;
        expect(await waitFor(isInTheMiddle, 10_000, 1)).toBe(true);
        await killDaemon(daemon);
        await settled(daemon);
      });
      expect(readGuestFile(hostOf().guest, '/var/lib/eni-agent/checkpoint.json')).toBeUndefined();
      await asPlanned(hostOf());
      await allPing(hostOf());
    });

    test('a second daemon is refused', async () => {
      const { exitCode, stderr } = await runAgent(hostOf().guest, ['daemon']);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('lock-held');
    });

    test('SIGTERM leaves the network as it is', async () => {
      const before = await kernelText(hostOf());
      await unnoticed(() => stopDaemon(daemon));
      expect(await kernelText(hostOf())).toBe(before);
      await allPing(hostOf());
      expect((await readLog(daemon)).at(-1)?.message).toBe('stopped; the network stays as it is');
      if (image === 'networkd') expect(await serviceStatus(daemon)).toMatch(/Active: inactive \(dead\)/);
      expect((await runAgent(hostOf().guest, ['status'])).stdout).toContain('not running');
    });

    test('no stack trace in all its log', async () => {
      expect(await readRawLog(daemon)).not.toMatch(/\bat \S+ \(|node:internal|"stack"|UnhandledPromise/);
    });
  });

  /** A new process has made no repair yet. */
  async function restarted(of: Daemon): Promise<Daemon> {
    await stopDaemon(of);
    const next = await startDaemon(of.host, of);
    await settled(next);
    return next;
  }
}
