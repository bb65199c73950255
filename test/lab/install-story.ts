// The life of the package on a machine, told once for each network service: installed, installed again, upgraded, a version that does not
// start, downgraded, removed, a reboot, purged. The primary hears nothing in all of it, and where nothing changes for the ENIs,
// no link does.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { first, plugged, primary } from '../matrix/enis.ts';
import { underTraffic } from '../matrix/steady.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { allPing } from './daemon-steps.ts';
import { countEvents } from './event-counter.ts';
import type { GuestSpec } from './guest.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import {
  configure,
  createPackageHost,
  daemonPid,
  daemonState,
  differences,
  dpkg,
  fileTree,
  install,
  packageState,
  repack,
} from './package-guest.ts';
import { findPackage } from './packages.ts';
import { attachEni } from './vpc.ts';

export interface InstallStory {
  readonly suite: 'bookworm' | 'trixie';
  readonly image: NonNullable<GuestSpec['image']>;
  /** The file of eth1. */
  readonly file: string;
}

/** Which links have no event: where the ENIs keep what they have, all. */
interface Silence {
  readonly silent: 'primary' | 'all';
}

const conffile = '/etc/eni-agent/eni-agent.conf';

/** A version whose program ends at once. */
function breakProgram(tree: string): void {
  writeFileSync(join(tree, 'usr/lib/eni-agent/eni-agent.cjs'), 'process.exit(3);\n');
}

