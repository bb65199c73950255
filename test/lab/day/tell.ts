// The day, told once for each network service: the package is looked at before it may act, lives, is broken, is mended, and leaves.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plugged } from '../../matrix/enis.ts';
import type { Suite } from '../../needs/suites.ts';
import { allPing, kernelText } from '../daemon-steps.ts';
import { install } from '../package-guest.ts';
import { assignAddress, attachEni, detachEni } from '../vpc.ts';
import { chaptersOf } from './chapters.ts';
import { beginDay, type Day, type DayImage } from './day.ts';
import { allSay } from './views.ts';

async function installed(day: Day, version: string): Promise<void> {
  const { exitCode, stdout, stderr } = await install(day.host, day.package(version));
  expect(exitCode, stdout + stderr).toBe(0);
}

export function tellDay(suite: Suite, image: DayImage): void {
  describe(`${image} of ${suite}`, () => {
    let day: Day;
    beforeAll(async () => {
      day = await beginDay(suite, image);
    });
    afterAll(() => day?.end());

    const wasReloaded = image === 'netplan' && suite === 'bookworm';
    const isActive = async () => (await day.tries('systemctl is-active eni-agent')).stdout.trim();

    test('masked, to look first: installed it says what it would do, and does nothing', async () => {
      // docs/install.md has a way without a daemon-reload. Not everybody reads it.
      await day.sh('systemctl mask eni-agent');
      const before = await kernelText(day.host);
      await installed(day, '1.0-1');
      expect(await isActive()).toBe('inactive');
      for (const command of ['doctor', 'plan', 'status'])
        expect(await day.eniAgent(command), command).toMatchObject({ exitCode: 2 });
      expect(await kernelText(day.host)).toBe(before);
    });

    test('unmasked: the ENIs that are there work', async () => {
      await day.sh('systemctl unmask eni-agent; systemctl enable --now eni-agent');
      await day.settled();
      await allPing(day.host);
      await allSay(day, wasReloaded ? { trouble: /live only/ } : {});
    });

    // `mask` and `unmask` make a daemon-reload, which has netplan up to 1.1 write everybody's files anew.
    test.runIf(wasReloaded)('what is live only ends with the step that everybody names', async () => {
      const step = 'systemctl restart systemd-networkd';
      for (const command of ['status', 'doctor', 'status --cached'])
        expect((await day.eniAgent(...command.split(' '))).stdout, command).toContain(step);
      await day.sh(step);
      await day.until('networkd has loaded the files', () => day.report()?.liveOnly === null, 120_000);
      await day.mended();
      await day.settled();
      await allSay(day);
    });

    test('an ENI is attached, an address is assigned', async () => {
      await attachEni(day.host.vpc, plugged);
      await day.host.metadata.sync();
      await day.settled();
      await assignAddress(day.host.vpc, plugged.link, '10.0.3.72');
      await day.host.metadata.sync();
      expect(await day.eniAgent('refresh')).toMatchObject({ exitCode: 0 });
      await allPing(day.host);
      await allSay(day);
    });

    test('a good day has no line that somebody has to read', async () => {
      const warnings = (await day.journal('-p', 'warning', '-o', 'cat')).trim().split('\n');
      expect(warnings.filter(line => line !== '' && !line.startsWith('live only'))).toEqual([]);
      expect(warnings.filter(line => line.startsWith('live only'))).toHaveLength(wasReloaded ? 1 : 0);
    });

    for (const { name, tell } of chaptersOf(image))
      test(name, async () => {
        await tell(day);
        await day.settled();
        await allPing(day.host);
        await allSay(day);
      });

    test('an ENI is detached', async () => {
      await detachEni(day.host.vpc, plugged.link);
      await day.host.metadata.sync();
      await day.settled();
      await allSay(day);
    });

    test('an upgrade', async () => {
      await installed(day, '1.1-1');
      await day.settled();
      await allSay(day);
    });

    test('the package is removed: what it has configured stays; purged: nothing of it is left', async () => {
      await day.sh('dpkg -r eni-agent');
      await allPing(day.host);
      await day.sh('dpkg -P eni-agent');
      expect(await day.sh('ip rule; ip -6 rule')).not.toMatch(/lookup 28/);
      expect(await day.sh('ls /etc/systemd/system /run /var/lib')).not.toContain('eni-agent');
    });
  });
}
