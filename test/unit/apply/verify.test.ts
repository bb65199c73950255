// What verify puts back for others, and for how long: a backend that deletes foreign rules does so when it loads its files, and whoever
// deletes one later meant it.
import { expect, test } from 'vitest';
import type { ApplyContext } from '../../../agent/apply/apply-context.ts';
import { foreignObjects } from '../../../agent/apply/others/foreign-guard.ts';
import { snapshotPrimary } from '../../../agent/apply/primary/guard.ts';
import { verify } from '../../../agent/apply/verify.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { networkd } from '../../../renderers/networkd/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const rule = 'from 192.0.2.0/24 lookup 77 priority 500';
const compare = { base: 28_000, ruleProtocol: true };

/** A verify of `enis`, with somebody's rule that is deleted `after` ms; resolves with whether the rule is there in the end. */
async function ruleAfter(after: number, enis: readonly EniPlan[]): Promise<boolean> {
  const system = new FakeSystem();
  for (const { link, mac } of enis) system.kernel.addLink({ name: link, mac });
  system.sh(`ip -4 rule add ${rule}`);
  const kernel = await readKernelState(system);
  const foreign = foreignObjects(kernel, enis, new Set(), compare);
  const view = { link: 'eth0', ourLinks: new Set<string>(), metadataAddress: undefined };
  const primary = await snapshotPrimary(system, kernel, view);
  const start = system.now();
  let isDeleted = false;
  const remove = () => {
    if (isDeleted || system.now() - start < after) return;
    isDeleted = true;
    system.sh(`ip -4 rule del ${rule}`);
  };
  const sleep = system.sleep.bind(system);
  system.sleep = async ms => {
    await sleep(ms);
    remove();
  };
  remove();
  const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as ApplyContext['log'];
  const facts = factsForBackend('networkd');
  const context = {
    system,
    log,
    renderer: networkd,
    facts,
    compare,
    verifyTimeoutMs: 6000,
    metadataAddress: undefined,
    reloadHazard: undefined,
  };
  const plan = { primaryLink: 'eth0', enis, skipped: [] };
  await verify(context, plan, [], primary, { foreign }).catch(error =>
    expect(error.code).toBe('verify-failed'),
  );
  expect(isDeleted).toBe(true);
  return system.kernel.describe().some(line => line.includes('192.0.2.0/24'));
}

test('gone when the backend has loaded its files: put back', async () => {
  expect(await ruleAfter(0, [])).toBe(true);
});

test('gone a moment later, when everything of ours is there already: put back as well', async () => {
  expect(await ruleAfter(100, [])).toBe(true);
});

test('gone seconds later, while we wait for an ENI that does not come up: it stays away', async () => {
  expect(await ruleAfter(3000, examplePlans['static-dual-stack']!.enis)).toBe(false);
});

test('a link that was pulled meanwhile: not waited for, and no reason to take the others back', async () => {
  const system = new FakeSystem();
  const kernel = await readKernelState(system);
  const view = { link: 'eth0', ourLinks: new Set<string>(), metadataAddress: undefined };
  const primary = await snapshotPrimary(system, kernel, view);
  const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as ApplyContext['log'];
  const context = {
    ...{ system, log, renderer: networkd, facts: factsForBackend('networkd'), compare },
    ...{ verifyTimeoutMs: 6000, metadataAddress: undefined, reloadHazard: undefined },
  };
  const { enis } = examplePlans['static-dual-stack']!;
  const changes = enis.map(after => ({ kind: 'added' as const, after }));
  const plan = { primaryLink: 'eth0', enis, skipped: [] };
  const start = system.now();
  await verify(context, plan, changes, primary);
  expect(system.now() - start).toBeLessThan(6000);
  // While the link is there it has to be as planned.
  system.kernel.addLink({ name: enis[0]!.link, mac: enis[0]!.mac, up: true });
  await expect(verify(context, plan, changes, primary)).rejects.toMatchObject({ code: 'verify-failed' });
});
