// A person works by hand during a pause, takes a change back after looking what that would do, reads the history, and writes an archive for
// a report, in which nothing is that was planted.
import { expect } from 'vitest';
import type { HistoryEntry } from '../../../agent/history/entry.ts';
import { plugged } from '../../matrix/enis.ts';
import { kernelText } from '../daemon-steps.ts';
import { removeGuestFile, writeGuestFile } from '../guest-files.ts';
import { assignAddress, unassignAddress } from '../vpc.ts';
import type { Day } from './day.ts';

const address = '10.0.3.79';

export async function byHand(day: Day): Promise<void> {
  await pauseAndResume(day);
  await pauseThatEnds(day);
  await lookBeforeRollback(day);
  await archive(day);
}

const deleteRule = `ip rule del pref $(ip rule | sed -n 's/^\\(286[0-9]*\\):.*/\\1/p' | head -n 1)`;
const metric = (name: string) => `sed -n 's/^${name} //p' /run/eni-agent/metrics.prom`;

async function pauseAndResume(day: Day): Promise<void> {
  const { host, sh, eniAgent, report } = day;
  const before = await kernelText(host);
  expect((await eniAgent('pause', '10m')).stdout).toMatch(/^Paused until \d\d:\d\d UTC: /);
  expect(report()?.pausedUntil, 'pausedUntil').not.toBeNull();
  await sh(deleteRule);
  await day.until('it is seen', () => report()?.notAsPlanned.length === 1);
  for (const [command, exitCode] of [
    ['once', 2],
    ['refresh', 2],
    ['status', 2],
    ['doctor', 2],
  ] as const) {
    const said = await eniAgent(command);
    expect(said, command).toMatchObject({ exitCode });
    expect(said.stdout, command).toMatch(/paused by hand until \d\d:\d\d UTC, (9|10) minutes left/);
  }
  expect((await sh(metric('eni_agent_paused'))).trim()).toBe('1');
  expect((await sh(metric('eni_agent_enis_not_as_planned'))).trim()).toBe('1');
  expect((await day.tries('systemctl status -n 0 eni-agent')).stdout).toContain('paused by hand until');
  expect(await kernelText(host), 'nothing was repaired').not.toBe(before);
  expect(await eniAgent('resume')).toMatchObject({ exitCode: 0 });
  expect(await kernelText(host)).toBe(before);
  expect(report()?.pausedUntil).toBeNull();
  const lines = await day.journal('-o', 'cat', '-n', '30');
  expect(lines).toMatch(/paused by hand until[\s\S]*the pause is over/);
}

async function pauseThatEnds(day: Day): Promise<void> {
  const before = await kernelText(day.host);
  await day.eniAgent('pause', '5s');
  await day.sh(deleteRule);
  await day.until('it is back', async () => (await kernelText(day.host)) === before);
  await day.settled();
}

async function lookBeforeRollback(day: Day): Promise<void> {
  const { host, eniAgent } = day;
  const before = await kernelText(host);
  await assignAddress(host.vpc, plugged.link, address);
  await host.metadata.sync();
  expect(await eniAgent('refresh')).toMatchObject({ exitCode: 0 });
  await day.settled();
  const applied = await kernelText(host);
  const files = () => day.sh('cd / && find etc -type f -exec md5sum {} +');
  const filesBefore = await files();

  const preview = await eniAgent('rollback', '--dry-run', '--json');
  expect(preview.exitCode, preview.stderr).toBe(2);
  const told = JSON.parse(preview.stdout) as { enis: { removed: string[] }[]; files: { path: string }[] };
  expect(await kernelText(host)).toBe(applied);
  expect(await files()).toBe(filesBefore);
  expect(told.enis.flatMap(eni => eni.removed).join('\n')).toContain(address);
  expect(await eniAgent('rollback')).toMatchObject({ exitCode: 0 });
  expect(await kernelText(host)).toBe(before);
  const changed = difference(filesBefore, await files());
  for (const { path } of told.files) expect(changed).toContain(path.slice(1));

  const { stdout } = await eniAgent('history', '--json');
  const { entries } = JSON.parse(stdout) as { entries: HistoryEntry[] };
  // Both pauses held the same repair back: one entry.
  const last = entries.slice(-3).map(entry => `${entry.by} ${entry.result} ${entry.times}`);
  // A repair of an earlier chapter counts as well where nothing came between.
  const expected = [
    expect.stringMatching(/^daemon repaired \d+$/),
    'daemon applied 1',
    'rollback rolled-back-by-hand 1',
  ];
  expect(last).toEqual(expected);
  expect((await eniAgent('history', '-n', '1')).stdout).toContain(`changed: -${address}`);

  await unassignAddress(host.vpc, plugged.link, address);
  await host.metadata.sync();
  await eniAgent('refresh');
  await day.settled();
}

/** Paths whose line is in one of the lists alone. */
function difference(a: string, b: string): readonly string[] {
  const [then, now] = [a, b].map(text => new Set(text.split('\n')));
  const lines = [...then!].filter(l => !now!.has(l)).concat([...now!].filter(l => !then!.has(l)));
  return lines.map(line => line.replace(/^\w+ +/, ''));
}

const secret = 'Planted0ne';
const token = 'AQAEANtjW8OFMcqNZs0S5eYVYUd2ACIHz0_e-iGuQ3Ggx6yKQx4Pfw==';

async function archive(day: Day): Promise<void> {
  const { host, sh, eniAgent } = day;
  const planted = [
    ['/etc/NetworkManager/system-connections/office.nmconnection', `[vpn-secrets]\nremark=${secret}\n`],
    ['/root/keys.yaml', secret],
    ['/etc/eni-agent/hooks.d/notes.txt', `#!/bin/sh\n# ${secret}\n`],
  ] as const;
  await sh('mkdir -p /etc/NetworkManager/system-connections /etc/eni-agent/hooks.d');
  for (const [path, content] of planted) writeGuestFile(host.guest, path, content, 0o600);
  await host.metadata.send({
    do: 'merge',
    responses: {
      '/latest/user-data': secret,
      '/latest/meta-data/iam/security-credentials/role': `{"Token":"${token}"}`,
    },
  });
  await sh(`logger -t eni-agent 'sent ${token} and token=${secret}'`);
  const { exitCode, stdout } = await eniAgent('support', '/root');
  expect(exitCode, stdout).toBe(0);
  const file = /^Wrote (\S+)$/m.exec(stdout)![1]!;
  expect((await sh(`stat -c '%a %U' ${file}`)).trim()).toBe('600 root');
  await sh(`mkdir /root/opened && tar -xzf ${file} -C /root/opened --strip-components=1`);
  expect(await sh(`cd /root/opened && grep -rlF -e ${secret} -e ${token} . || :`)).toBe('');
  const names = await sh('cd /root/opened && find . -type f');
  for (const name of ['README.txt', 'metadata.json', 'kernel/rules-4.txt', 'journal/units.txt', 'plan.json'])
    expect(names.split('\n')).toContain(`./${name}`);
  expect(await sh('cat /root/opened/journal/*')).toContain('the pause is over');
  expect(await sh('ls /run/eni-agent')).not.toContain('support');
  const rendered = await eniAgent(
    ...['render', '--metadata', '/root/opened/metadata.json', '--backend', 'networkd', '--json'],
  );
  expect(rendered.exitCode, rendered.stderr).toBe(0);
  await sh(`rm -r /root/opened ${file}`);
  for (const [path] of planted) removeGuestFile(host.guest, path);
  await host.metadata.sync();
}
