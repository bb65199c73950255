// A daemon that stands still is killed by systemd and started again; one that works is left alone.
import { expect } from 'vitest';
import type { Day } from './day.ts';

const dropIn = '/run/systemd/system/eni-agent.service.d/watchdog.conf';

/** As shipped it is ten minutes: nobody waits for that. */
const seconds = 20;

export async function tellWatchdog(day: Day): Promise<void> {
  const show = async (property: string) => (await day.sh(`systemctl show -P ${property} eni-agent`)).trim();
  expect(await show('WatchdogUSec')).toBe('10min');
  await day.sh(
    `mkdir -p ${dropIn.replace(/\/[^/]*$/, '')}; printf '[Service]\\nWatchdogSec=${seconds}\\n' > ${dropIn}`,
  );
  await day.sh('systemctl daemon-reload; systemctl restart eni-agent');
  expect(await show('WatchdogUSec')).toBe(`${seconds}s`);
  await day.settled();

  const pid = await show('MainPID');
  await new Promise(resolve => setTimeout(resolve, 3 * seconds * 1000));
  expect(await show('MainPID')).toBe(pid);

  await day.sh(`kill -STOP ${pid}`);
  const isAnother = async () => !['0', pid].includes(await show('MainPID'));
  await day.until('another process', isAnother, 90_000);
  await day.until('a new daemon', () => day.report()?.pid !== Number(pid));
  await day.settled();
  expect(await day.journal('-o', 'cat', '-n', '50')).toMatch(
    /Watchdog timeout[\s\S]*eni-agent \S+ .*started/,
  );

  await day.sh(`rm ${dropIn}; systemctl daemon-reload; systemctl restart eni-agent`);
  expect(await show('WatchdogUSec')).toBe('10min');
}
