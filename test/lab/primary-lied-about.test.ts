// Metadata that names another ENI as the primary, on images in which no file names the primary: DHCP on every NIC. A first pass that nobody can
// warn takes the primary over; a later one is not believed. With honest metadata the primary comes back to its service in one pass.
// needs: tree bookworm, tree trixie
// with --all only: four machines, and what it guards is in the scenarios too
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { startBackground, waitFor } from './command.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { inNamespace } from './namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import type { EniSpec } from './vpc-spec.ts';

const enis: readonly EniSpec[] = [0, 1].map(n => ({
  link: `eth${n}`,
  mac: `00:16:3e:00:00:0${n + 1}`,
  subnets: [{ subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] }],
}));
const macPath = '/latest/meta-data/mac';
const statePath = '/var/lib/eni-agent/state.json';

describe.each([
  ['networkd', 'bookworm', { 'etc/systemd/network/10-primary.network': '' }],
  ['networkd', 'trixie', { 'etc/systemd/network/10-primary.network': '' }],
  ['netplan', 'bookworm', { 'etc/netplan/50-cloud-init.yaml': '{}' }],
  // NetworkManager makes a profile of its own for a NIC that has none.
  [
    'networkmanager-keyfile',
    'bookworm',
    { 'etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection': '' },
  ],
] as const)('%s of %s', (image, suite, files) => {
  let host: AgentHost;
  beforeAll(async () => {
    const spec = { name: `lied${image.slice(0, 8)}`, provider: 'alibaba', enis } as const;
    host = await createAgentHost(spec, { image, suite, files });
  });
  afterAll(() => destroyAgentHost(host));

  const tellPrimary = (n: number) => host.metadata.send({ do: 'set', path: macPath, response: enis[n]!.mac });
  const show = (...words: readonly string[]) => guestOk(host.guest, ['ip', ...words]);
  const expectAllPings = async () => {
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  const expectHealed = async () => {
    expect(await show('-4', 'route', 'show', 'default')).toMatch(/^default via 10\.0\.0\.253 dev eth0 .*\n$/);
    expect(await show('-o', '-4', 'addr', 'show', 'eth0')).toMatch(/10\.0\.0\.10\/24 .* dynamic /);
    expect(await show('-o', '-4', 'addr', 'show', 'eth0')).not.toContain('10.0.0.10/32');
    expect(await show('rule')).not.toMatch(/from 10\.0\.0\.|oif eth0/);
    await expectAllPings();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  };
  /** Of five packets a second to the primary: how many came back in the meantime. */
  const countPackets = async (action: () => Promise<unknown>) => {
    const argv = ['ping', '-n', '-i', '0.2', '-c', '60', '-W', '1', '10.0.0.10'];
    const ping = startBackground(await inNamespace(host.vpc.router, argv));
    await waitFor(() => /icmp_seq=3/.test(ping.output()) || !ping.running(), 10_000);
    await action();
    await waitFor(() => !ping.running(), 60_000);
    return Number(/(\d+) received/.exec(ping.output())?.[1]);
  };

  test('a first pass takes the primary over; as by an earlier version it comes back with the first honest answer', async () => {
    await tellPrimary(1);
    await agentOk(host, ['once']);
    expect(await show('-o', '-4', 'addr', 'show', 'eth0')).toContain('10.0.0.10/32');
    await tellPrimary(0);
    const { primary: _, ...earlier } = JSON.parse(readGuestFile(host.guest, statePath)!);
    writeGuestFile(host.guest, statePath, JSON.stringify(earlier));
    const received = await countPackets(() => agentOk(host, ['once']));
    expect(received).toBeGreaterThan(30);
    await expectHealed();
  });

  test('from then on the lie is not believed: no event on the primary, no packet lost', async () => {
    await tellPrimary(1);
    const outcomes: string[] = [];
    const { events } = await countEvents(host.vpc, async () => {
      const { exitCode, stderr } = await runAgent(host.guest, ['once']);
      outcomes.push(`${exitCode} ${stderr}`);
    });
    expect(outcomes[0]).toMatch(
      /^1 .*names 00:16:3e:00:00:02 as the primary ENI, which was 00:16:3e:00:00:01/s,
    );
    expect(events.of('eth0')).toEqual([]);
    expect(events.of('eth1')).toEqual([]);
    await expectAllPings();
    await tellPrimary(0);
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });
});
