// A change of rules by way of a plan with both: when, and with which files.
import { expect, test } from 'vitest';
import { bridgeChanges, bridgeFiles, isBridged } from '../../../agent/apply/bridge.ts';
import { networkd } from '../../../renderers/networkd/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';

const facts = {
  ...factsForBackend('networkd', 'amzn-2023'),
  files: { '/etc/systemd/network/07-eni-eth1.network': `# ${marker}\n` },
};
const alone = examplePlans['static-two-enis']!.enis[0]!;
const shared = examplePlans['static-two-enis-one-subnet']!.enis[0]!;
const changed = { kind: 'changed', before: alone, after: shared } as const;

test('from rules by subnet to rules by address: in between both, and nothing else is new', () => {
  const [change] = bridgeChanges([changed]);
  expect(change?.after).toEqual({ ...alone, rules: change?.after.rules });
  const texts = (rules: readonly unknown[] = []) => [...new Set(rules.map(r => JSON.stringify(r)))].sort();
  expect(texts(change?.after.rules)).toEqual(texts([...alone.rules, ...shared.rules]));
  const [file] = bridgeFiles([change!], networkd, facts);
  expect(file?.path).toBe('/etc/systemd/network/07-eni-eth1.network');
  expect(file?.content).toContain('From=10.0.2.0/24\nIncomingInterface=lo\nTable=28000\nPriority=28600\n');
  expect(file?.content).toContain('From=10.0.2.10/32\nTable=28000\nPriority=28600\n');
  expect(isBridged(kernelOf([alone]), [change!])).toBe(false);
  expect(isBridged(kernelOf([change!.after]), [change!])).toBe(true);
});

test.each([
  ['the same rules', { ...changed, after: { ...alone, mtu: 1400 } }],
  ['rules that only come', { ...changed, before: { ...alone, rules: alone.rules.slice(1) }, after: alone }],
  ['rules that only go', { ...changed, after: { ...alone, rules: alone.rules.slice(1) } }],
  ['a new ENI', { kind: 'added', after: shared } as const],
])('%s: one step', (_name, change) => {
  expect(bridgeChanges([change])).toEqual([]);
});

test('a default route of main whose metric changes: in between both', () => {
  const before = examplePlans['static-main-default-ipv6']!.enis[0]!;
  const after = {
    ...before,
    routes: before.routes.map(r => (r.metric === undefined ? r : { ...r, metric: 20000 })),
  };
  const [change] = bridgeChanges([{ kind: 'changed', before, after }]);
  const inMain = change!.after.routes.filter(r => r.table === 254);
  expect(inMain.map(r => `${r.family} ${r.metric}`)).toEqual([
    '4 2000000000',
    '6 2000000000',
    '4 20000',
    '6 20000',
  ]);
  expect(isBridged(kernelOf([before]), [change!])).toBe(false);
  expect(isBridged(kernelOf([change!.after]), [change!])).toBe(true);
  const gone = { ...before, routes: before.routes.filter(r => r.table !== 254) };
  expect(bridgeChanges([{ kind: 'changed', before, after: gone }])).toEqual([]);
  expect(bridgeChanges([{ kind: 'changed', before: gone, after: before }])).toEqual([]);
});
