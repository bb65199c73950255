// It is not always the agent: the network service is stopped, the primary has lost its address, a section of the configuration is about an
// ENI that this machine never had. `doctor` names each of them, and blames nothing else.
import { expect } from 'vitest';
import { removeGuestFile, writeGuestFile } from '../guest-files.ts';
import type { Day, DayImage } from './day.ts';

const units: Readonly<Record<DayImage, string | undefined>> = {
  netplan: 'systemd-networkd',
  networkd: 'systemd-networkd',
  'networkmanager-keyfile': 'NetworkManager',
  // Its service only runs ifup at boot; to stop it is to take every link down.
  'ifupdown-systemd': undefined,
};

/** What takes the primary's address, so that the service does not put it back at once, and what gives it back. */
const undress: Readonly<Record<DayImage, readonly [take: string, giveBack: string]>> = {
  netplan: ['ip -4 address flush dev eth0 scope global', 'networkctl reconfigure eth0'],
  networkd: ['ip -4 address flush dev eth0 scope global', 'networkctl reconfigure eth0'],
  'networkmanager-keyfile': ['nmcli device disconnect eth0', 'nmcli device connect eth0'],
  'ifupdown-systemd': ['ip -4 address flush dev eth0 scope global', 'ifdown --force eth0; ifup eth0'],
};

export async function serviceTrouble(day: Day): Promise<void> {
  await strangeSection(day);
  await stoppedService(day);
  await barePrimary(day);
}

async function strangeSection(day: Day): Promise<void> {
  const file = '/etc/eni-agent/eni-agent.conf.d/90-strange.conf';
  writeGuestFile(day.host.guest, file, '[eni "02:00:00:00:00:77"]\nmtu = 1400\n');
  const { exitCode, stdout } = await day.eniAgent('doctor');
  removeGuestFile(day.host.guest, file);
  expect(stdout).toMatch(/^WARN {2}configuration: the section \[eni "02:00:00:00:00:77"\] matches no ENI/m);
  expect(exitCode).toBe(2);
}

async function stoppedService(day: Day): Promise<void> {
  const unit = units[day.image];
  if (unit === undefined) return;
  // A socket, where there is one, would start it again.
  await day.tries(`systemctl stop ${unit}.socket`);
  await day.sh(`systemctl stop ${unit}`);
  const { exitCode, stdout } = await day.eniAgent('doctor');
  const status = await day.eniAgent('status');
  await day.sh(`systemctl start ${unit}`);
  expect(stdout).toMatch(new RegExp(`^FAIL {2}network service: ${unit} is not running`, 'm'));
  expect(stdout).toContain(`systemctl start ${unit}`);
  expect(exitCode).toBe(2);
  expect(status.stdout).toContain('eth1');
  expect(status.exitCode, status.stdout + status.stderr).not.toBe(1);
  await primaryIsBack(day);
}

async function barePrimary(day: Day): Promise<void> {
  const [take, giveBack] = undress[day.image];
  await day.sh(take);
  const { exitCode, stdout } = await day.eniAgent('doctor');
  await day.tries(giveBack);
  await primaryIsBack(day);
  expect(stdout).toMatch(/^FAIL {2}primary: eth0 (has no IPv4 address|is down)$/m);
  // What does not answer, or was not even asked, is explained by it; where the primary has kept its IPv6, that endpoint answers.
  expect(stdout).toMatch(
    /^ {6}see "primary" above: without it|^SKIP {2}metadata: not asked|^ok {4}metadata: aws/m,
  );
  expect(stdout).not.toContain('hop limit');
  expect(exitCode).toBe(2);
}

async function primaryIsBack(day: Day): Promise<void> {
  await day.until('the primary has its lease', async () => {
    const { stdout } = await day.tries(
      'ip -4 route show default dev eth0; ip -4 -o address show dev eth0 scope global',
    );
    return /^default /m.test(stdout) && / inet /.test(stdout);
  });
  // A question that was asked meanwhile fails a moment later.
  await day.until('the metadata answers', async () => (await day.eniAgent('refresh')).exitCode === 0);
}
