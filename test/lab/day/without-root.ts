// Monitoring without root: `status`, `plan` and `doctor` as nobody end as those of root do, and say what they could not read. `--cached` asks
// nobody, and so answers also where there is no network.
import { expect } from 'vitest';
import type { Outcome } from '../command.ts';
import type { Day } from './day.ts';
import { asNobody } from './views.ts';

const secretOf = {
  netplan: '/etc/netplan/60-eni-eth1.yaml',
  'networkmanager-keyfile': '/etc/NetworkManager/system-connections/eni-eth1.nmconnection',
} as const;

export async function withoutRoot(day: Day): Promise<void> {
  const { image, sh, tries, eniAgent } = day;
  const alike = async (expected: number) => {
    for (const command of ['status', 'plan', 'doctor']) {
      const [root, nobody] = [await eniAgent(command), await tries(`${asNobody} eni-agent ${command}`)];
      // An image may have a rival, whose files only root may read.
      const codeOf = ({ exitCode, stdout }: Outcome) =>
        command === 'doctor' ? (/^(WARN|FAIL)(?! *rivals)/m.test(stdout) ? 2 : 0) : exitCode;
      expect(codeOf(root), `${command} of root\n${root.stdout}`).toBe(expected);
      expect(codeOf(nobody), `${command} of nobody\n${nobody.stdout}${nobody.stderr}`).toBe(expected);
    }
  };
  await alike(0);
  const { stdout } = await tries(`${asNobody} eni-agent status`);
  const secret = image === 'netplan' || image === 'networkmanager-keyfile' ? secretOf[image] : undefined;
  if (secret === undefined) expect(stdout).not.toContain('not readable');
  else expect(stdout).toMatch(new RegExp(`not readable without root:\n(.*\n)*  ${secret}\n`));
  expect((await eniAgent('status')).stdout).not.toContain('not readable');

  // A rule that is missing is seen by both; a pause keeps the daemon from mending it meanwhile.
  await sh('eni-agent pause 10m');
  await sh('ip -4 rule del priority 28600');
  await alike(2);
  expect((await tries(`${asNobody} eni-agent status`)).stdout).toContain('missing: rule 4 28600');
  await sh('eni-agent resume');
  await alike(0);

  // In a namespace that has no link nothing can be asked.
  const cached = await tries(`unshare -n ${asNobody} eni-agent status --cached --brief`);
  expect(cached).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^OK - 3 ENIs working; /) });
}
