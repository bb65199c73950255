// The daemon as the packages run it, in its sandbox, through its whole work on each network service: what the sandbox denies fails the test.
// needs: tree trixie
// needs with --all: tree bookworm, tree bullseye
// more with --all: five machines instead of two
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eniSections, first, plugged, primary, second } from '../matrix/enis.ts';
import { partOf } from '../needs/selection.ts';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import {
  type Daemon,
  readLog,
  readRawLog,
  readReport,
  settled,
  startDaemon,
  stopDaemon,
} from './daemon-host.ts';
import { allPing, asPlanned, isUntouched, kernelText } from './daemon-steps.ts';
import { denialsOf } from './denials.ts';
import { guestOk } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import type { GuestImageName } from './images.ts';
import { ip } from './namespace.ts';
import { confinementOf, createSystemdHost, pidsOf, tryToWrite } from './systemd-host.ts';
import { assignAddress, attachEni, detachEni } from './vpc.ts';

interface Column {
  readonly image: GuestImageName;
  readonly suite: 'bullseye' | 'bookworm' | 'trixie';
  readonly addressing: 'static' | 'dhcp';
}

const columns: readonly Column[] = [
  { image: 'ifupdown-systemd', suite: 'bookworm', addressing: 'dhcp' },
  { image: 'netplan', suite: 'trixie', addressing: 'static' },
  { image: 'networkd', suite: 'trixie', addressing: 'static' },
  { image: 'networkd', suite: 'bullseye', addressing: 'static' },
  { image: 'networkmanager-keyfile', suite: 'bookworm', addressing: 'static' },
];

/** The default run has the ones of the newest Debian. */
const chosen = partOf(columns, ({ suite }) => suite === 'trixie');

const unit = 'eni-agent.service';
const hook =
  '#!/bin/sh\nread -r change\necho "$change" >> /var/tmp/hook-heard\ncat /proc/self/cgroup >> /var/tmp/hook-heard\n';
const agentConfig = `[daemon]
metrics = yes

[coexistence]
networkmanager-auto-default = primary-only

`;

