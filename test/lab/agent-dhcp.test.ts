// An ENI whose addresses DHCP brings comes back with others, under the name it had: its client has no old lease to ask for.
// needs: tree bookworm, tree trixie
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eniSections, primary, reattached, second } from '../matrix/enis.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { runInGuest } from './guest-commands.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { attachEni, detachEni } from './vpc.ts';

// Both clients of ifupdown: dhclient, and dhcpcd as of Debian 13.
describe.each(['bookworm', 'trixie'] as const)('ifupdown of %s', suite => {
  let host: AgentHost;
  beforeAll(async () => {
    host = await createAgentHost(
      { name: `dhcp${suite}`, provider: 'aws', enis: [primary, second] },
      { image: 'ifupdown', suite, agentConfig: eniSections('dhcp') },
    );
    await agentOk(host, ['once']);
  });
  afterAll(() => destroyAgentHost(host));

  const leases = async () =>
    (await runInGuest(host.guest, ['find', '/var/lib/dhcp', '/var/lib/dhcpcd', '-name', '*lease*'])).stdout
      .split('\n')
      .filter(path => /\beth2\.leases?$/.test(path));

  test('the lease of an ENI that has gone is removed', async () => {
    expect(await leases()).toHaveLength(1);
    await detachEni(host.vpc, 'eth2');
    await host.metadata.sync();
    await agentOk(host, ['once']);
    expect(await leases()).toEqual([]);
  });

  test('the next one of its name has its own', async () => {
    await attachEni(host.vpc, reattached);
    await host.metadata.sync();
    await agentOk(host, ['once']);
    expect(await leases()).toHaveLength(1);
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  });
});
