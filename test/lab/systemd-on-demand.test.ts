// The on-demand mode, under systemd and udev: a boot, a NIC that comes and goes, requests, a pass that fails; nothing stays in memory.
// needs: tree trixie
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, plugged, primary } from '../matrix/enis.ts';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { allPing, asPlanned } from './daemon-steps.ts';
import { denialsOf } from './denials.ts';
import { guestOk, runAgent, runInGuest } from './guest-commands.ts';
import { listGuestDir, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { ip } from './namespace.ts';
import { createSystemdHost, shippedText } from './systemd-host.ts';
import { assignAddress, attachEni, detachEni } from './vpc.ts';

const rules = 'usr/lib/udev/rules.d/61-eni-agent.rules';
const brokenConfig = '/etc/eni-agent/eni-agent.conf.d/broken.conf';
const drivers = ', DRIVERS=="?*"';

let host: AgentHost;
const isActive = async (unit: string) =>
  (await runInGuest(host.guest, ['systemctl', 'is-active', unit])).stdout.trim();
const requests = () => listGuestDir(host.guest, '/run/eni-agent/triggers');
/** How many passes the journal tells of. */
const passes = async () =>
  Number(
    await guestOk(host.guest, [
      'sh',
      '-c',
      'journalctl -b -u eni-agent-once -o cat | grep -c "^Finished\\|^Failed to start"; :',
    ]),
  );
/** Its own lines in the journal, since the boot: priority and message. */
const journal = async () => {
  const words = ['journalctl', '-b', '-t', 'eni-agent', '-o', 'json', '--no-pager'];
  const lines = (await guestOk(host.guest, words)).split('\n').filter(line => line !== '');
  return lines.map(line => {
    const { PRIORITY, MESSAGE } = JSON.parse(line) as Readonly<Record<string, string>>;
    return `${PRIORITY} ${MESSAGE!.startsWith('{') ? JSON.parse(MESSAGE!).msg : MESSAGE}`;
  });
};
const rulesOf = () => ip(host.vpc.guest, 'rule');
const isIdle = async () =>
  requests().length === 0 && (await isActive('eni-agent-once.service')) !== 'activating';

/** Command lines of the agent's processes. */
const resident = async () => (await runInGuest(host.guest, ['pgrep', '-af', '/usr/lib/eni-agent/'])).stdout;
const ask = () => guestOk(host.guest, ['touch', '/run/eni-agent/triggers/hotplug']);

/** What udev knows of a link, once it is through with it. systemd has no device units in a guest, so nothing follows here. */
async function wantsOf(link: string): Promise<string> {
  await guestOk(host.guest, ['udevadm', 'settle']);
  return guestOk(host.guest, ['udevadm', 'info', `/sys/class/net/${link}`]);
}

async function planned(): Promise<void> {
  expect(await waitFor(isIdle, 30_000, 100)).toBe(true);
  await asPlanned(host);
  await allPing(host);
}

beforeAll(async () => {
  const rule = shippedText('61-eni-agent.rules');
  expect(rule).toContain(drivers);
  host = await createSystemdHost(
    { name: 'ondemand', provider: 'aws', enis: [primary, first] },
    {
      image: 'networkd',
      suite: 'trixie',
      files: {
        // /sys of a guest is read-only, and a veth has no driver.
        'etc/systemd/system/systemd-udevd.service.d/lab.conf': '[Unit]\nConditionPathIsReadWrite=\n',
        [rules]: rule.replace(drivers, ''),
        'etc/cloud/cloud-init.disabled': '',
      },
    },
  );
});
afterAll(async () => {
  if (process.env.DAEMON_LOG !== undefined) await destroyAgentHost(host);
});

test('enabling it makes the link that the udev rule and status go by', async () => {
  await guestOk(host.guest, ['systemctl', 'enable', 'eni-agent-once.path']);
  expect(
    await guestOk(host.guest, ['systemctl', 'is-enabled', 'eni-agent-once.path', 'eni-agent-once.timer']),
  ).toBe('enabled\nenabled\n');
  expect((await runAgent(host.guest, ['status'])).stdout).toContain('on demand: no daemon');
});

test('a boot configures everything, and nothing stays', async () => {
  await rebootGuest(host.guest);
  expect(await waitFor(async () => (await rulesOf()).includes('10.0.1.'), 30_000, 100)).toBe(true);
  await planned();
  expect(await isActive('eni-agent-once.path')).toBe('active');
  expect(await isActive('eni-agent-once.timer')).toBe('active');
  expect(await resident()).toBe('');
});

test('a NIC comes, its metadata three seconds later', async () => {
  await attachEni(host.vpc, plugged);
  expect(await wantsOf('eth3')).toContain('E: SYSTEMD_WANTS=eni-agent-hotplug@.service\n');
  // What that unit does when the link comes, and again when it goes.
  await ask();
  await new Promise(resolve => setTimeout(resolve, 3000));
  expect(await rulesOf()).not.toContain('10.0.3.');
  await host.metadata.sync();
  expect(await waitFor(async () => (await rulesOf()).includes('10.0.3.'), 20_000, 100)).toBe(true);
  await planned();
});

test('any file in the folder is a request', async () => {
  await assignAddress(host.vpc, 'eth3', '10.0.3.72');
  await host.metadata.sync();
  await ask();
  await waitFor(async () => (await ip(host.vpc.guest, '-o', 'addr')).includes('10.0.3.72/'), 20_000, 100);
  await planned();
});

test('refresh makes the pass itself, and says why', async () => {
  expect(await agentOk(host, ['refresh'])).toMatch(
    /^The agent runs on demand: this command runs the pass itself\.\n/,
  );
});

test('a NIC goes', async () => {
  await detachEni(host.vpc, 'eth3');
  await ask();
  await host.metadata.sync();
  expect(await waitFor(async () => !(await rulesOf()).includes('10.0.3.'), 20_000, 100)).toBe(true);
  await planned();
});

test('no request, no pass', async () => {
  const before = await passes();
  expect(before).toBeGreaterThan(2);
  await new Promise(resolve => setTimeout(resolve, 4000));
  expect(await passes()).toBe(before);
});

test('a pass that fails is not repeated for ever, and the next request is served', async () => {
  const before = await passes();
  writeGuestFile(host.guest, brokenConfig, '[agent]\ncolour = blue\n');
  await ask();
  expect(
    await waitFor(async () => (await isActive('eni-agent-once.service')) === 'failed', 10_000, 100),
  ).toBe(true);
  await new Promise(resolve => setTimeout(resolve, 3000));
  expect(await passes()).toBe(before + 1);
  expect(await isActive('eni-agent-once.path')).toBe('active');
  removeGuestFile(host.guest, brokenConfig);
  await ask();
  expect(
    await waitFor(async () => (await isActive('eni-agent-once.service')) === 'inactive', 10_000, 100),
  ).toBe(true);
});

test('the journal: a line for each change, errors for the pass that failed, nothing for the others', async () => {
  const lines = await journal();
  const changes = lines.filter(line => line.startsWith('6 '));
  // What the image's own catch-all has configured before is changed, else it is added.
  const kinds = changes.map(line => /^6 (\w+): /.exec(line)?.[1]?.replace('added', 'changed'));
  expect(kinds).toEqual(['changed', 'changed', 'changed', 'removed']);
  expect(changes[0]).toMatch(/: \+10\.0\.1\.30, /);
  expect(changes[1]).toMatch(/: \+10\.0\.3\.70, /);
  expect(changes[2]).toBe('6 changed: +10.0.3.72');
  const others = lines.filter(line => !line.startsWith('6 '));
  expect(others.filter(line => !line.startsWith('3 '))).toEqual([]);
  expect(others[0]).toMatch(/^3 eni-agent: .*colour/);
});

test('one mode at a time', async () => {
  await guestOk(host.guest, ['systemctl', 'start', 'eni-agent.service']);
  expect(await resident()).toContain('daemon');
  expect(await isActive('eni-agent-once.path')).toBe('inactive');
  expect(await isActive('eni-agent-once.timer')).toBe('inactive');
  await guestOk(host.guest, ['systemctl', 'start', 'eni-agent-once.path']);
  expect(await waitFor(async () => (await isActive('eni-agent.service')) === 'inactive', 10_000, 100)).toBe(
    true,
  );
  await planned();
});

test('nothing was denied', () => {
  expect(denialsOf(host.guest)).toEqual([]);
});

test("in the daemon's mode udev starts nothing", async () => {
  await guestOk(host.guest, ['systemctl', 'disable', 'eni-agent-once.path']);
  await guestOk(host.guest, ['systemctl', 'enable', 'eni-agent.service']);
  await rebootGuest(host.guest);
  expect(await waitFor(async () => (await isActive('eni-agent.service')) === 'active', 30_000, 100)).toBe(
    true,
  );
  await attachEni(host.vpc, plugged);
  await host.metadata.sync();
  expect(await waitFor(async () => (await rulesOf()).includes('10.0.3.'), 20_000, 100)).toBe(true);
  expect(await wantsOf('eth3')).not.toContain('SYSTEMD_WANTS');
  expect(await isActive('eni.service')).toBe('active');
});
