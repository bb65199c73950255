// A boot at which the kernel has given the ENI's name to the primary and the primary's to the ENI, with the real ifupdown. The agent does not
// run at that boot: what is left of it are its files, and no file of ours may do anything to the primary.
// needs: tree bookworm
// needs with --all: tree bullseye, tree trixie
// more with --all: Debian 11 and 13
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partOf } from '../needs/selection.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk } from './guest-commands.ts';
import { listGuestDir, readGuestFile, writeGuestFile } from './guest-files.ts';
import { powerOn, rebootGuest, stopGuest } from './guest-power.ts';
import { ipBatch } from './namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { attachEni, detachEni, renewGuestNamespace } from './vpc.ts';
import { type EniSpec, remoteClient } from './vpc-spec.ts';

const primary: EniSpec = {
  link: 'eth0',
  mac: '02:00:00:00:00:01',
  subnets: [{ subnet: '10.0.9.0/24', addresses: ['10.0.9.10'] }],
};
const eni: EniSpec = {
  link: 'eth1',
  mac: '02:00:00:00:00:02',
  subnets: [
    { subnet: '10.0.1.0/24', addresses: ['10.0.1.10', '10.0.1.11'] },
    { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::10'] },
  ],
};
const interfaces = '/etc/network/interfaces';
const folder = '/etc/network/interfaces.d';

const suites = partOf(['bullseye', 'bookworm', 'trixie'] as const, suite => suite === 'bookworm');

describe.each(suites)('ifupdown of %s', suite => {
  let host: AgentHost;
  let exchanged = false;

  beforeAll(async () => {
    const vpc = { name: `names${suite}`, provider: 'aws', enis: [primary, eni] } as const;
    host = await createAgentHost(vpc, { suite, primary: 'static' });
    await agentOk(host, ['once']);
  });
  afterAll(() => destroyAgentHost(host));

  const expectPings = async (which: 'all' | 'primary') => {
    const results = await pingMatrix(host.guest, {
      // A gateway that is link-local is asked by the name that the lab gave the link, which is another one while they are exchanged.
      pick: (one, address) =>
        (which === 'all' || one.mac === primary.mac) && !(exchanged && address.includes(':')),
    });
    expect(results.length).toBeGreaterThan(0);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  const addressesOf = async (link: string) =>
    [
      ...(await guestOk(host.guest, ['ip', '-o', 'addr', 'show', link, 'scope', 'global'])).matchAll(
        /inet6? (\S+)/g,
      ),
    ].map(([, address]) => address);
  const files = () => listGuestDir(host.guest, folder);

  /** cloud-init writes the primary's stanza for the name that it has; the lab does it in its place. */
  const rebootExchanged = async (from: string, to: string) => {
    const text = readGuestFile(host.guest, interfaces)!;
    writeGuestFile(host.guest, interfaces, text.replaceAll(from, to));
    await stopGuest(host.guest);
    await renewGuestNamespace(host.vpc);
    exchanged = to === 'eth1';
    if (exchanged)
      await ipBatch(host.vpc.guest, [
        'link set eth0 down',
        'link set eth1 down',
        'link set eth0 name spare',
        'link set eth1 name eth0',
        'link set spare name eth1',
      ]);
    await powerOn(host.guest);
  };

  test('a boot as it was: every address works before the agent has run', async () => {
    await rebootGuest(host.guest);
    expect(await guestOk(host.guest, ['cat', '/run/network/ifstate'])).toContain('eth1=60-eni-eth1');
    await expectPings('all');
  });

  test('exchanged names: the primary answers, has nothing of the ENI, and the boot has not failed', async () => {
    await rebootExchanged('eth0', 'eth1');
    expect(await addressesOf('eth1')).toEqual(['10.0.9.10/24']);
    expect(await addressesOf('eth0')).toEqual([]);
    expect(await guestOk(host.guest, ['sh', '-c', 'ip rule; ip -6 rule'])).not.toMatch(/(28[036]|330)00:/);
    await expectPings('primary');
    // What networking.service runs; guestOk demands the status 0.
    await guestOk(host.guest, ['ifup', '-a']);
  });

  test('the agent: the ENI works under its new name, the primary stays what it was', async () => {
    expect(files()).toEqual(['60-eni-eth1']);
    await agentOk(host, ['once']);
    expect(files()).toEqual(['60-eni-eth0']);
    expect(await addressesOf('eth1')).toEqual(['10.0.9.10/24']);
    await expectPings('all');
    const ping6 = [
      'ping',
      '-6',
      '-n',
      '-c',
      '1',
      '-w',
      '10',
      '-I',
      '2001:db8:1::10',
      remoteClient.address[6],
    ];
    await guestOk(host.guest, ping6);
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    expect(await agentOk(host, ['status'])).not.toContain('missing');
  });

  test('exchanged back: the same', async () => {
    await rebootExchanged('eth1', 'eth0');
    expect(await addressesOf('eth0')).toEqual(['10.0.9.10/24']);
    expect(await addressesOf('eth1')).toEqual([]);
    await expectPings('primary');
    await agentOk(host, ['once']);
    await expectPings('all');
  });

  test('an ENI that is not there does not fail the boot; attached under another name it works', async () => {
    await detachEni(host.vpc, 'eth1');
    await rebootGuest(host.guest);
    await guestOk(host.guest, ['ifup', '-a']);
    await expectPings('primary');
    await attachEni(host.vpc, { ...eni, link: 'eth5' });
    await host.metadata.sync();
    await agentOk(host, ['once']);
    expect(files()).toEqual(['60-eni-eth5']);
    await expectPings('all');
  });

  test('a NIC of somebody else under the ENI’s name gets nothing of it, by ifup or by force', async () => {
    await detachEni(host.vpc, 'eth5');
    await guestOk(host.guest, ['ifdown', 'eth5']);
    await guestOk(host.guest, ['ip', 'link', 'add', 'eth5', 'type', 'bridge']);
    await guestOk(host.guest, ['ifup', 'eth5']);
    await guestOk(host.guest, ['ifup', '--force', 'eth5']);
    expect(await addressesOf('eth5')).toEqual([]);
    await guestOk(host.guest, ['ip', 'link', 'del', 'eth5']);
  });

  test('remove takes the script off as well', async () => {
    await host.metadata.sync();
    await agentOk(host, ['remove']);
    expect(files()).toEqual([]);
    expect(readGuestFile(host.guest, '/etc/network/eni-agent-stanza')).toBeUndefined();
    await expectPings('primary');
  });
});
