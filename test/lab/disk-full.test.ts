// /var/lib/eni-agent on a file system of its own that is full, and then read-only: drift in the kernel is mended all the same, what needs files
// is refused before anything is touched, and nothing half-written is left behind.
// needs: tree bookworm
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { assignAddress, unassignAddress } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

const enis: readonly EniSpec[] = [0, 1].map(n => ({
  link: `eth${n}`,
  mac: `00:16:3e:00:00:0${n + 1}`,
  subnets: [{ subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`] }],
}));
const folder = '/var/lib/eni-agent';

describe.each(['ifupdown', 'networkd'] as const)('%s', image => {
  let host: AgentHost;
  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
  /** All that is not the kernel's own. */
  const kernel = async () => {
    const lines = await sh(
      'ip -4 rule; ip -4 -o route show table all; ip -4 -o addr show eth1 | cut -d" " -f2-8',
    );
    // Whoever has added it.
    return lines.replaceAll(/ proto (129|static)/g, '');
  };
  const mended = async (said: string) => {
    const before = await kernel();
    await sh('ip rule del priority 28600; ip route flush table 28000');
    expect(await kernel()).not.toBe(before);
    expect(await agentOk(host, ['once'], 2)).toContain(said);
    expect((await kernel()).split('\n').sort()).toEqual(before.split('\n').sort());
  };
  const refused = async (said: string) => {
    await assignAddress(host.vpc, 'eth1', '10.0.1.11');
    await host.metadata.sync();
    const before = await kernel();
    const { exitCode, stderr } = await runAgent(host.guest, ['once']);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(said)]);
    expect(stderr).toContain('nothing was changed');
    expect(await kernel()).toBe(before);
    await unassignAddress(host.vpc, 'eth1', '10.0.1.11');
    await host.metadata.sync();
  };

  beforeAll(async () => {
    host = await createAgentHost({ name: `full${image}`, provider: 'alibaba', enis }, { image });
    await agentOk(host, ['once']);
    await sh(
      `cp -a ${folder} /root/kept && mount -t tmpfs -o size=64k tmpfs ${folder} && cp -a /root/kept/. ${folder}/`,
    );
    await sh(`head -c 100000 /dev/zero > ${folder}/filler 2>/dev/null; true`);
  });
  afterAll(() => destroyAgentHost(host));

  test('full', async () => {
    await mended('ENOSPC');
    await refused('ENOSPC');
    expect(await sh(`ls -A ${folder}`)).not.toContain('.eni-agent.tmp');
  });

  test('read-only, with something half-written from before', async () => {
    await sh(`rm ${folder}/filler; echo half > ${folder}/.eni-agent.tmp; mount -o remount,ro ${folder}`);
    await mended('EROFS');
    await refused('EROFS');
  });

  test('and in order again', async () => {
    await sh(`mount -o remount,rw ${folder}`);
    await agentOk(host, ['once']);
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    expect(await sh(`ls -A ${folder}`)).not.toContain('.eni-agent.tmp');
  });
});
