// `migrate` and `remove --image` under a real systemd: what stop, the links of enable, an alias over somebody's unit and daemon-reload
// really do, there and back, over a reboot. multi-nic-util is its unit, its rule and its scripts, with a trace of each run.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { createDaemonHost, settled, startDaemon } from './daemon-host.ts';
import { guestOk, runAgent, runInGuest } from './guest-commands.ts';
import { readGuestFile } from './guest-files.ts';
import { agentPaths } from './guest-init.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';

const eni = (n: number) => ({
  link: `eth${n}`,
  mac: `02:00:00:00:09:0${n}`,
  subnets: [{ subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] }],
});

const agentUnit = `[Service]
Type=notify
NotifyAccess=all
ExecStart=${agentPaths.node} ${agentPaths.bundle} daemon

[Install]
WantedBy=multi-user.target
Alias=eni.service
`;

const runs = '/var/lib/eni-runs';
const eniUnit = `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/eni-ifscan start
ExecStop=/usr/sbin/eni-ifscan stop

[Install]
WantedBy=multi-user.target
`;

const files = {
  'etc/systemd/system/eni-agent.service': agentUnit,
  'etc/systemd/system/eni.service': eniUnit,
  'etc/systemd/system/eni.service.d/x.conf': '[Service]\nEnvironment=X=1\n',
  'usr/sbin/eni-ifscan': `#!/bin/sh\n. /etc/eni_utils/eni-function\necho "$1" >> ${runs}\n`,
  'etc/eni_utils/eni-function': '# nothing\n',
  'usr/lib/udev/rules.d/61-eni.rules': 'SUBSYSTEM=="net", RUN+="/etc/eni_utils/net.hotplug"\n',
  // In its place as a package could have put it there; nothing of multi-nic-util in it.
  'usr/lib/udev/rules.d/60-net.rules': 'SUBSYSTEM=="net", NAME="$result"\n',
  'etc/sysconfig/network-scripts/ifcfg-eth1': 'DEVICE=eth1\nBOOTPROTO=dhcp\nEC2SYNC=yes\n',
};

