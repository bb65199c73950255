// Which ENIs wait while a reload of the network service would reach the primary: those that only a reload can help.
import { expect, test } from 'vitest';
import { emptyState } from '../../../agent/apply/state-file.ts';
import { withoutUnsafeReloads } from '../../../agent/desired.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import { factsForBackend } from '../../../renderers/releases.ts';
import { examplePlans } from '../../support/example-plans.ts';

const stock = factsForBackend('netplan', 'debian-12');
const facts: HostFacts = { ...stock, reloadHazard: '/run/x was written anew' };
const empty = { links: [], addresses: [], routes: [], rules: [] } as unknown as KernelState;
const dhcp = examplePlans['dhcp-complete']!;
const fixed = examplePlans['static-dual-stack']!;
/** A catch-all of the image has the link: its lease brought a default route in main. */
const caught = {
  ...empty,
  routes: [{ family: 4, table: 254, destination: '0.0.0.0/0', link: fixed.enis[0]!.link }],
} as unknown as KernelState;

const left = (kernel: KernelState, plan = fixed, applied: readonly EniPlan[] = [], on = facts) =>
  withoutUnsafeReloads({ facts: on, kernel, state: { ...emptyState, applied } }, plan);

test.each([
  ['static, on a link that nobody configures', left(empty), 1],
  ['static, in the hands of a catch-all', left(caught), 0],
  ['static, applied before', left(caught, fixed, fixed.enis), 1],
  ['DHCP', left(empty, dhcp), 0],
  ['DHCP, applied before', left(empty, dhcp, dhcp.enis), 1],
  ['DHCP, applied before as static', left(empty, dhcp, [{ ...dhcp.enis[0]!, addressing: 'static' }]), 0],
  ['DHCP, without a hazard', left(caught, dhcp, [], stock), 1],
])('%s', (_name, plan, count) => {
  expect(plan.enis.length).toBe(count);
});

test('what waits is told, with the cause and the way out', () => {
  const { skipped } = left(empty, dhcp);
  expect(skipped.at(-1)).toMatchObject({ mac: dhcp.enis[0]!.mac, reason: 'reload-unsafe', degraded: true });
  expect(skipped.at(-1)!.text).toMatch(/\/run\/x was written anew; restart systemd-networkd or reboot/);
});
