// That a sandbox which is too narrow is seen: each of its kinds, planted, and found by what the other tests look at. And that the shipped units
// are accepted by systemd as they are, with the score that docs/systemd.md states.
// needs: tree trixie
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { readDocument } from '../unit/docs/documents.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { readReport } from './daemon-host.ts';
import { denialsOf, forgetDenials } from './denials.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { removeGuestFile, writeGuestFile } from './guest-files.ts';
import { createSystemdHost, shippedFiles } from './systemd-host.ts';

const unit = 'eni-agent.service';
const dropIn = `/etc/systemd/system/${unit}.d/planted.conf`;

let host: AgentHost;

beforeAll(async () => {
  host = await createSystemdHost(
    { name: 'denials', provider: 'aws', enis: [primary, first] },
    { image: 'networkd', suite: 'trixie' },
  );
});
afterEach(async () => {
  await runInGuest(host.guest, ['systemctl', 'stop', unit]);
  removeGuestFile(host.guest, dropIn);
  forgetDenials(host.guest);
});
afterAll(async () => destroyAgentHost(host));

async function startWith(lines: string): Promise<void> {
  writeGuestFile(host.guest, dropIn, `[Service]\n${lines}\n`);
  await guestOk(host.guest, ['systemctl', 'daemon-reload']);
  await guestOk(host.guest, ['systemctl', 'start', '--no-block', unit]);
}

const noted = (text: string) =>
  waitFor(() => denialsOf(host.guest).some(line => line.includes(text)), 20_000);

test('no netlink', async () => {
  await startWith('RestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6');
  expect(await noted('Address family not supported'), denialsOf(host.guest).join('\n')).toBe(true);
});

test('a folder that cannot be written', async () => {
  await startWith('ReadOnlyPaths=/etc/systemd');
  expect(await noted('EROFS'), denialsOf(host.guest).join('\n')).toBe(true);
  expect(await waitFor(() => readReport(host)?.error?.message.includes('EROFS') === true, 10_000)).toBe(true);
});

test('a call of a command that the filter refuses', async () => {
  // What `ip` asks the kernel with, and the daemon itself never uses.
  await startWith('SystemCallFilter=~sendmsg');
  expect(await noted('killed by SIGSYS'), denialsOf(host.guest).join('\n')).toBe(true);
});

test('a call of the daemon itself that the filter refuses', async () => {
  await startWith('SystemCallFilter=~fsync');
  const journal = () => guestOk(host.guest, ['journalctl', '-u', unit, '-o', 'cat', '--no-pager']);
  expect(await waitFor(async () => (await journal()).includes('status=31/SYS'), 20_000, 200)).toBe(true);
});

test('systemd takes each unit without a word', async () => {
  const units = Object.keys(shippedFiles()).filter(path => path.includes('/systemd/system/'));
  const paths = units.map(path => `/${path.replace('@.', '@sys-devices-virtual-net-eth1.')}`);
  expect(paths.length).toBe(7);
  const { stdout, stderr } = await runInGuest(host.guest, [
    'systemd-analyze',
    'verify',
    '--man=no',
    ...paths,
  ]);
  expect(`${stdout}${stderr}`.split('\n').filter(line => line.includes('eni-agent'))).toEqual([]);
});

test('the score is the stated one', async () => {
  const argv = [
    'systemd-analyze',
    'security',
    '--offline=true',
    '--no-pager',
    `/usr/lib/systemd/system/${unit}`,
  ];
  const score = /exposure level for \S+: ([0-9.]+) (\w+)/.exec(await guestOk(host.guest, argv));
  expect(readDocument('docs/systemd.md')).toContain(`**${score?.[1]} (${score?.[2]})**`);
});