describe.each(chosen)('$image on $suite, $addressing', ({ image, suite, addressing }) => {
  let host: AgentHost;
  let daemon: Daemon;
  const vpc = () => host.vpc;

  beforeAll(async () => {
    const name = `unit${image.slice(0, 8)}${suite}`.slice(0, 20).replaceAll('-', '');
    host = await createSystemdHost(
      { name, provider: 'aws', enis: [primary, first, second] },
      {
        image,
        suite,
        agentKeys: ['log-level = debug', 'verify-timeout = 15'],
        agentConfig: agentConfig + eniSections(addressing),
      },
    );
    writeGuestFile(host.guest, '/etc/eni-agent/hooks.d/hear', hook, 0o755);
    daemon = { host, process: undefined, earlierLog: '' };
  });
  afterAll(async () => {
    if (process.env.DAEMON_LOG !== undefined)
      console.info(await readRawLog(daemon).catch(String), denialsOf(host.guest));
    await destroyAgentHost(host);
  });

  test('starts, and has configured all ENIs when systemd says so', async () => {
    daemon = await startDaemon(host, daemon);
    await settled(daemon);
    await asPlanned(host);
    await allPing(host);
  });

  test('the sandbox is on', async () => {
    const { Seccomp, NoNewPrivs, CapBnd, CapEff } = await confinementOf(host, unit);
    // CAP_CHOWN is bit 0, CAP_NET_ADMIN bit 12.
    expect({ Seccomp, NoNewPrivs, CapBnd, CapEff }).toEqual({
      Seccomp: '2',
      NoNewPrivs: '1',
      CapBnd: '0000000000001001',
      CapEff: '0000000000001001',
    });
    for (const path of [
      '/usr/planted',
      '/etc/planted',
      '/opt/planted',
      '/boot/planted',
      '/proc/sys/kernel/hostname',
    ])
      expect(await tryToWrite(host, unit, path), path).toContain('Read-only file system');
    for (const path of [
      '/run/planted',
      '/etc/systemd/planted',
      '/var/lib/eni-agent/planted',
      '/var/cache/eni-agent/planted',
      '/proc/sys/net/ipv4/conf/eth0/rp_filter',
    ])
      expect(await tryToWrite(host, unit, path), path).toBe('');
  });

  test('hot-plug, an address assigned, a rule deleted', async () => {
    await isUntouched(host, async () => {
      await attachEni(vpc(), plugged);
      await host.metadata.sync();
      await settled(daemon);
    });
    await asPlanned(host);
    await allPing(host);
    await assignAddress(vpc(), 'eth3', '10.0.3.72');
    await host.metadata.sync();
    await agentOk(host, ['refresh']);
    await asPlanned(host);
    await allPing(host);
    // None of the programs that it has started has spoken to systemd in its name.
    expect(
      await guestOk(host.guest, ['systemctl', 'show', '-p', 'StatusText', '-p', 'StatusErrno', unit]),
    ).toBe('StatusText=secondary ENIs: 3 working\nStatusErrno=0\n');
    const good = await kernelText(host);
    await ip(vpc().guest, 'rule', 'del', 'priority', '28600');
    expect(await waitFor(async () => (await kernelText(host)) === good, 5000)).toBe(true);
    await settled(daemon);
  });

  test('the hook hears of it outside the sandbox, metrics are written, a reload is heard', async () => {
    const heard = () => readGuestFile(host.guest, '/var/tmp/hook-heard') ?? '';
    expect(await waitFor(() => heard().includes('10.0.3.72'), 10_000)).toBe(true);
    expect(heard()).not.toContain('eni-agent.service');
    expect(readGuestFile(host.guest, '/run/eni-agent/metrics.prom')).toContain('eni_agent_');
    await guestOk(host.guest, ['systemctl', 'reload', unit]);
    expect(await waitFor(() => readReport(host)?.lastTriggers.includes('reload') === true, 10_000)).toBe(
      true,
    );
  });

  test('a stop, a start and a crash change nothing', async () => {
    const before = await kernelText(host);
    const clients = await pidsOf(host, 'dhclient');
    // Of the primary and of each ENI.
    expect(clients.length).toBe(addressing === 'dhcp' ? 4 : 0);
    await isUntouched(host, async () => {
      await stopDaemon(daemon);
      expect(await pidsOf(host, 'dhclient')).toEqual(clients);
      expect(await kernelText(host)).toBe(before);
      daemon = await startDaemon(host, daemon);
      await settled(daemon);
      await guestOk(host.guest, ['systemctl', 'kill', '--signal=KILL', unit]);
      const { pid } = readReport(host)!;
      expect(await waitFor(() => readReport(host)?.pid !== pid, 20_000)).toBe(true);
      await settled(daemon);
    });
    expect(await pidsOf(host, 'dhclient')).toEqual(clients);
    expect(await kernelText(host)).toBe(before);
  });

  test('detach', async () => {
    await detachEni(vpc(), 'eth3');
    await host.metadata.sync();
    await waitFor(async () => !(await ip(vpc().guest, 'rule')).includes('10.0.3.'), 15_000);
    await settled(daemon);
    expect(readGuestFile(host.guest, '/var/lib/dhcp/dhclient.eth3.leases')).toBeUndefined();
    await asPlanned(host);
    await allPing(host);
  });

  test('nothing was denied', async () => {
    expect(denialsOf(host.guest)).toEqual([]);
    const bad = (await readLog(daemon)).filter(line => line.level === 'error' || line.level === 'warn');
    expect(bad).toEqual([]);
    expect(
      await guestOk(host.guest, ['systemctl', 'list-units', '--failed', '--no-legend', 'eni-agent*']),
    ).toBe('');
    expect(await guestOk(host.guest, ['systemctl', 'show', '-P', 'NRestarts', unit])).toBe('1\n');
  });
});
