// Which ENIs wait while a reload of the network service would reach the primary: those that only a reload can help.
import { expect, test } from 'vitest';
import { emptyState } from '../../../agent/apply/state-file.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { withoutUnsafeReloads } from '../../../agent/pass/desired.ts';
import { examplePlans } from '../../support/example-plans.ts';

const hazard = '/run/x was rewritten';
const dhcp = examplePlans['dhcp-complete']!;
const fixed = examplePlans['static-dual-stack']!;

const left = (plan: NetworkPlan, applied: readonly EniPlan[] = [], reloadHazard?: string) =>
  withoutUnsafeReloads({ reloadHazard, state: { ...emptyState, applied } }, plan);

test.each([
  ['static', left(fixed, [], hazard), 1],
  ['DHCP', left(dhcp, [], hazard), 0],
  ['DHCP, applied before', left(dhcp, dhcp.enis, hazard), 1],
  ['DHCP, applied before as static', left(dhcp, [{ ...dhcp.enis[0]!, addressing: 'static' }], hazard), 0],
  ['DHCP, without a hazard', left(dhcp), 1],
])('%s', (_name, plan, count) => {
  expect(plan.enis.length).toBe(count);
});

test('what waits is told, with the cause and the way out', () => {
  const { skipped } = left(dhcp, [], hazard);
  expect(skipped.at(-1)).toMatchObject({ mac: dhcp.enis[0]!.mac, reason: 'reload-unsafe', degraded: true });
  expect(skipped.at(-1)!.text).toMatch(/\/run\/x was rewritten; run "systemctl restart systemd-networkd"/);
});
