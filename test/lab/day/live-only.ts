// netplan up to 1.1 after somebody's daemon-reload, when nobody holds the files that networkd has loaded: a reload would drop the primary's lease, so
// that new ENIs are configured without networkd. They work, nothing fights, and everybody says how to end it.
import { expect } from 'vitest';
import { metricsPath } from '../../../agent/daemon/metrics/file.ts';
import { slack, startBackground } from '../command.ts';
import { allPing } from '../daemon-steps.ts';
import { countEvents } from '../event-counter.ts';
import { readGuestFile } from '../guest-files.ts';
import { inNamespace } from '../namespace.ts';
import { attachEni, detachEni } from '../vpc.ts';
import type { EniSpec } from '../vpc-spec.ts';
import type { Day } from './day.ts';
import { allSay } from './views.ts';

const links = ['eth5', 'eth6', 'eth7'] as const;
const specs: readonly EniSpec[] = links.map((link, index) => ({
  link,
  mac: `02:00:00:00:01:0${index}`,
  subnets: [{ subnet: `10.0.2${index}.0/24`, addresses: [`10.0.2${index}.10`, `10.0.2${index}.11`] }],
}));
const says = /live only: systemd-networkd has not loaded the files of eth5, eth6, eth7/;

/** Longer than a look, much shorter than a brake. */
const longestMs = 8000 * slack;

export async function liveOnly(day: Day): Promise<void> {
  const { host, sh } = day;
  const { vpc } = host;
  const warnedBefore = await warnings(day);
  await sh('rm -r /run/eni-agent/netplan-loaded; systemctl daemon-reload');
  const defaults = await watchDefaults(day);
  const { events } = await countEvents(
    vpc,
    async () => {
      for (const spec of specs) {
        await attachEni(vpc, spec);
        await host.metadata.sync();
        await day.until(`${spec.link} works`, () => day.report()?.enis.some(isWorking(spec.link)) === true);
      }
      for (const link of links) await renew(day, link);
    },
    { settle: ['eth0'] },
  );
  expect(events.of('eth0'), 'events of the primary').toEqual([]);
  expect(
    events.lines.filter(line => /Deleted (28|33)\d{3}:/.test(line)),
    'rules that a hot-plug took',
  ).toEqual([]);
  expect(await defaults.longest(), 'time with a second default route in main').toBeLessThan(longestMs);
  expect(day.report()?.brake).toBeNull();
  expect(await day.journal('-o', 'cat')).not.toContain('repairs are paused');

  await allPing(host);
  await allSay(day, { trouble: says });
  expect(day.report()?.liveOnly).toMatchObject({
    links: [...links],
    nextStep: expect.stringMatching(/restart/),
  });
  expect(readGuestFile(host.guest, metricsPath)).toContain('eni_agent_enis_live_only 3\n');
  expect(await warnings(day)).toBe(warnedBefore + 1);

  const ended = await countEvents(
    vpc,
    async () => {
      await sh('systemctl restart systemd-networkd');
      await day.until('networkd has loaded the files', () => day.report()?.liveOnly === null, 120_000);
    },
    { settle: ['eth0'] },
  );
  // Its lease stays; the route to its subnet is another one for the kernel, and is added before the old one goes.
  expect(ended.events.deletionsOf('eth0').filter(line => /inet|default/.test(line))).toEqual([]);
  await day.mended();
  await day.settled();
  await allPing(host);
  await allSay(day);

  for (const link of links) {
    await detachEni(vpc, link);
    await host.metadata.sync();
  }
}

const isWorking =
  (link: string) =>
  (eni: { readonly link: string | undefined; readonly state: string }): boolean =>
    eni.link === link && eni.state === 'working';

/** The catch-all's client still has a lease there, and brings its routes with each renewal. */
async function renew({ sh, until }: Day, link: string): Promise<void> {
  await sh(`networkctl renew ${link}`);
  await sh('sleep 1');
  const show = `ip -4 route show dev ${link} | grep -v 'proto kernel' || :`;
  await until(`the routes of ${link} in main are gone again`, async () => (await sh(show)).trim() === '');
}

/** Lines with the warning. */
async function warnings(day: Day): Promise<number> {
  return [...(await day.journal('-o', 'cat')).matchAll(/live only: systemd-networkd/g)].length;
}

/** Looks at the default routes of main all the time. */
async function watchDefaults({ host }: Day) {
  const look = 'while :; do echo "$(date +%s%3N) $(ip -4 -o route show default | wc -l)"; sleep 0.02; done';
  const watch = startBackground(await inNamespace(host.vpc.guest, ['sh', '-c', look]));
  return {
    /** Ends it. @returns milliseconds for which there was more than one in a row */
    async longest(): Promise<number> {
      await watch.stop();
      let since: number | undefined;
      let longest = 0;
      const looks = watch
        .output()
        .split('\n')
        .map(line => line.split(' ').map(Number));
      expect(looks.length).toBeGreaterThan(20);
      for (const [at = 0, count = 0] of looks) {
        since = count > 1 ? (since ?? at) : undefined;
        if (since !== undefined) longest = Math.max(longest, at - since);
      }
      return longest;
    },
  };
}
