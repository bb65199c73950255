// The [eni "MAC"] options on the real ifupdown: each does what it says, is undone when it goes, and the primary hears nothing.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost, networkState } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk } from './guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';

const mac = '02:00:00:00:07:01';
const file = '/etc/eni-agent/eni-agent.conf.d/test.conf';

describe('options of an ENI', () => {
  let host: AgentHost;
  let plain = '';

  beforeAll(async () => {
    const eni = (n: number, addresses: readonly string[]) => ({
      link: `eth${n}`,
      mac: `02:00:00:00:07:0${n}`,
      subnets: [
        { subnet: `10.0.${n}.0/24`, addresses },
        { subnet: `2001:db8:${n}::/64`, addresses: [`2001:db8:${n}::10`] },
      ],
    });
    const enis = [eni(0, ['10.0.0.10']), eni(1, ['10.0.1.10', '10.0.1.11'])];
    host = await createAgentHost({ name: 'options', provider: 'aws', enis });
    await agentOk(host, ['once']);
    plain = await networkState(host);
  });
  afterAll(() => destroyAgentHost(host));

  const show = (...args: readonly string[]) => guestOk(host.guest, ['ip', ...args]);

  /** Sets the options, applies, looks, reboots without the agent, looks again, takes the options away, and is back at the start. */
  async function withOptions(
    options: readonly string[],
    look: () => Promise<void>,
    pings = true,
  ): Promise<void> {
    const allPings = async () => {
      if (!pings) return;
      const results = await pingMatrix(host.guest);
      expect(failedPings(results), renderMatrix(results)).toEqual([]);
    };
    writeGuestFile(host.guest, file, `[eni "${mac}"]\n${options.join('\n')}\n`);
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    await look();
    await allPings();
    await rebootGuest(host.guest);
    await look();
    await allPings();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    removeGuestFile(host.guest, file);
    await agentOk(host, ['once']);
    expect(await networkState(host)).toBe(plain);
  }

  test('connected-route: main has the subnets on-link by this ENI', async () => {
    await withOptions(['connected-route = yes'], async () => {
      expect(await show('route', 'show', '10.0.1.0/24')).toContain(
        'dev eth1 proto kernel scope link src 10.0.1.10',
      );
      expect(await show('-6', 'route', 'show', '2001:db8:1::/64')).toContain('dev eth1');
    });
  });

  test('default-route: a second default in main, behind the primary’s', async () => {
    await withOptions(['default-route = yes'], async () => {
      const defaults = (await show('route', 'show', 'default')).trim().split('\n');
      expect(defaults.map(line => line.trim())).toEqual([
        expect.stringContaining('default via 10.0.0.1 dev eth0'),
        expect.stringMatching(/^default via 10\.0\.1\.1 dev eth1 .*metric 2000000000/),
      ]);
    });
  });

  test('table and mtu', async () => {
    await withOptions(['table = 4711', 'mtu = 1400'], async () => {
      expect(await show('route', 'show', 'table', '4711')).toContain('default via 10.0.1.1 dev eth1');
      expect(await show('rule')).toContain('from 10.0.1.0/24 iif lo lookup 4711');
      expect(await show('link', 'show', 'eth1')).toContain('mtu 1400');
    });
    // A link keeps its MTU when nobody asks for another one.
    await guestOk(host.guest, ['ip', 'link', 'set', 'eth1', 'mtu', '1500']);
  });

  test('mode = dhcp where the metadata would allow static', async () => {
    await withOptions(['mode = dhcp'], async () => {
      expect(await show('-4', '-o', 'addr', 'show', 'eth1')).toMatch(/10\.0\.1\.10\/32 .*dynamic/);
      expect(await show('route', 'show', 'table', 'main')).not.toContain('eth1');
    });
  });

  test('ignore: nothing of it stays, and nothing comes back', async () => {
    await withOptions(
      ['ignore = yes'],
      async () => {
        expect(await show('rule')).not.toMatch(/28[036]00|33000/);
        expect(readGuestFile(host.guest, '/etc/network/interfaces.d/60-eni-eth1')).toBeUndefined();
      },
      false,
    );
  });

  // The last one: an ENI that has followed the primary once goes on following it.
  test('no mtu: that of the primary, whatever it becomes, and ifupdown sets it again', async () => {
    const setMtu = (link: string, mtu: number) =>
      guestOk(host.guest, ['ip', 'link', 'set', link, 'mtu', String(mtu)]);
    for (const mtu of [9001, 1460, 1500]) {
      await setMtu('eth0', mtu);
      const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
      expect(events.of('eth0')).toEqual([]);
      expect(await show('link', 'show', 'eth1')).toContain(`mtu ${mtu} `);
      expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
      await guestOk(host.guest, ['sh', '-c', 'ifdown eth1; ip link set eth1 mtu 1400; ifup eth1']);
      expect(await show('link', 'show', 'eth1')).toContain(`mtu ${mtu} `);
      const results = await pingMatrix(host.guest);
      expect(failedPings(results), renderMatrix(results)).toEqual([]);
    }
  });
});
