// Somebody breaks the configuration: the reload fails and says why, the daemon goes on by the last good one, also after a restart, everybody
// still sees the ENIs, and what is mended is in force by itself. Where no last good one is known the unit fails, and nothing is touched.
import { expect } from 'vitest';
import { lastGoodPath } from '../../../agent/config/last-good.ts';
import { kernelText } from '../daemon-steps.ts';
import { removeGuestFile, writeGuestFile } from '../guest-files.ts';
import type { Day } from './day.ts';
import { allSay } from './views.ts';

const broken = '/etc/eni-agent/eni-agent.conf.d/90-broken.conf';
const trouble = new RegExp(`${broken}:1: unknown section \\[agnet\\]; did you mean \\[agent\\]`);

export async function wrongConfig(day: Day): Promise<void> {
  const { host, sh, tries, eniAgent, journal } = day;
  const before = await kernelText(host);
  const property = async (name: string) => (await sh(`systemctl show -p ${name} --value eni-agent`)).trim();
  const knows = (is: boolean) =>
    day.until(`the daemon finds the configuration ${is ? 'wrong' : 'right'}`, async () => {
      const report = day.report();
      return report?.pid === Number(await property('MainPID')) && (report.configProblem !== null) === is;
    });

  writeGuestFile(host.guest, broken, '[agnet]\nlog-level = info\n[daemon]\nperiod = 5\n');
  const checked = await eniAgent('check-config');
  expect(checked).toMatchObject({ exitCode: 64, stderr: '' });
  expect(checked.stdout).toMatch(trouble);
  expect(checked.stdout).toContain(`${broken}:4: [daemon] period = "5": must be`);
  expect((await tries('systemctl reload eni-agent')).exitCode).not.toBe(0);
  expect(await journal('-p', 'err')).toContain(`${broken}:4: [daemon] period = "5": must be`);
  await knows(true);
  await allSay(day, { trouble });

  await sh('systemctl restart eni-agent');
  await knows(true);
  await day.settled();
  expect([await property('NRestarts'), await property('ActiveState')]).toEqual(['0', 'active']);
  expect(await property('StatusText')).toMatch(trouble);
  await allSay(day, { trouble });
  expect(await kernelText(host)).toBe(before);

  removeGuestFile(host.guest, broken);
  await knows(false);
  await sh('systemctl reload eni-agent');
  await allSay(day);

  await sh(`systemctl stop eni-agent; rm ${lastGoodPath}`);
  writeGuestFile(host.guest, broken, '[agnet]\n');
  expect((await tries('systemctl start eni-agent')).exitCode).not.toBe(0);
  // One that is to be started again would be "activating".
  expect([await property('ActiveState'), await property('ExecMainStatus')]).toEqual(['failed', '64']);
  expect(await sh('systemctl --failed')).toContain('eni-agent.service');
  const status = await eniAgent('status');
  expect(status, status.stdout).toMatchObject({ exitCode: 2 });
  expect(status.stdout).toContain('shown by the defaults');
  expect(await kernelText(host)).toBe(before);
  removeGuestFile(host.guest, broken);
  await sh('systemctl start eni-agent');
}
