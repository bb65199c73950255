// Which state `status` gives an ENI: the fresh look decides what is, the daemon's report adds what a look cannot know.
import { describe, expect, test } from 'vitest';
import { lookAttention } from '../../../agent/cli/status/attention.ts';
import { type StatusRow, statusRows } from '../../../agent/cli/status/rows.ts';
import { statusText } from '../../../agent/cli/status/text.ts';
import type { Report, ReportedEni } from '../../../agent/daemon/report.ts';
import type { SkippedEni } from '../../../agent/model/network-plan.ts';
import type { Inspection } from '../../../agent/pass/inspect.ts';
import {
  ago,
  comparisonOf,
  firstPlan,
  inspectionOf,
  reportedOf,
  reportOf,
  secondPlan,
  skippedOf,
} from '../../support/example-look.ts';
import { ip } from '../../support/example-plans.ts';
import { routeBy, ruleOf } from '../../support/plan-parts.ts';

/** The row of one ENI that is planned, with what the daemon says of it. */
function plannedRow(eni: Inspection['enis'][number], seen?: Partial<ReportedEni>): StatusRow {
  const report = seen && reportOf({ enis: [reportedOf(firstPlan, seen)] });
  return statusRows(inspectionOf({ enis: [eni] }), report)[1]!;
}

const fine = comparisonOf(firstPlan);
const broken = comparisonOf(firstPlan, 'link eth1 is down', 'another fault');
const awaiting = { ...firstPlan, awaiting: 'dhcp-lease' as const };
const lastError = { at: ago(60), text: 'ifup failed' };

test('an ENI that somebody’s rule is in front of works as planned, and needs attention', () => {
  const front = ruleOf(27999, '0.0.0.0/0', 51820, { text: 'from all lookup 51820' });
  const tunnel = routeBy('wg0', 'default', { table: 51820 });
  const look = inspectionOf({ enis: [fine] });
  const { kernel } = look;
  const rows = statusRows(
    { ...look, kernel: { ...kernel, rules: [...kernel.rules, front], routes: [...kernel.routes, tunnel] } },
    undefined,
  );
  expect(rows[1]).toMatchObject({
    state: 'working',
    reason: 'shadowed by rule 27999, see doctor',
    shadows: [{ family: 4, priority: 27999, rule: 'from all lookup 51820' }],
    isWrong: true,
  });
  const daemon = { report: undefined, isAlive: false, mode: 'systemd' } as const;
  expect(lookAttention({ degraded: [], liveOnly: undefined }, daemon, rows, 0)).toEqual([
    'eth1 working: shadowed by rule 27999, see doctor',
  ]);
  const text = statusText(
    { found: look, daemon, rows, attention: [], config: undefined, now: 0 },
    { colour: false, columns: 60, verbose: false },
  );
  expect(text).toContain('working: shadowed by rule 27999, see doctor');
});

describe('an ENI with a plan', () => {
  test.each<[string, StatusRow, Partial<StatusRow>]>([
    [
      'no daemon',
      plannedRow(fine),
      { state: 'working', since: undefined, reason: undefined, isWrong: false },
    ],
    ['works', plannedRow(fine, { lastError }), { state: 'working', since: ago(7200), lastError }],
    [
      'the daemon has not seen the drift yet',
      plannedRow(broken, {}),
      {
        state: 'not-as-planned',
        since: undefined,
        reason: 'link eth1 is down (and 1 more)',
        isWrong: true,
      },
    ],
    [
      'a file differs',
      plannedRow({ ...fine, filesDiffer: true }),
      { state: 'not-as-planned', reason: expect.stringContaining('configuration file'), isWrong: true },
    ],
    [
      'its change was taken back',
      plannedRow(broken, { state: 'failed', since: ago(9), text: 'ifup failed' }),
      { state: 'failed', since: ago(9), reason: 'ifup failed', isWrong: true },
    ],
    [
      'it was taken back, and somebody has mended it since',
      plannedRow(fine, { state: 'failed', text: 'ifup failed' }),
      { state: 'working', since: undefined, reason: undefined, isWrong: false },
    ],
    [
      'a fight that stands well at this moment is still a fight',
      plannedRow(fine, { state: 'contested', since: ago(5), text: 'something undoes it' }),
      { state: 'contested', since: ago(5), reason: 'something undoes it', isWrong: true },
    ],
    [
      'waits for its lease',
      plannedRow({ ...fine, plan: awaiting }),
      { state: 'waiting', reason: 'for the DHCP lease', isWrong: false },
    ],
    [
      'waits for its lease, which the kernel lacks',
      plannedRow(
        { ...broken, plan: awaiting },
        { state: 'waiting', since: ago(2), text: 'for the DHCP lease' },
      ),
      { state: 'waiting', since: ago(2), isWrong: false },
    ],
    ['nobody works on the lease', plannedRow({ ...broken, plan: awaiting }), { state: 'not-as-planned' }],
    [
      'a note is for a person',
      plannedRow(comparisonOf({ ...firstPlan, notes: ['the gateway is inferred'] })),
      { state: 'working', reason: 'note: the gateway is inferred', isWrong: false },
    ],
  ])('%s', (_name, row, expected) => {
    expect(row).toMatchObject({
      mac: firstPlan.mac,
      link: 'eth1',
      table: '28000',
      owner: 'networkd',
      ...expected,
    });
  });
});

