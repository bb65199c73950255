// What goes wrong, for real: somebody else's files, a backend that fails, a hook that takes the primary's default route, a metadata
// service that lies. Each ends in the right kernel state, with one clear sentence.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost, networkState } from './agent-host.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { assignAddress, unassignAddress } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

const enis: readonly EniSpec[] = [0, 1, 2].map(n => ({
  link: `eth${n}`,
  mac: `00:16:3e:00:00:0${n + 1}`,
  subnets: [
    { subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] },
    { subnet: `2001:db8:${n}::/64`, addresses: [`2001:db8:${n}::10`] },
  ],
}));
const folder = '/etc/network/interfaces.d';
const hook = '/etc/network/if-up.d/zz-test';

describe('failures on ifupdown', () => {
  let host: AgentHost;
  beforeAll(async () => {
    host = await createAgentHost(
      { name: 'failures', provider: 'alibaba', enis },
      { agentConfig: 'verify-timeout = 2\n' },
    );
  });
  afterAll(() => destroyAgentHost(host));

  const fails = async (args: readonly string[]) => {
    const outcome = await runAgent(host.guest, args);
    expect(outcome.exitCode, outcome.stdout + outcome.stderr).toBe(1);
    return outcome.stderr;
  };
  const expectAllPings = async () => {
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  const noTrace = async () => {
    for (const file of ['/var/lib/eni-agent/checkpoint.json', `${folder}/.eni-agent.tmp`])
      expect(readGuestFile(host.guest, file)).toBeUndefined();
  };

  test('a foreign file in the way: that ENI is left alone, the other one is configured', async () => {
    const mine = 'iface eth7 inet manual\n';
    writeGuestFile(host.guest, `${folder}/60-eni-eth1`, mine);
    const output = await agentOk(host, ['once'], 2);
    expect(output).toContain(`${folder}/60-eni-eth1 was not written by eni-agent`);
    expect(readGuestFile(host.guest, `${folder}/60-eni-eth1`)).toBe(mine);
    expect(await guestOk(host.guest, ['ip', 'route', 'show', 'table', 'all'])).toContain(
      'default via 10.0.2.253 dev eth2 table',
    );
    expect(await guestOk(host.guest, ['ip', '-o', 'addr', 'show', 'eth1'])).not.toContain('10.0.1.10');
    removeGuestFile(host.guest, `${folder}/60-eni-eth1`);
  });

  test('a stanza of somebody else for the link: left alone, and said so', async () => {
    writeGuestFile(host.guest, `${folder}/50-admin`, 'iface eth1 inet static\n    address 10.0.1.10/24\n');
    expect(await agentOk(host, ['once'], 2)).toContain('50-admin');
    expect(readGuestFile(host.guest, `${folder}/60-eni-eth1`)).toBeUndefined();
    expect(await agentOk(host, ['doctor'], 2)).toContain('50-admin');
    removeGuestFile(host.guest, `${folder}/50-admin`);
  });

  test('an activation that fails is taken back whole', async () => {
    writeGuestFile(host.guest, hook, '#!/bin/sh\n[ "$IFACE" != eth1 ] || exit 3\n', 0o755);
    // eth2 has a rule for the subnet of eth1: that is applied all the same.
    expect(await agentOk(host, ['once'], 1)).toMatch(
      /could not be applied and was taken back: "ifup --force eth1/,
    );
    const before = await networkState(host);
    const error = await fails(['once']);
    expect(error).toMatch(/ifup --force eth1.*failed/);
    expect(error).toContain('command-failed');
    expect(await networkState(host)).toBe(before);
    await noTrace();
    removeGuestFile(host.guest, hook);
  });

  test('a default route that something leaks into main is caught by verify, and taken back', async () => {
    const before = await networkState(host);
    writeGuestFile(
      host.guest,
      hook,
      '#!/bin/sh\n[ "$IFACE" != eth1 ] || ip route add default via 10.0.1.253 dev eth1 onlink metric 50\nexit 0\n',
      0o755,
    );
    const error = await fails(['once']);
    expect(error).toContain('default route in main by eth1');
    expect(error).toContain('verify-failed');
    expect(await networkState(host)).toBe(before);
    await noTrace();
  });

  test('a rule that something deletes, and a wrong gateway, are caught by verify', async () => {
    const before = await networkState(host);
    for (const [line, said] of [
      ['ip rule del priority 28600', 'missing: rule 4 28600'],
      [
        'ip route replace default via 10.0.1.77 dev eth1 table 28000',
        'missing: route 28000 0.0.0.0/0 via 10.0.1.253',
      ],
    ] as const) {
      writeGuestFile(host.guest, hook, `#!/bin/sh\n[ "$IFACE" != eth1 ] || ${line}\nexit 0\n`, 0o755);
      expect(await fails(['once'])).toContain(said);
      expect(await networkState(host)).toBe(before);
    }
    await noTrace();
  });

  test('the primary’s default route vanishes during the apply: it is put back, and everything else taken back', async () => {
    const before = await networkState(host);
    writeGuestFile(
      host.guest,
      hook,
      '#!/bin/sh\n[ "$IFACE" != eth1 ] || [ "$ADDRFAM" != inet6 ] || { ip route del default; ip -6 route del default; ip addr add 10.0.0.66/32 dev eth0; }\nexit 0\n',
      0o755,
    );
    const error = await fails(['once']);
    expect(error).toContain('primary-changed');
    expect(error).toContain('the main table lost the route "default via 10.0.0.253');
    await guestOk(host.guest, ['ip', 'addr', 'del', '10.0.0.66/32', 'dev', 'eth0']);
    expect(await networkState(host)).toBe(before);
    const results = await pingMatrix(host.guest, { pick: ({ link }) => link === 'eth0' });
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    await noTrace();
    removeGuestFile(host.guest, hook);
  });

  test('with nothing in the way any more it is applied', async () => {
    await agentOk(host, ['once']);
    await expectAllPings();
  });

  test('metadata that fails, lies or goes blank changes nothing', async () => {
    const before = await networkState(host);
    for (const fault of [
      { match: '.*', status: 503, body: 'busy' },
      { match: '.*', drop: 'before' as const },
      { match: 'macs', status: 404, body: '<html>no</html>' },
      { match: 'private-ipv4s', lie: '<html><body>error</body></html>' },
      { match: 'eth|macs/.*/', status: 500, body: '' },
    ]) {
      await host.metadata.send({ do: 'fault', fault });
      const { exitCode } = await runAgent(host.guest, ['once']);
      expect([1, 2]).toContain(exitCode);
      expect(await networkState(host)).toBe(before);
      await host.metadata.send({ do: 'clear-faults' });
    }
    await expectAllPings();
  }, 180_000);

  test('one reading without an address does not take it away, two do', async () => {
    await assignAddress(host.vpc, 'eth1', '10.0.1.11');
    await host.metadata.sync();
    await agentOk(host, ['once']);
    // The service forgets the address for the first of the two readings only.
    const path = '/latest/meta-data/network/interfaces/macs/00:16:3e:00:00:02/private-ipv4s';
    await host.metadata.send({ do: 'fault', fault: { match: `${path}$`, times: 1, lie: '["10.0.1.10"]' } });
    await agentOk(host, ['once']);
    expect(await guestOk(host.guest, ['ip', '-o', 'addr', 'show', 'eth1'])).toContain('10.0.1.11');
    await unassignAddress(host.vpc, 'eth1', '10.0.1.11');
    await host.metadata.sync();
    await agentOk(host, ['once']);
    expect(await guestOk(host.guest, ['ip', '-o', 'addr', 'show', 'eth1'])).not.toContain('10.0.1.11');
    await expectAllPings();
  });

  test('rollback takes the last change back, once, and keeps it back until somebody forces it', async () => {
    const before = await networkState(host);
    await assignAddress(host.vpc, 'eth1', '10.0.1.12');
    await host.metadata.sync();
    await agentOk(host, ['once']);
    await agentOk(host, ['rollback']);
    expect(await networkState(host)).toBe(before);
    expect(await fails(['rollback'])).toContain('nothing-to-roll-back');
    expect(await agentOk(host, ['once'], 2)).toContain('--force');
    expect(await networkState(host)).toBe(before);
    await agentOk(host, ['once', '--force']);
    await expectAllPings();
  });

  test('the state file is lost: the slots come back from the kernel, and nothing changes', async () => {
    const before = await networkState(host);
    removeGuestFile(host.guest, '/var/lib/eni-agent/state.json');
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    expect(await networkState(host)).toBe(before);
  });

  test('bad configuration: one line, nothing touched; a state file that is garbage is put aside', async () => {
    const before = await networkState(host);
    writeGuestFile(host.guest, '/etc/eni-agent/eni-agent.conf.d/x.conf', '[routing]\nbaze = 1\n');
    const outcome = await runAgent(host.guest, ['once']);
    expect(outcome.exitCode).toBe(64);
    expect(outcome.stderr).toContain(
      '/etc/eni-agent/eni-agent.conf.d/x.conf:2: [routing] has the unknown key "baze"; did you mean base?',
    );
    removeGuestFile(host.guest, '/etc/eni-agent/eni-agent.conf.d/x.conf');
    writeGuestFile(host.guest, '/var/lib/eni-agent/state.json', '{"version": 1');
    expect((await runAgent(host.guest, ['once'])).stderr).toContain('put aside');
    expect(await networkState(host)).toBe(before);
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });
});