export function tellInstallStory({ suite, image, file }: InstallStory): void {
  describe(`${image} of ${suite}`, () => {
    let host: AgentHost;
    let packages: Awaited<ReturnType<typeof repack>>;
    let before: ReadonlyMap<string, string>;

    beforeAll(async () => {
      const edits = { '1.0-1': undefined, '1.1-1': undefined, '1.2-1': breakProgram };
      packages = await repack(findPackage('eni-agent', 'deb'), edits);
      const name = `inst${suite.slice(0, 2)}${image.replace(/\W/g, '').slice(0, 9)}`;
      host = await createPackageHost({ name, provider: 'aws', enis: [primary] }, { suite, image });
      before = await fileTree(host);
      configure(host);
    });
    afterAll(async () => {
      packages?.remove();
      await destroyAgentHost(host);
    });

    const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
    const rulesOfOurs = async () => (await sh('ip rule; ip -6 rule')).match(/lookup 28\d\d\d/g);
    const links = ['eth1', 'eth3'];
    const works = async () => {
      const isThere = () =>
        links.every(link => readGuestFile(host.guest, file.replace('eth1', link)) !== undefined);
      expect(
        await waitFor(isThere, 15_000),
        (await runInGuest(host.guest, ['eni-agent', 'status'])).stdout,
      ).toBe(true);
      await allPing(host);
    };
    /** The primary's connection loses nothing either. */
    const quietly = async <T>(action: () => Promise<T>, { silent }: Silence): Promise<T> => {
      let result: T | undefined;
      const sources = silent === 'primary' ? (['10.0.9.10'] as const) : (['10.0.9.10', '10.0.1.30'] as const);
      const { events, result: traffic } = await countEvents(
        host.vpc,
        () =>
          underTraffic(host, [...sources] as [string, ...string[]], async () => {
            result = await action();
          }),
        { settle: silent === 'primary' ? ['eth0'] : ['eth0', 'eth1'], linger: 1000 },
      );
      const log = 'journalctl -b -o short-precise -u eni-agent -u systemd-networkd | tail -n 60';
      const heard = { losses: traffic.losses, eth0: events.of('eth0') };
      expect(heard, await sh(log)).toEqual({ losses: [], eth0: [] });
      if (silent === 'all') expect(events.lines).toEqual([]);
      return result as T;
    };
    const installed = async (version: string, options: Silence) => {
      const outcome = await quietly(() => install(host, packages.path(version)), options);
      expect(outcome.exitCode, outcome.stdout + outcome.stderr).toBe(0);
      expect(await packageState(host)).toBe(`ii ${version}`);
      return outcome.stdout + outcome.stderr;
    };

    test('install: from then on an ENI that is attached just works', async () => {
      await installed('1.0-1', { silent: 'primary' });
      expect(await daemonState(host)).toBe('active');
      expect(await sh('systemctl is-enabled eni-agent')).toBe('enabled\n');
      expect(await sh('readlink /etc/systemd/system/eni.service')).toMatch(
        /\/systemd\/system\/eni-agent\.service\n$/,
      );
      await quietly(
        async () => {
          for (const eni of [first, plugged]) await attachEni(host.vpc, eni);
          await host.metadata.sync();
          await works();
        },
        { silent: 'primary' },
      );
    });

    test.each([
      ['the same version again', '1.0-1'],
      ['upgrade', '1.1-1'],
      ['downgrade', '1.0-1'],
    ])('%s: another process, and no link has an event', async (_name, version) => {
      const pid = await daemonPid(host);
      await installed(version, { silent: 'all' });
      expect(await daemonState(host)).toBe('active');
      expect(await daemonPid(host)).not.toBe(pid);
      await works();
    });

    test('an edited configuration is kept, without a question', async () => {
      writeGuestFile(host.guest, conffile, '# mine\n');
      await installed('1.1-1', { silent: 'all' });
      expect(readGuestFile(host.guest, conffile)).toBe('# mine\n');
    });

    test('a version that does not start: the network and dpkg are sane, and the old one comes back', async () => {
      const said = await installed('1.2-1', { silent: 'all' });
      expect(said).toContain('the network stays as it is');
      expect(await daemonState(host)).not.toBe('active');
      await works();
      await installed('1.1-1', { silent: 'all' });
      expect(await waitFor(async () => (await daemonState(host)) === 'active', 10_000)).toBe(true);
    });

    test('a daemon that somebody has stopped stays stopped in an upgrade', async () => {
      await sh('systemctl stop eni-agent');
      await installed('1.1-1', { silent: 'all' });
      expect(await daemonState(host)).toBe('inactive');
      await sh('systemctl start eni-agent');
    });

    test('remove: the last configuration stays, and works without the agent', async () => {
      const { exitCode, stdout, stderr } = await quietly(() => dpkg(host, '-r', 'eni-agent'), {
        silent: 'all',
      });
      expect(exitCode, stdout + stderr).toBe(0);
      expect(await packageState(host)).toMatch(/^rc /);
      expect(await daemonState(host)).toBe('inactive');
      expect(await sh('pgrep -f [e]ni-agent.cjs || echo none')).toBe('none\n');
      await works();
    });

    test('after a reboot, too', async () => {
      await rebootGuest(host.guest);
      await allPing(host);
    });

    test('purge: nothing of the agent is left, on disk or in the kernel', async () => {
      expect((await rulesOfOurs())?.length).toBeGreaterThan(0);
      const { exitCode, stdout, stderr } = await quietly(() => dpkg(host, '-P', 'eni-agent'), {
        silent: 'primary',
      });
      expect(exitCode, stdout + stderr).toBe(0);
      expect(await rulesOfOurs()).toBeNull();
      expect(
        await sh('ip route show table 28000; ip route show table 28001; ip -6 route show table 28000'),
      ).toBe('');
      expect(await sh('ip -o addr')).not.toMatch(/eth[13].*(10\.0\.|2001:)/);
      expect(differences(before, await fileTree(host))).toEqual([]);
    });

    test('installed anew and purged at once', async () => {
      configure(host);
      await installed('1.0-1', { silent: 'primary' });
      await works();
      const { exitCode, stdout, stderr } = await quietly(() => dpkg(host, '-P', 'eni-agent'), {
        silent: 'primary',
      });
      expect(exitCode, stdout + stderr).toBe(0);
      expect(await rulesOfOurs()).toBeNull();
      expect(await sh('ip -o addr')).not.toMatch(/eth[13].*(10\.0\.|2001:)/);
      expect(differences(before, await fileTree(host))).toEqual([]);
    });
  });
}
