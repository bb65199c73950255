// A machine without IPv4, as on EC2 in an IPv6-only subnet: the kernel has no route to the first endpoint of the metadata service and says so
// in connect() itself. The second one, by IPv6, has to be asked, and its route is the one that the primary's guard watches.
// needs: tree bookworm
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { readGuestFile } from './guest-files.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { readSpoofDrops } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:0a:0${number}`,
  subnets: [{ subnet: `2001:db8:a${number}::/64`, addresses: [`2001:db8:a${number}::10`] }],
});

let host: AgentHost | undefined;

beforeAll(async () => {
  host = await createAgentHost({ name: 'sixonly', provider: 'aws', enis: [eni(0), eni(1)] });
});
afterAll(() => destroyAgentHost(host));

test('the ENI is served, and nothing is left to do', async () => {
  const { guest, vpc } = host!;
  expect((await guestOk(guest, ['ip', '-4', 'route', 'show', 'table', 'all'])).match(/^default/m)).toBeNull();
  await agentOk(host!, ['once']);
  await agentOk(host!, ['plan']);
  // The guard has watched the way to the endpoint that answered.
  const change = JSON.parse(readGuestFile(guest, '/var/lib/eni-agent/last-change.json') ?? '{}');
  expect(change.primary).toMatchObject({
    metadataAddress: 'fd00:ec2::254',
    metadataPath: expect.stringMatching(/ dev eth0 /),
  });
  const results = await pingMatrix(guest);
  expect(failedPings(results), renderMatrix(results)).toEqual([]);
  expect((await readSpoofDrops(vpc)).total).toBe(0);
});

// Whatever keeps IPv4 from the service: a route of some type is refused with an error of its own.
test.each(['unreachable', 'prohibit', 'blackhole'])('with an IPv4 route of type %s', async type => {
  await guestOk(host!.guest, ['ip', 'route', 'add', type, 'default']);
  await agentOk(host!, ['plan']);
  await guestOk(host!.guest, ['ip', 'route', 'del', type, 'default']);
});

test('where the IPv6 endpoint is not enabled: a hint at that, and nothing about containers', async () => {
  await guestOk(host!.guest, ['ip', '-6', 'route', 'add', 'unreachable', 'fd00:ec2::254']);
  const { exitCode, stderr } = await runAgent(host!.guest, ['plan']);
  expect(exitCode).toBe(1);
  expect(stderr.replace(/\s+/g, ' ')).toMatch(
    /at http:\/\/169\.254\.169\.254: no route to it .*HttpProtocolIpv6=enabled/,
  );
  expect(stderr).not.toMatch(/hop limit|container/);
});
