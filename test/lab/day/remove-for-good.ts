// `remove` beside the daemon refuses and names the way out; `remove --stop` is for good, also over a reboot, and its own words bring all of it
// back.
import { expect } from 'vitest';
import { slack } from '../command.ts';
import { kernelText } from '../daemon-steps.ts';
import { rebootGuest } from '../guest-power.ts';
import type { Day } from './day.ts';

const folders = '/etc/network /etc/netplan /etc/systemd/network /etc/NetworkManager';

export async function removeForGood(day: Day): Promise<void> {
  const { host, tries, eniAgent } = day;
  const before = await kernelText(host);
  const refused = await eniAgent('remove');
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toContain('eni-agent.service would configure the ENIs again');
  expect(refused.stderr).toContain('"eni-agent remove --stop"');
  expect(await kernelText(host)).toBe(before);

  const removed = await eniAgent('remove', '--stop');
  expect(removed, removed.stderr).toMatchObject({ exitCode: 0 });
  const again = /^note: to have the ENIs configured again: (.*)$/m.exec(
    removed.stdout.replaceAll(/\n {2,}/g, ' '),
  )?.[1];
  expect(again, removed.stdout).toBe('systemctl --no-reload enable --now eni-agent.service');
  await isGone(day);
  await rebootGuest(host.guest);
  await isGone(day);
  expect(await tries(again!)).toMatchObject({ exitCode: 0 });
}

/** And stays so. */
async function isGone({ sh, tries }: Day): Promise<void> {
  for (const _ of [1, 2]) {
    expect((await tries('systemctl is-active eni-agent; systemctl is-enabled eni-agent')).stdout).toBe(
      'inactive\ndisabled\n',
    );
    expect(await sh(`grep -rls 'Written by eni-agent' ${folders} || :`)).toBe('');
    expect(await sh('ip rule; ip -6 rule')).not.toMatch(/^(28|33)\d{3}:/m);
    await new Promise(resolve => setTimeout(resolve, 4000 * slack));
  }
}
