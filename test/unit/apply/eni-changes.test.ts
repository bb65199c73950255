import { describe, expect, test } from 'vitest';
import { type ChangeInput, differencesOf, planChanges, samePlan } from '../../../agent/apply/eni-changes.ts';
import type { KernelState } from '../../../agent/model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import type { EniChange } from '../../../renderers/renderer.ts';
import { examplePlans, ip } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';

const [first, second] = examplePlans['static-two-enis']!.enis as [EniPlan, EniPlan];
const compare = { base: 28000, ruleProtocol: true };
const planOf = (...enis: readonly EniPlan[]): NetworkPlan => ({ primaryLink: 'eth0', enis, skipped: [] });

interface Row {
  readonly name: string;
  readonly applied?: readonly EniPlan[];
  readonly plan?: readonly EniPlan[];
  readonly held?: readonly EniPlan[];
  readonly kernel?: KernelState;
  readonly filesDiffer?: ChangeInput['filesDiffer'];
  readonly superseded?: (plan: EniPlan) => boolean;
  readonly wanted: readonly string[];
}

const downOf = (state: KernelState, link: string): KernelState => ({
  ...state,
  links: state.links.map(l => (l.name === link ? { ...l, up: false } : l)),
});
const withoutLink = (state: KernelState, link: string): KernelState => ({
  links: state.links.filter(l => l.name !== link),
  addresses: state.addresses.filter(a => a.link !== link),
  routes: state.routes.filter(r => r.link !== link),
  rules: state.rules,
});
const both = kernelOf([first, second]);
const more: EniPlan = {
  ...first,
  addresses: [...first.addresses, { ...first.addresses[1]!, ip: ip('10.0.2.77') }],
};
const renamed: EniPlan = { ...first, link: 'ens6' };

const rows: readonly Row[] = [
  { name: 'nothing', wanted: [] },
  { name: 'a new ENI', applied: [first], kernel: kernelOf([first]), wanted: ['added eth2'] },
  {
    name: 'the state file was lost: what stands as planned, in files and kernel, is no change',
    applied: [],
    wanted: [],
  },
  {
    name: 'the state file was lost and a file, too: the link works, so it is taken over as it is',
    applied: [],
    filesDiffer: eni => eni.link === 'eth1',
    wanted: ['changed eth1'],
  },
  {
    name: 'the helper of the distribution has configured the link: its DHCP has to end',
    applied: [],
    filesDiffer: eni => eni.link === 'eth1',
    superseded: eni => eni.link === 'eth1',
    wanted: ['added eth1'],
  },
  { name: 'another plan', plan: [more, second], wanted: ['changed eth1'] },
  { name: 'the same plan, another file', filesDiffer: eni => eni.link === 'eth2', wanted: ['changed eth2'] },
  {
    name: 'the same plan, a kernel that drifted',
    kernel: { ...both, rules: both.rules.slice(1) },
    wanted: ['changed eth1'],
  },
  { name: 'other notes are no change', plan: [{ ...first, notes: ['x'] }, second], wanted: [] },
  { name: 'one removed, its link still there', plan: [first], wanted: ['removed eth2 present'] },
  {
    name: 'one removed together with its link',
    plan: [first],
    kernel: withoutLink(both, 'eth2'),
    wanted: ['removed eth2 gone'],
  },
  {
    name: 'one removed whose link name another NIC has now',
    plan: [first],
    kernel: { ...both, links: both.links.map(l => (l.name === 'eth2' ? { ...l, mac: undefined } : l)) },
    wanted: ['removed eth2 gone'],
  },
  { name: 'one that is held is not removed', plan: [first], held: [second], wanted: [] },
  {
    name: 'one re-attached: its link is new and down',
    kernel: downOf(withoutAddresses(both, 'eth2'), 'eth2'),
    wanted: ['added eth2'],
  },
  {
    name: 'one that was set down by hand and still has its addresses: taken down in the way of the backend first',
    kernel: downOf(both, 'eth2'),
    wanted: ['removed eth2 gone', 'added eth2'],
  },
  {
    name: 'one that is up but has nothing: the backend has not configured it',
    kernel: withoutAddresses(both, 'eth2'),
    wanted: ['added eth2'],
  },
  {
    name: 'one that lacks one of its addresses is changed, not added',
    kernel: { ...both, addresses: both.addresses.filter(a => a.ip !== '10.0.2.11') },
    wanted: ['changed eth1'],
  },
  {
    name: 'a renamed link: the old name goes first',
    plan: [renamed, second],
    kernel: kernelOf([renamed, second]),
    wanted: ['removed eth1 gone', 'changed ens6'],
  },
  {
    name: 'two that have swapped names: both old names go before a new one comes',
    plan: [
      { ...first, link: 'eth2' },
      { ...second, link: 'eth1' },
    ],
    kernel: withoutAddresses(withoutAddresses(both, 'eth1'), 'eth2'),
    wanted: ['removed eth1 gone', 'removed eth2 gone', 'added eth2', 'added eth1'],
  },
  {
    name: 'everything removed',
    plan: [],
    wanted: ['removed eth1 present', 'removed eth2 present'],
  },
];