describe('under systemd', () => {
  let host: AgentHost;
  beforeAll(async () => {
    const vpc = { name: 'migrate', provider: 'alibaba', enis: [eni(0), eni(1)] } as const;
    host = await createDaemonHost(vpc, { image: 'networkd', files });
    await sh(
      'chmod 4755 /usr/sbin/eni-ifscan; chmod 750 /etc/eni_utils; systemctl daemon-reload; systemctl enable --now eni.service',
    );
  });
  afterAll(() => destroyAgentHost(host));

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script], { timeout: 90_000 });
  /** Every file, mode, owner and time below the folders that a migration reaches, and what systemd says of the units. */
  const picture = () =>
    sh(`find /etc /usr/sbin /usr/lib/udev /usr/lib/systemd/system -xdev ! -type d ! -name 60-eni-\\* \
      -printf '%p %l %M %U:%G %s %Ts\\n' | sort
      systemctl show -p Id,ActiveState,UnitFileState,LoadState,DropInPaths eni.service eni-agent.service
      stat -c '%n %A' /etc/eni_utils /etc/systemd/system/eni.service.d; ip rule | grep -v '^[0-9]*:.from all'; true`);
  const states = async (unit: string) =>
    (await sh(`systemctl show -p Id -p ActiveState -p UnitFileState ${unit}`)).trim().split('\n').sort();
  const agentRuns = ['ActiveState=active', 'Id=eni-agent.service', 'UnitFileState=enabled'];
  const expectPings = async () => {
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  let before: string;

  test('migrate alone changes nothing', async () => {
    before = await picture();
    expect(await states('eni.service')).toEqual([
      'ActiveState=active',
      'Id=eni.service',
      'UnitFileState=enabled',
    ]);
    const out = await agentOk(host, ['migrate'], 2);
    expect(out).toContain('eni.service is active, enabled\n  stopping it runs: {');
    // One file, though /lib is a link to /usr/lib and has it too.
    expect(out.match(/\/rules\.d\/61-eni\.rules$/gm)).toHaveLength(1);
    expect(out).toContain('ifcfg-eth1: networkd owns the links here');
    expect(await picture()).toBe(before);
    expect(readGuestFile(host.guest, runs)).toBe('start\n');
  });

  test('--apply: its unit is stopped and gone, its name is the agent’s, which runs', async () => {
    const out = await agentOk(host, ['migrate', '--apply'], 2);
    expect(out).toContain('Migrated and verified.');
    expect(readGuestFile(host.guest, runs)).toBe('start\nstop\n');
    expect(await states('eni-agent.service')).toEqual(agentRuns);
    expect(await states('eni.service')).toEqual(agentRuns);
    expect(await sh('systemctl show -p DropInPaths --value eni-agent.service')).toBe('\n');
    // Others take the folder for the tool.
    await sh('! test -e /etc/eni_utils; ! test -e /etc/systemd/system/eni.service.d');
    expect(readGuestFile(host.guest, '/usr/lib/udev/rules.d/61-eni.rules')).toBeUndefined();
    expect(readGuestFile(host.guest, '/usr/lib/udev/rules.d/60-net.rules')).toContain('NAME=');
    await expectPings();
    expect(await agentOk(host, ['migrate', '--apply'], 2)).toContain('already migrated');
  });

  test('after a reboot the agent is there and the other one is not', async () => {
    await rebootGuest(host.guest);
    expect(await states('eni.service')).toEqual(agentRuns);
    await expectPings();
    expect(readGuestFile(host.guest, runs)).toBe('start\nstop\n');
  });

  test('--undo: files, modes, times, links and units are what they were', async () => {
    const out = await agentOk(host, ['migrate', '--undo']);
    expect(out).toContain('Undid the migration of');
    expect(await picture()).toBe(before);
    expect(readGuestFile(host.guest, runs)).toBe('start\nstop\nstart\n');
    expect(await sh('ls /var/lib/eni-agent')).not.toContain('migration');
  });

  test('a unit of that name that the agent cannot prove stays, and all is taken back', async () => {
    await sh('sed -i s/eni-ifscan/other/ /etc/systemd/system/eni.service; ln -s /bin/true /usr/sbin/other');
    const now = await picture();
    const { exitCode, stderr } = await runAgent(host.guest, ['migrate', '--apply']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/systemctl enable eni-agent\.service" failed .*; the migration was rolled back/);
    expect(await picture()).toBe(now);
  });
});

describe('remove --image', () => {
  let host: AgentHost;
  beforeAll(async () => {
    const vpc = { name: 'image', provider: 'alibaba', enis: [eni(0), eni(1)] } as const;
    host = await createDaemonHost(vpc, {
      image: 'networkd',
      agentConfig: '[daemon]\nmetrics = yes\n',
      files: { 'etc/systemd/system/eni-agent.service': agentUnit },
    });
    await settled(await startDaemon(host));
  });
  afterAll(() => destroyAgentHost(host));

  /** Files of the agent's places that mention the ENI or the instance. systemd's own notes of the links in /run are no part of an image. */
  const traces = async () => {
    const { stdout } = await runInGuest(host.guest, [
      ...['grep', '-rlE', '02:00:00:00:09:01|eni-0|i-0', '/etc', '/var/lib', '/var/cache'],
      '/run/eni-agent',
    ]);
    return stdout.split('\n').filter(line => line !== '');
  };

  test('refuses while the daemon runs; then nothing of the instance is left, and the next start makes it all anew', async () => {
    expect(await traces()).toContain('/var/lib/eni-agent/state.json');
    const refused = await runAgent(host.guest, ['remove', '--image']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('lock-held: systemctl stop eni-agent.service;');
    await guestOk(host.guest, ['systemctl', 'stop', 'eni-agent']);
    await agentOk(host, ['remove', '--image']);
    expect(await traces()).toEqual([]);
    expect((await guestOk(host.guest, ['ip', 'rule'])).trim().split('\n')).toHaveLength(3);
    await rebootGuest(host.guest);
    await settled(await startDaemon(host));
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  });
});
