// A machine with systemd-imds (systemd 261 and later), which writes a catch-all of its own before networkd starts: DHCP on each NIC, a table
// that only its marked packets use and, where it is locked, a route that keeps every other program from the metadata service. The program itself knows its
// cloud by the firmware and is not run: what it writes on EC2 is laid where it writes it, at the same moment.
// needs: tree forky
// with --all only: the default run does not rest on Debian testing, which changes every day
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import type { EniSpec } from './vpc-spec.ts';

const mark = '0x7FFF0815';
const endpoints = ['169.254.169.254', 'fd00:ec2::254'];

const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:0c:0${number}`,
  subnets: [
    // The image gives the primary one address alone.
    {
      subnet: `10.12.${number}.0/24`,
      addresses: (number === 0 ? [10] : [10, 11]).map(host => `10.12.${number}.${host}`),
    },
    { subnet: `2001:db8:c${number}::/64`, addresses: [`2001:db8:c${number}::10`] },
  ],
});

/** Without `Kind=!*`: a veth has a kind, a NIC of a cloud has none. */
function earlyNetwork(isLocked: boolean): string {
  const sections = endpoints.flatMap(endpoint => [
    ...(isLocked ? ['[Route]', `Destination=${endpoint}`, 'Type=prohibit'] : []),
    '[Route]',
    `Destination=${endpoint}`,
    ...(endpoint.includes(':') ? [] : ['Scope=link']),
    `Table=${mark}`,
    '[RoutingPolicyRule]',
    `Family=${endpoint.includes(':') ? 'ipv6' : 'ipv4'}`,
    `FirewallMark=${mark}`,
    `Table=${mark}`,
  ]);
  const head = ['[Match]', 'Type=ether', '[Network]', 'DHCP=yes', 'LinkLocalAddressing=ipv6', '[DHCP]'];
  return [...head, 'UseMTU=yes', '[Link]', 'RequiredFamilyForOnline=ipv4', ...sections, ''].join('\n');
}

async function createHost(name: string, isLocked: boolean): Promise<AgentHost> {
  const target = '/run/systemd/network';
  return createAgentHost(
    { name, provider: 'aws', enis: [eni(0), eni(1), eni(2)] },
    {
      image: 'networkd',
      suite: 'forky',
      agentKeys: ['verify-timeout = 30'],
      files: {
        // In the place of the image's own catch-all.
        'usr/lib/systemd/network/80-lab.network': '',
        'etc/imds-early.network': earlyNetwork(isLocked),
        'etc/systemd/system/systemd-networkd.service.d/imds.conf': `[Service]\nExecStartPre=+/bin/sh -c 'mkdir -p ${target} && cp /etc/imds-early.network ${target}/85-imds-early.network'\n`,
      },
    },
  );
}

describe('unlocked', () => {
  let host: AgentHost | undefined;
  beforeAll(async () => {
    host = await createHost('imdsopen', false);
  });
  afterAll(() => destroyAgentHost(host));
  const allAnswer = async () => {
    const results = await pingMatrix(host!.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };

  test('its catch-all had the ENIs, which are served in its place', async () => {
    const before = await guestOk(host!.guest, ['networkctl', '--no-pager', 'status', 'eth1']);
    expect(before).toContain('/run/systemd/network/85-imds-early.network');
    await agentOk(host!, ['once']);
    const after = await guestOk(host!.guest, ['networkctl', '--no-pager', 'status', 'eth1']);
    expect(after).toContain('/etc/systemd/network/07-eni-eth1.network');
    await allAnswer();
    expect(await agentOk(host!, ['once'])).toContain('Nothing to do.');
  });

  test('and after a reboot as well', async () => {
    await rebootGuest(host!.guest);
    await allAnswer();
    expect(await agentOk(host!, ['once'])).toContain('Nothing to do.');
  });

  test('doctor: it is here, and does nothing to the ENIs', async () => {
    const { stdout } = await runAgent(host!.guest, ['doctor', '--json']);
    const { findings } = JSON.parse(stdout);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'rivals',
        verdict: 'ok',
        saw: expect.stringMatching(/^systemd-imds /),
      }),
    );
  });
});

describe('locked', () => {
  let host: AgentHost | undefined;
  beforeAll(async () => {
    host = await createHost('imdslocked', true);
  });
  afterAll(() => destroyAgentHost(host));

  test('the route that keeps the agent out is named, and what opens it', async () => {
    expect(await guestOk(host!.guest, ['ip', 'route', 'show', 'type', 'prohibit'])).toContain(endpoints[0]);
    const { exitCode, stderr } = await runAgent(host!.guest, ['once']);
    expect(exitCode).toBe(1);
    const said = stderr.replace(/\s+/g, ' ');
    expect(said).toContain('a route of type prohibit');
    expect(said).toContain('systemd.imds.network=unlocked');
    expect(said).not.toMatch(/hop limit|HttpProtocolIpv6/);
  });

  test('doctor names the program', async () => {
    const { stdout } = await runAgent(host!.guest, ['doctor', '--json']);
    const { findings } = JSON.parse(stdout);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'rivals',
        verdict: 'warning',
        saw: expect.stringContaining('85-imds-early.network: Type=prohibit'),
        hint: expect.stringContaining('systemd.imds.network=unlocked'),
      }),
    );
  });
});
