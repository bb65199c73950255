// kill -9 at every step of the transaction, on the real ifupdown: after the next start there is the old network or the new one, and
// nothing in between. First with the metadata service silent, so that only the recovery acts; then with it, so that the pass completes.
// needs: tree bookworm
// more with --all: every step; the default run takes one in four
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partOf } from '../needs/selection.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost, networkState } from './agent-host.ts';
import { runAgent } from './guest-commands.ts';
import { listGuestDir, readGuestFile } from './guest-files.ts';
import { failedPings, pingMatrix } from './ping-matrix.ts';
import { assignAddress, unassignAddress } from './vpc.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'eni-agent-crash-'));
const bundle = path.join(scratch, 'eni-agent.cjs');

/** Numbers from 1 to `steps`. The default run has the first of four and the last. */
function stepsToTry(steps: number): readonly number[] {
  const all = Array.from({ length: steps }, (_, index) => index + 1);
  return partOf(all, at => at % 4 === 1 || at === steps);
}

describe('kill -9 at every step', () => {
  let host: AgentHost;

  beforeAll(async () => {
    const entry = fileURLToPath(new URL('./crash-main.ts', import.meta.url));
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', outfile: bundle });
    const eni = (n: number) => ({
      link: `eth${n}`,
      mac: `02:00:00:00:00:0${n + 1}`,
      subnets: [
        { subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`, `10.0.${n}.11`] },
        { subnet: `2001:db8:${n}::/64`, addresses: [`2001:db8:${n}::10`] },
      ],
    });
    const primary = { ...eni(0), subnets: [{ subnet: '10.0.0.0/24', addresses: ['10.0.0.10'] }] };
    host = await createAgentHost(
      { name: 'crash', provider: 'aws', enis: [primary, eni(1)] },
      // The kernel probe is cached by the first call, so the effects of the following ones are the transaction's alone.
      { bundle, agentConfig: 'verify-timeout = 3\n\n[metadata]\nconfirm-delay = 0\ntimeout = 2\n' },
    );
    await agentOk(host, ['plan'], 2);
  });
  afterAll(async () => {
    await destroyAgentHost(host);
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Files, kernel, ifstate, and that no half-written file or open transaction is left. */
  const whole = async () => {
    const left = ['/etc/network/interfaces.d', '/var/lib/eni-agent']
      .flatMap(folder => listGuestDir(host.guest, folder))
      .filter(name => name.startsWith('.') || name === 'checkpoint.json');
    return [await networkState(host), ...left].join('\n');
  };

  const effectsOf = (output: string) => Number(/effects=(\d+)/.exec(output)?.[1]);

  /** Crashes at each step of `change` in turn; `undo` brings the old state back in between. */
  async function crashEverywhere(change: () => Promise<void>, undo: () => Promise<void>): Promise<number> {
    const before = await whole();
    await change();
    const steps = effectsOf(await agentOk(host, ['once']));
    const after = await whole();
    expect(after).not.toBe(before);
    await undo();
    await agentOk(host, ['once']);
    expect(await whole()).toBe(before);
    for (const at of stepsToTry(steps)) {
      await change();
      const killed = await runAgent(host.guest, ['once'], { env: { CRASH_AT: String(at) } });
      expect(killed.stdout, `step ${at}`).not.toContain('effects=');
      // A start that cannot see the metadata: whatever it finds, it must leave one whole state.
      await host.metadata.send({ do: 'fault', fault: { match: '.*', status: 503, body: '' } });
      await runAgent(host.guest, ['once']);
      await host.metadata.send({ do: 'clear-faults' });
      expect([before, after], `after a crash at step ${at} of ${steps}`).toContain(await whole());
      await agentOk(host, ['once']);
      expect(await whole(), `completed after a crash at step ${at}`).toBe(after);
      await undo();
      await agentOk(host, ['once']);
      expect(await whole(), `undone after a crash at step ${at}`).toBe(before);
    }
    return steps;
  }

  test('while an ENI is added', async () => {
    const without = async () => {
      await host.metadata.send({
        do: 'remove',
        path: '/latest/meta-data/network/interfaces/macs/02:00:00:00:00:02/',
      });
    };
    await without();
    // What only the first pass does (it keeps the configuration as the last good one) is not counted.
    await agentOk(host, ['once']);
    expect(await crashEverywhere(host.metadata.sync, without)).toBeGreaterThan(6);
  }, 1_200_000);

  test('while addresses change', async () => {
    await host.metadata.sync();
    await agentOk(host, ['once']);
    const change = async () => {
      await assignAddress(host.vpc, 'eth1', '10.0.1.12');
      await unassignAddress(host.vpc, 'eth1', '10.0.1.11');
      await host.metadata.sync();
    };
    const undo = async () => {
      await assignAddress(host.vpc, 'eth1', '10.0.1.11');
      await unassignAddress(host.vpc, 'eth1', '10.0.1.12');
      await host.metadata.sync();
    };
    expect(await crashEverywhere(change, undo)).toBeGreaterThan(6);
    expect(failedPings(await pingMatrix(host.guest))).toEqual([]);
  }, 1_200_000);

  test('while everything is removed', async () => {
    const before = await whole();
    const probe = await agentOk(host, ['remove']);
    const steps = effectsOf(probe);
    const after = await whole();
    await agentOk(host, ['once']);
    expect(await whole()).toBe(before);
    for (const at of stepsToTry(steps)) {
      await runAgent(host.guest, ['remove'], { env: { CRASH_AT: String(at) } });
      await agentOk(host, ['remove']);
      expect(await whole(), `removed after a crash at step ${at}`).toBe(after);
      await agentOk(host, ['once']);
      expect(await whole()).toBe(before);
    }
    expect(readGuestFile(host.guest, '/var/lib/eni-agent/checkpoint.json')).toBeUndefined();
  }, 1_200_000);
});
