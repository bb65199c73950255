// The RPM: installed by rpm into a root of its own, with its scriptlets under a running systemd; files and owners, presets, %config, upgrade,
// downgrade, a version that does not start, removal, with and without ENI_AGENT_REMOVE=yes.
// needs: tree bookworm, package rpm, programs packaging
// with --all only: the same life as with the deb, and it needs the rpm
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { allPing } from './daemon-steps.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import {
  configure,
  createPackageHost,
  daemonPid,
  daemonState,
  differences,
  fileTree,
} from './package-guest.ts';
import { findPackage } from './packages.ts';
import { bringRpm, repackRpm, rpm } from './rpm-guest.ts';

const conffile = '/etc/eni-agent/eni-agent.conf';
const eniFile = '/etc/systemd/network/07-eni-eth1.network';

let host: AgentHost;
let packages: Awaited<ReturnType<typeof repackRpm>>;
let before: ReadonlyMap<string, string>;

beforeAll(async () => {
  packages = await repackRpm(findPackage('eni-agent', 'rpm'), {
    '1.0': undefined,
    '1.1': undefined,
    '1.2': tree => appendFileSync(join(tree, conffile), '# A new default.\n'),
    '1.3': tree => writeFileSync(join(tree, 'usr/lib/eni-agent/eni-agent.cjs'), 'process.exit(3);\n'),
  });
  host = await createPackageHost(
    // An advertised default route would be joined with that of eth0, and its event would name both links.
    { name: 'instrpm', provider: 'aws', enis: [primary, { ...first, advertise: false }] },
    {
      suite: 'bookworm',
      image: 'networkd',
      // As RHEL has it.
      files: { 'usr/lib/systemd/system-preset/99-default-disable.preset': 'disable *\n' },
    },
  );
  await bringRpm(host);
  before = await fileTree(host);
  configure(host);
}, 300_000);
afterAll(async () => {
  packages?.remove();
  await destroyAgentHost(host);
});

const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
const state = async (property: string) =>
  (await runInGuest(host.guest, ['systemctl', property, 'eni-agent.service'])).stdout.trim();
const rulesOfOurs = async () => (await sh('ip rule; ip -6 rule')).match(/lookup 28\d\d\d/g);
const records = (path: string) => !path.startsWith('./var/lib/rpm') && !path.startsWith('./opt/rpm');

async function query(...args: string[]): Promise<string> {
  return (await rpm(host, args)).stdout;
}

/** `--nodeps`: what the package needs is there, but from Debian's packages, of which this database knows nothing. */
async function rpmOk(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await rpm(host, [...args, '--nodeps']);
  expect(exitCode, stdout + stderr).toBe(0);
  return stdout + stderr;
}

/** No link has an event. */
async function silently<T>(action: () => Promise<T>): Promise<T> {
  const { events, result } = await countEvents(host.vpc, action, { linger: 1000 });
  expect(events.lines).toEqual([]);
  return result;
}

test('install: the preset enables it, it runs, the ENI works, and the primary hears nothing', async () => {
  const { events } = await countEvents(host.vpc, () => rpmOk('-i', packages.path('1.0')), {
    settle: ['eth0'],
  });
  expect(events.of('eth0')).toEqual([]);
  expect([await state('is-enabled'), await state('is-active')]).toEqual(['enabled', 'active']);
  expect(await sh('readlink /etc/systemd/system/eni.service')).toContain('eni-agent.service');
  await allPing(host);
});

test('files as the package says: owner, mode, content', async () => {
  expect(await query('-V', '--nodeps', 'eni-agent')).toBe('');
  const listing = await query(
    '-q',
    '--qf',
    '[%{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEMODES:octal}\n]',
    'eni-agent',
  );
  const owners = listing.trim().split('\n');
  expect(owners.length).toBeGreaterThan(20);
  // No setuid, nothing that others may write; a link is 120777.
  for (const line of owners) expect(line).toMatch(/^root:root (40755|100644|100755|120777)$/);
});

test.each([
  ['the same version again', ['-U', '--replacepkgs'], '1.0'],
  ['upgrade', ['-U'], '1.1'],
  ['downgrade', ['-U', '--oldpackage'], '1.0'],
])('%s: another process, and no link has an event', async (_name, args, version) => {
  const pid = await daemonPid(host);
  await silently(() => rpmOk(...args, packages.path(version)));
  expect([await state('is-enabled'), await state('is-active')]).toEqual(['enabled', 'active']);
  expect(await daemonPid(host)).not.toBe(pid);
  expect(await query('-V', '--nodeps', 'eni-agent')).toBe('');
  await allPing(host);
});

test('an edited configuration stays, and a new default goes beside it', async () => {
  writeGuestFile(host.guest, conffile, '# mine\n');
  await silently(() => rpmOk('-U', packages.path('1.1')));
  expect(readGuestFile(host.guest, `${conffile}.rpmnew`)).toBeUndefined();
  await silently(() => rpmOk('-U', packages.path('1.2')));
  expect(readGuestFile(host.guest, conffile)).toBe('# mine\n');
  expect(readGuestFile(host.guest, `${conffile}.rpmnew`)).toContain('# A new default.');
});

test('a version that does not start: the network stays as it is, and the next one runs', async () => {
  expect(await silently(() => rpmOk('-U', packages.path('1.3')))).toContain('the network stays as it is');
  expect(await daemonState(host)).not.toBe('active');
  await allPing(host);
  await sh('systemctl stop eni-agent');
  await silently(() => rpmOk('-U', '--oldpackage', packages.path('1.2')));
  // Stopped by somebody, so an upgrade leaves it stopped.
  expect(await daemonState(host)).toBe('inactive');
  await sh('systemctl start eni-agent');
});

test('erase: the last configuration stays and works, also after a reboot', async () => {
  await silently(() => rpmOk('-e', 'eni-agent'));
  expect(await sh('pgrep -f [e]ni-agent.cjs || echo none')).toBe('none\n');
  await allPing(host);
  await rebootGuest(host.guest);
  await allPing(host);
  const left = differences(before, await fileTree(host)).filter(records);
  const kept = [
    ...[
      '',
      '/eni-agent.conf.d',
      '/eni-agent.conf.d/lab.conf',
      '/eni-agent.conf.rpmnew',
      '/eni-agent.conf.rpmsave',
    ].map(name => `./etc/eni-agent${name}`),
    `.${eniFile}`,
    './etc/udev/rules.d/70-eni-agent-primary.rules',
    ...['', '/history.jsonl', '/last-change.json', '/last-good-config.json', '/state.json'].map(
      name => `./var/lib/eni-agent${name}`,
    ),
  ];
  expect(left.toSorted()).toEqual(kept.map(path => `${path}: new`).toSorted());
});

test('ENI_AGENT_REMOVE=yes: nothing of the agent is left, on disk or in the kernel', async () => {
  await sh('rm -rf /etc/eni-agent');
  configure(host);
  await rpmOk('-i', packages.path('1.0'));
  await allPing(host);
  const { events, result } = await countEvents(
    host.vpc,
    () => rpm(host, ['-e', 'eni-agent'], { ENI_AGENT_REMOVE: 'yes' }),
    { settle: ['eth0'] },
  );
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  expect(events.of('eth0')).toEqual([]);
  expect(await rulesOfOurs()).toBeNull();
  await sh('rm -r /etc/eni-agent/eni-agent.conf.d; rmdir /etc/eni-agent');
  expect(differences(before, await fileTree(host)).filter(records)).toEqual([]);
});
