// Installations that are not the usual one: another tool has the ENIs or the name eni.service, a policy forbids to start services, there
// is no running systemd (an image build), the other variant of the package takes over, and dpkg has to go back in the middle.
// needs: tree trixie, package deb
// with --all only: what is not the usual way
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { allPing } from './daemon-steps.ts';
import { countEvents } from './event-counter.ts';
import type { GuestSpec } from './guest.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import {
  configure,
  createPackageHost,
  daemonPid,
  daemonState,
  dpkg,
  install,
  packageState,
  repack,
} from './package-guest.ts';
import { findPackage } from './packages.ts';

const wants = '/etc/systemd/system/multi-user.target.wants/eni-agent.service';
const alias = '/etc/systemd/system/eni.service';

/** The same files under the other name, as the legacy variant has them. */
function renameToLegacy(tree: string): void {
  const control = join(tree, 'DEBIAN/control');
  const text = readFileSync(control, 'utf8')
    .replace(/^Package: .*$/m, 'Package: eni-agent-legacy\nProvides: eni-agent')
    .replace(/^(Conflicts|Replaces): .*$/gm, '$1: eni-agent');
  writeFileSync(control, text);
}

const failing = (script: string) => (tree: string) =>
  appendFileSync(join(tree, 'DEBIAN', script), '\nexit 1\n');

let packages: Awaited<ReturnType<typeof repack>>;
let host: AgentHost | undefined;

beforeAll(async () => {
  packages = await repack(findPackage('eni-agent', 'deb'), {
    '1.0-1': undefined,
    '1.1-1': undefined,
    '1.2-1': failing('preinst'),
    '2.0-1': renameToLegacy,
  });
});
afterAll(() => packages?.remove());
afterEach(async () => {
  await destroyAgentHost(host);
  host = undefined;
});

async function machine(
  files: Readonly<Record<string, string>> = {},
  spec: GuestSpec = {},
): Promise<AgentHost> {
  host = await createPackageHost(
    { name: 'instcases', provider: 'aws', enis: [primary, first] },
    { suite: 'trixie', image: 'networkd', files, ...spec },
  );
  configure(host);
  return host;
}

async function installed(on: AgentHost, version = '1.0-1'): Promise<string> {
  const { exitCode, stdout, stderr } = await install(on, packages.path(version));
  expect(exitCode, stdout + stderr).toBe(0);
  return stdout + stderr;
}

const exists = async (on: AgentHost, path: string) =>
  (await runInGuest(on.guest, ['test', '-L', path])).exitCode === 0;

test('multi-nic-util is there: neither enabled nor started, and its eni.service stays what it is; nor does an upgrade', async () => {
  const unit = '[Service]\nExecStart=/bin/sleep inf\n';
  const on = await machine({ 'etc/eni_utils/eni-function': '', 'usr/lib/systemd/system/eni.service': unit });
  expect(await installed(on)).toContain('"eni-agent migrate" shows how to replace it');
  for (const version of ['1.1-1', '1.0-1']) {
    expect(await daemonState(on)).toBe('inactive');
    expect(await exists(on, wants)).toBe(false);
    expect(await guestOk(on.guest, ['systemctl', 'show', '-P', 'FragmentPath', 'eni.service'])).toMatch(
      /lib\/systemd\/system\/eni\.service/,
    );
    await installed(on, version);
  }
  // What `eni-agent migrate` ends with; from then on an upgrade restarts it.
  await guestOk(on.guest, ['systemctl', 'enable', '--now', 'eni-agent']);
  const pid = await daemonPid(on);
  await installed(on, '1.1-1');
  expect(await daemonState(on)).toBe('active');
  expect(await daemonPid(on)).not.toBe(pid);
  // What it has put aside is the only copy: no purge takes it.
  const copy = '/var/lib/eni-agent/migration/files/eni-function';
  writeGuestFile(on.guest, copy, 'theirs');
  expect((await dpkg(on, '-P', 'eni-agent')).exitCode).toBe(0);
  expect(readGuestFile(on.guest, copy)).toBe('theirs');
  expect(readGuestFile(on.guest, '/var/lib/eni-agent/state.json')).toBeUndefined();
});

test.each([
  ['of somebody else', { 'usr/lib/systemd/system/eni.service': '[Service]\nExecStart=/bin/sleep inf\n' }],
  [
    'that is the administrator’s',
    { 'etc/systemd/system/eni.service': '[Service]\nExecStart=/bin/sleep inf\n' },
  ],
])('an eni.service %s: the daemon runs, without the alias', async (_whose, files) => {
  const on = await machine(files);
  for (const version of ['1.0-1', '1.1-1']) {
    await installed(on, version);
    expect(await daemonState(on)).toBe('active');
    expect(await exists(on, wants)).toBe(true);
    expect(await exists(on, alias)).toBe(false);
  }
  await dpkg(on, '-P', 'eni-agent');
  expect(await exists(on, wants)).toBe(false);
  const [path] = Object.keys(files);
  expect(readGuestFile(on.guest, `/${path}`)).toContain('sleep inf');
});

