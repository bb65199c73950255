// Debian's cloud images (9 to 11) run DHCP on a hot-plugged ENI before anybody else: cloud-ifupdown-helper writes a stanza below
// /run and starts ifup. The agent comes second, ends that, and leaves no trace of it in main.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';

const stanza = '/run/network/interfaces.d/eth1';

describe('cloud-ifupdown-helper was faster', () => {
  let host: AgentHost;

  beforeAll(async () => {
    const eni = (n: number) => ({
      link: `eth${n}`,
      mac: `02:00:00:00:08:0${n}`,
      subnets: [{ subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] }],
    });
    host = await createAgentHost({ name: 'helper', provider: 'aws', enis: [eni(0), eni(1)] });
    const interfaces = readGuestFile(host.guest, '/etc/network/interfaces')!;
    writeGuestFile(
      host.guest,
      '/etc/network/interfaces',
      `${interfaces}\nsource-directory /run/network/interfaces.d\n`,
    );
    writeGuestFile(host.guest, '/etc/network/cloud-ifupdown-helper', '#!/bin/sh\n', 0o755);
    // What the helper makes of its template, and does, when the link appears.
    writeGuestFile(
      host.guest,
      stanza,
      'auto eth1\nallow-hotplug eth1\n\niface eth1 inet dhcp\n    metric 500\n',
    );
    await guestOk(host.guest, ['ifup', 'eth1']);
  });
  afterAll(() => destroyAgentHost(host));

  const clients = () => guestOk(host.guest, ['sh', '-c', 'ps ax -o args= | grep "[d]hclient" || true']);
  const main = () => guestOk(host.guest, ['ip', 'route', 'show', 'table', 'main']);

  test('its DHCP client, its default route and its stanza go; the addresses of the metadata come', async () => {
    expect(await main()).toContain('default via 10.0.1.1 dev eth1');
    expect(await clients()).toContain('eth1');
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    expect(await main()).not.toContain('eth1');
    expect(await clients()).not.toContain('eth1');
    expect(readGuestFile(host.guest, stanza)).toBeUndefined();
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('after a reboot it is ours from the start', async () => {
    await rebootGuest(host.guest);
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect(await main()).not.toContain('eth1');
  });
});