function skippedRow(skipped: SkippedEni, more: Partial<Inspection> = {}, report?: Report): StatusRow {
  return statusRows(inspectionOf({ enis: [], skipped: [skipped], ...more }), report)[1]!;
}

describe('an ENI that is left alone', () => {
  const claim = '/etc/network/interfaces: "iface eth9 inet dhcp" configures eth9';
  const cni = 'Amazon VPC CNI is present (/run/aws-node) and takes ENIs for its pods';
  const foreign = '/etc/network/interfaces.d/60-eni-eth9 was not written by eni-agent; move it away';
  test.each<[SkippedEni, Partial<StatusRow>]>([
    [
      skippedOf('configured-elsewhere', claim),
      { state: 'left-alone', owner: 'administrator: /etc/network/interfaces', isWrong: true },
    ],
    [
      skippedOf('configured-elsewhere', cni, false),
      { state: 'left-alone', owner: 'Amazon VPC CNI', isWrong: false },
    ],
    [
      skippedOf('foreign-file', foreign),
      { state: 'left-alone', owner: 'administrator: /etc/network/interfaces.d/60-eni-eth9', isWrong: true },
    ],
    [
      skippedOf('ignored', 'the configuration says ignore = yes', false),
      { state: 'left-alone', owner: undefined },
    ],
    [skippedOf('no-link', 'no link has this MAC'), { state: 'waiting', owner: undefined, isWrong: true }],
    [skippedOf('incomplete-metadata', 'no subnet'), { state: 'waiting' }],
    [skippedOf('reload-unsafe', 'waits'), { state: 'waiting' }],
    [skippedOf('no-free-slot', 'all slots are in use'), { state: 'left-alone' }],
  ])('%j', (skipped, expected) => {
    const row = skippedRow(skipped);
    expect(row).toMatchObject({ eniId: 'eni-9', link: 'eth9', addresses: [], ...expected });
    expect(row.table).toBeUndefined();
    expect(row.reason).toBe(`${skipped.reason}: ${skipped.text}`);
  });

  test('what it keeps of an earlier plan is shown', () => {
    const skipped = skippedOf('incomplete-metadata', 'no subnet');
    const held = { ...secondPlan, mac: skipped.mac, eniId: undefined };
    const row = skippedRow(skipped, { held: [held] });
    expect(row).toMatchObject({
      eniId: 'eni-9',
      link: 'eth2',
      addresses: ['10.0.3.20'],
      table: '28001',
      owner: 'networkd',
      state: 'waiting',
    });
  });

  test('the daemon says since when, if it means the same state', () => {
    const skipped = skippedOf('no-link', 'no link has this MAC');
    const seen = (state: ReportedEni['state']) =>
      reportOf({ enis: [reportedOf({ ...firstPlan, mac: skipped.mac }, { state, since: ago(30) })] });
    expect(skippedRow(skipped, {}, seen('waiting')).since).toBe(ago(30));
    expect(skippedRow(skipped, {}, seen('working')).since).toBeUndefined();
  });
});

describe('an ENI that has gone', () => {
  test('is left over', () => {
    const rows = statusRows(inspectionOf({ enis: [], leftOver: [firstPlan] }), undefined);
    expect(rows.slice(1)).toMatchObject([
      { state: 'left-over', reason: 'no longer attached', isWrong: true },
    ]);
  });

  test('or is ignored from now on: one row, which says why', () => {
    const ignored = {
      ...skippedOf('ignored', 'the configuration says ignore = yes', false),
      mac: firstPlan.mac,
    };
    const rows = statusRows(inspectionOf({ enis: [], leftOver: [firstPlan], skipped: [ignored] }), undefined);
    expect(rows.slice(1)).toMatchObject([
      { state: 'left-over', reason: 'the configuration says ignore = yes' },
    ]);
  });
});

describe('the primary', () => {
  test('comes first, and is never touched', () => {
    const v6 = { ...inspectionOf().kernel.addresses[0]!, family: 6 as const, ip: ip('2001:db8::1') };
    const local = { ...v6, scope: 'link', ip: ip('fe80::1') };
    const kernel = inspectionOf().kernel;
    const addresses = [local, v6, ...kernel.addresses];
    const [row] = statusRows(inspectionOf({ kernel: { ...kernel, addresses } }), reportOf());
    expect(row).toMatchObject({
      eniId: 'eni-0',
      link: 'eth0',
      addresses: ['10.0.1.10', '2001:db8::1'],
      table: 'main',
      state: 'not-managed',
      owner: 'networkd',
      isWrong: false,
    });
  });

  test('has no owner where nothing says that it owns the link', () => {
    const { selection } = inspectionOf();
    const candidates = selection.candidates.map(c => ({ ...c, strength: 'active' as const }));
    const [row] = statusRows(inspectionOf({ selection: { ...selection, candidates } }), undefined);
    expect(row?.owner).toBeUndefined();
  });
});