test('a policy that forbids to start services is obeyed', async () => {
  const on = await machine();
  writeGuestFile(on.guest, '/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
  await installed(on);
  expect(await daemonState(on)).toBe('inactive');
  expect(await exists(on, wants)).toBe(true);
});

test('the administrator has disabled it: an upgrade neither enables nor starts it', async () => {
  const on = await machine();
  await installed(on);
  await guestOk(on.guest, ['systemctl', 'disable', '--now', 'eni-agent']);
  await installed(on, '1.1-1');
  expect(await daemonState(on)).toBe('inactive');
  expect(await exists(on, wants)).toBe(false);
});

test('masked before the installation, to look first: it is not started, and runs when it is enabled', async () => {
  const on = await machine();
  await guestOk(on.guest, ['ln', '-s', '/dev/null', '/etc/systemd/system/eni-agent.service']);
  await installed(on);
  expect(await daemonState(on)).toBe('inactive');
  await guestOk(on.guest, ['systemctl', 'unmask', 'eni-agent']);
  await guestOk(on.guest, ['systemctl', 'enable', '--now', 'eni-agent']);
  await installed(on, '1.1-1');
  expect(await daemonState(on)).toBe('active');
  expect(await exists(on, wants)).toBe(true);
  expect(await exists(on, alias)).toBe(true);
});

test('on-demand mode: an upgrade keeps it, and a purge leaves no link of it', async () => {
  const on = await machine();
  await installed(on);
  const units = ['eni-agent-once.path', 'eni-agent-once.timer'];
  await guestOk(on.guest, ['systemctl', 'disable', '--now', 'eni-agent']);
  await guestOk(on.guest, ['systemctl', 'enable', '--now', ...units]);
  await installed(on, '1.1-1');
  expect(await daemonState(on)).toBe('inactive');
  expect((await runInGuest(on.guest, ['systemctl', 'is-active', ...units])).stdout).toBe('active\nactive\n');
  const { exitCode, stdout, stderr } = await dpkg(on, '-P', 'eni-agent');
  expect(exitCode, stdout + stderr).toBe(0);
  const links = ['find', '/etc/systemd/system', '-lname', '*eni-agent*'];
  expect(await guestOk(on.guest, links)).toBe('');
  expect(
    await guestOk(on.guest, ['systemctl', 'list-units', '--all', '--plain', '--no-legend', 'eni-agent*']),
  ).toBe('');
});

test('an image build, where no systemd runs: enabled and not started; a purge leaves nothing', async () => {
  const on = await machine({}, { image: 'ifupdown' });
  await installed(on);
  expect(await exists(on, wants)).toBe(true);
  expect((await runInGuest(on.guest, ['pgrep', '-f', '[e]ni-agent.cjs'])).exitCode).toBe(1);
  const { exitCode, stdout, stderr } = await dpkg(on, '-P', 'eni-agent');
  expect(exitCode, stdout + stderr).toBe(0);
  expect(await exists(on, wants)).toBe(false);
  expect(await exists(on, '/var/lib/eni-agent')).toBe(false);
});

test('the other variant takes over and back: the daemon runs, no link has an event, and a purge of the old name takes nothing', async () => {
  const on = await machine();
  await installed(on);
  await allPing(on);
  for (const [version, name, old] of [
    ['2.0-1', 'eni-agent-legacy', 'eni-agent'],
    ['1.0-1', 'eni-agent', 'eni-agent-legacy'],
  ] as const) {
    const { events, result } = await countEvents(on.vpc, () =>
      install(on, packages.path(version), '--force-confold'),
    );
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(events.lines).toEqual([]);
    expect(await packageState(on, name)).toMatch(/^ii /);
    expect(await daemonState(on)).toBe('active');
    expect(await exists(on, wants)).toBe(true);
    await dpkg(on, '-P', old);
    expect(await packageState(on, old)).not.toMatch(/^rc/);
    expect(await daemonState(on)).toBe('active');
    await allPing(on);
  }
});

test('an upgrade that dpkg takes back in the middle: the old version goes on', async () => {
  const on = await machine();
  await installed(on);
  const { events, result } = await countEvents(on.vpc, () => install(on, packages.path('1.2-1')));
  expect(result.exitCode).not.toBe(0);
  expect(events.lines).toEqual([]);
  expect(await packageState(on)).toBe('ii 1.0-1');
  expect(await daemonState(on)).toBe('active');
  // And a stopped one is not taken for one that an upgrade has to leave alone.
  await dpkg(on, '-r', 'eni-agent');
  await installed(on, '1.1-1');
  expect(await daemonState(on)).toBe('active');
});

test('a purge ends the DHCP of an ENI, whose client the network service would keep: the link goes down', async () => {
  const on = await machine();
  configure(on, `[eni "${first.mac}"]\nmode = dhcp\n`);
  await installed(on);
  await allPing(on);
  const { events, result } = await countEvents(on.vpc, () => dpkg(on, '-P', 'eni-agent'), {
    settle: ['eth0'],
    linger: 2000,
  });
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  expect(events.of('eth0')).toEqual([]);
  const link = await guestOk(on.guest, ['sh', '-c', 'ip link show dev eth1; ip addr show dev eth1; ip rule']);
  expect(link).toContain('state DOWN');
  expect(link).not.toMatch(/10\.0\.1\.|lookup 28/);
});

test('ENI_AGENT_REMOVE=yes with a removal: the agent itself takes everything away', async () => {
  const on = await machine();
  await installed(on);
  await allPing(on);
  const { events, result } = await countEvents(
    on.vpc,
    () =>
      runInGuest(on.guest, ['dpkg', '-r', 'eni-agent'], {
        timeout: 60_000,
        env: { ENI_AGENT_REMOVE: 'yes' },
      }),
    { settle: ['eth0'] },
  );
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  expect(events.of('eth0')).toEqual([]);
  expect(await guestOk(on.guest, ['sh', '-c', 'ip rule; ip -6 rule'])).not.toMatch(/lookup 28/);
  expect(readGuestFile(on.guest, '/etc/systemd/network/07-eni-eth1.network')).toBeUndefined();
});
