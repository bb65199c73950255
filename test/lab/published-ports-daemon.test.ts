// Published ports and the daemon in its sandbox: it marks, and marks again when somebody has emptied the rule set, in either form.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { denialsOf } from './denials.ts';
import { guestOk } from './guest-commands.ts';
import { writeGuestFile } from './guest-files.ts';
import { createSystemdHost } from './systemd-host.ts';
import { marking } from './traffic/published.ts';

const unit = 'eni-agent-published-ports.service';
const brokenNft = '#!/bin/sh\nexit 1\n';

describe.each([
  ['nft', 'meta mark set'],
  ['iptables', 'ENI-AGENT'],
])('%s', (tool, words) => {
  let host: AgentHost;
  const isMarked = async () => (await marking(host)).includes(words);
  const sh = (line: string) => guestOk(host.guest, ['sh', '-c', line]);
  const flush = async () => {
    await sh('/usr/sbin/nft flush ruleset');
    expect(await isMarked()).toBe(false);
  };

  beforeAll(async () => {
    host = await createSystemdHost(
      { name: `pd${tool}`, provider: 'aws', enis: [primary, first] },
      {
        image: 'networkd',
        suite: 'bookworm',
        agentConfig: '[routing]\npublished-ports = yes\n\n[daemon]\nperiod = 10\n',
      },
    );
    if (tool === 'iptables') writeGuestFile(host.guest, '/usr/local/sbin/nft', brokenNft, 0o755);
    await guestOk(host.guest, ['systemctl', 'start', 'eni-agent.service']);
  });
  afterAll(() => destroyAgentHost(host));

  test('marks', async () => {
    expect(await waitFor(isMarked, 20_000)).toBe(true);
    expect((await sh('cat /proc/sys/net/ipv4/conf/eth1/src_valid_mark')).trim()).toBe('1');
    expect(await agentOk(host, ['status'])).toContain('1 secondary, all as planned');
  });

  test('marks again at once where links come and go, as with Docker', async () => {
    await flush();
    await sh('ip link add docker9 type bridge && ip link set docker9 up');
    expect(await waitFor(isMarked, 5000)).toBe(true);
  });

  test('marks again within its period, without an event', async () => {
    await flush();
    expect(await waitFor(isMarked, 20_000)).toBe(true);
  });

  test('a restart of nftables loads it again without the daemon', async () => {
    await guestOk(host.guest, ['systemctl', 'stop', 'eni-agent.service']);
    await guestOk(host.guest, ['systemctl', 'start', unit]);
    await guestOk(host.guest, ['systemctl', 'restart', 'nftables.service']);
    expect(await waitFor(isMarked, 5000)).toBe(true);
  });

  test('nothing of it was denied by the sandbox', () => {
    expect(denialsOf(host.guest)).toEqual([]);
  });
});