function withoutAddresses(state: KernelState, link: string): KernelState {
  return { ...state, addresses: state.addresses.filter(a => a.link !== link) };
}

const describeChange = (change: EniChange) =>
  change.kind === 'removed'
    ? `removed ${change.before.link} ${change.linkPresent ? 'present' : 'gone'}`
    : `${change.kind} ${change.after.link}`;

describe('planChanges', () => {
  test.each(rows)('$name', ({ applied, plan, held, kernel, filesDiffer, superseded, wanted }) => {
    const changes = planChanges({
      plan: planOf(...(plan ?? [first, second])),
      applied: applied ?? [first, second],
      held: held ?? [],
      kernel: kernel ?? both,
      filesDiffer: filesDiffer ?? (() => false),
      superseded: superseded ?? (() => false),
      compare,
    });
    expect(changes.map(describeChange)).toEqual(wanted);
  });
});

describe('differencesOf', () => {
  test('a renamed link takes its rules with it: they are not left over of the old name', () => {
    const changes: readonly EniChange[] = [
      { kind: 'removed', before: first, linkPresent: false },
      { kind: 'added', after: renamed },
    ];
    for (const difference of differencesOf(kernelOf([renamed]), changes, compare))
      expect([...difference.missing, ...difference.stale]).toEqual([]);
  });

  test('links that changed names with each other leave nothing over, and lack nothing', () => {
    const swapped = [
      { ...first, link: 'eth2' },
      { ...second, link: 'eth1' },
    ];
    const changes: readonly EniChange[] = [
      { kind: 'removed', before: first, linkPresent: false },
      { kind: 'added', after: swapped[0]! },
      { kind: 'removed', before: second, linkPresent: false },
      { kind: 'added', after: swapped[1]! },
    ];
    for (const { missing, stale, faults } of differencesOf(kernelOf(swapped), changes, compare))
      expect([...missing, ...stale, ...faults]).toEqual([]);
  });

  test('of a removed ENI all goes; what another change adds anew has to come', () => {
    const changes: readonly EniChange[] = [
      { kind: 'removed', before: second, linkPresent: true },
      { kind: 'changed', before: first, after: more },
    ];
    const [gone, changed] = differencesOf(both, changes, compare);
    expect(gone!.stale.map(o => o.kind)).toEqual(expect.arrayContaining(['address', 'route', 'rule']));
    expect(gone!.stale.every(o => o.key.includes('eth2') || o.kind === 'rule')).toBe(true);
    expect(changed!.missing.map(o => o.key)).toEqual(['address eth1 10.0.2.77/32']);
    expect(changed!.stale).toEqual([]);
  });
});

test('samePlan compares all but the notes', () => {
  expect(samePlan(first, { ...first, notes: ['x'] })).toBe(true);
  expect(samePlan(first, { ...first, mtu: 1400 })).toBe(false);
});

test('what is taken over is what stood there: a rollback leaves just that', () => {
  const present = { ...kernelOf([first]), rules: [] };
  const [change] = planChanges({
    plan: planOf(first),
    applied: [],
    held: [],
    kernel: present,
    filesDiffer: () => true,
    superseded: () => false,
    compare,
  });
  expect(change).toMatchObject({
    kind: 'changed',
    before: { addresses: first.addresses, rules: [] },
    after: first,
  });
});
