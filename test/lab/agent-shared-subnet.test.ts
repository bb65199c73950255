// Several ENIs in one dual-stack subnet on Alibaba Cloud, whose IPv6 gateway is a global address of that subnet: each ENI's own
// table must reach it through its own link although main has the subnet on another ENI's.
// needs: tree bookworm
import { afterEach, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk } from './guest-commands.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { attachEni, detachEni, readSpoofDrops } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

/** `net` is the third number of the subnets, `host` the first address in them. */
function eniSpec(number: number, net: number, host: number): EniSpec {
  const v4 = { subnet: `10.0.${net}.0/24`, addresses: [`10.0.${net}.${host}`, `10.0.${net}.${host + 1}`] };
  const v6 = { subnet: `2001:db8:${net}::/64`, addresses: [`2001:db8:${net}::${host}`] };
  return { link: `eth${number}`, mac: `00:16:3e:00:02:0${number}`, subnets: [v4, v6] };
}

/** The primary with one IPv4 address: its others are not the agent's business. */
function primarySpec(): EniSpec {
  const eni = eniSpec(0, 1, 10);
  return { ...eni, subnets: eni.subnets.map(s => ({ ...s, addresses: s.addresses.slice(0, 1) })) };
}

let host: AgentHost | undefined;

afterEach(async () => {
  await destroyAgentHost(host);
  host = undefined;
});

/** One pass that must succeed without an event on eth0 or a spoofed packet. */
async function once(at: AgentHost): Promise<string> {
  const drops = await readSpoofDrops(at.vpc);
  const { events, result } = await countEvents(at.vpc, () => agentOk(at, ['once']));
  expect(events.of('eth0')).toEqual([]);
  expect((await readSpoofDrops(at.vpc)).total).toBe(drops.total);
  return result;
}

async function expectAllPings(at: AgentHost, addresses: number): Promise<void> {
  const results = await pingMatrix(at.guest);
  expect(failedPings(results), renderMatrix(results)).toEqual([]);
  expect(results.length).toBe(addresses * 3);
}

describe('alibaba', () => {
  test('two ENIs in one dual-stack subnet: a global IPv6 gateway on both, at boot, hot-plugged and detached', async () => {
    const enis = [primarySpec(), eniSpec(1, 2, 10), eniSpec(2, 2, 20)];
    host = await createAgentHost({ name: 'alishared', provider: 'alibaba', enis });
    await once(host);
    await expectAllPings(host, 2 + 3 + 3);
    const table = await guestOk(host.guest, ['ip', '-6', 'route', 'show', 'table', '28001']);
    expect(table).toContain('default via 2001:db8:2:0:ffff:ffff:ffff:fff7 dev eth2');

    await attachEni(host.vpc, eniSpec(3, 2, 30));
    await host.metadata.sync();
    await once(host);
    await expectAllPings(host, 2 + 3 + 3 + 3);

    await rebootGuest(host.guest);
    await expectAllPings(host, 2 + 3 + 3 + 3);
    expect(await once(host)).toContain('Nothing to do.');

    // The one that carries the subnet in main goes: the others must not miss it.
    await detachEni(host.vpc, 'eth1');
    await host.metadata.sync();
    await once(host);
    await expectAllPings(host, 2 + 3 + 3);
  });
});
