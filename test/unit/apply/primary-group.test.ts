// The link group of the primary: when there is to be a rule for udev, and what `ip` is told.
import { describe, expect, test } from 'vitest';
import {
  primaryGroupCommand,
  primaryGroupFiles,
  primaryGroupRule,
} from '../../../agent/apply/primary/group.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { isMarked } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { emptyKernel, nic } from '../../support/plan-parts.ts';

const plan: NetworkPlan = examplePlans['static-dual-stack']!;
const enis = plan.enis;
/** Of a service or a kernel without a word for it. */
const withoutGroup: readonly EniPlan[] = enis.map(eni => ({
  ...eni,
  rules: eni.rules.map(r => ({ ...r, suppressGroup: undefined })),
}));
const inGroup = (group: number | undefined) => [nic(0, { group }), nic(1)];

describe('the rule for udev', () => {
  test('goes by the MAC, and only for a NIC', () => {
    const [file, ...more] = primaryGroupRule(plan, enis, inGroup(0))!;
    expect(more).toEqual([]);
    expect(file).toMatchObject({
      path: '/etc/udev/rules.d/70-eni-agent-primary.rules',
      mode: 0o644,
      enis: [],
    });
    expect(isMarked(file!.content)).toBe(true);
    expect(file!.content.trimEnd().split('\n').at(-1)).toBe(
      'ACTION=="add", SUBSYSTEM=="net", DRIVERS=="?*", ATTR{address}=="02:00:00:00:00:00", ATTR{netdev_group}="28000"',
    );
    const [folder, name] = [primaryGroupFiles.dir, file!.path.slice(primaryGroupFiles.dir.length + 1)];
    expect(file!.path.startsWith(`${folder}/`) && primaryGroupFiles.name.test(name)).toBe(true);
  });

  test('is the same once it has done its work', () => {
    expect(primaryGroupRule(plan, enis, inGroup(28000))).toEqual(primaryGroupRule(plan, enis, inGroup(0)));
  });

  test.each<readonly [string, readonly EniPlan[], number | undefined]>([
    ['no ENI', [], 0],
    ['no rule that asks for the group', withoutGroup, 0],
    ['the primary is in a group of somebody', enis, 7],
    ['in one whose name is not known', enis, undefined],
  ])('none: %s', (_name, of, group) => {
    expect(primaryGroupRule(plan, of, inGroup(group))).toEqual([]);
  });

  test('where the primary is not known now, whatever there is stays', () => {
    expect(primaryGroupRule(plan, enis, [nic(1)])).toBeUndefined();
    expect(primaryGroupRule({ ...plan, primaryLink: undefined }, enis, inGroup(0))).toBeUndefined();
  });
});

describe('what ip is told', () => {
  const told = (group: number | undefined, of: readonly EniPlan[], link: string | undefined = 'eth0') =>
    primaryGroupCommand({ ...emptyKernel, links: inGroup(group) }, link, of, 28000)?.join(' ');

  test.each<readonly [string, number | undefined, readonly EniPlan[], string | undefined]>([
    ['it is set', 0, enis, 'ip link set dev eth0 group 28000'],
    ['it is there', 28000, enis, undefined],
    ['somebody’s own stays', 7, enis, undefined],
    ['so does one with a name', undefined, enis, undefined],
    ['it is taken back with the last ENI', 28000, [], 'ip link set dev eth0 group 0'],
    ['and where no rule asks for it any more', 28000, withoutGroup, 'ip link set dev eth0 group 0'],
    ['of somebody’s nothing is taken back', 7, [], undefined],
    ['nothing to take back', 0, [], undefined],
  ])('%s', (_name, group, of, command) => {
    expect(told(group, of)).toBe(command);
  });

  test('nothing where the primary is not known', () => {
    expect(
      primaryGroupCommand({ ...emptyKernel, links: inGroup(0) }, undefined, enis, 28000),
    ).toBeUndefined();
    expect(told(0, enis, 'eth9')).toBeUndefined();
  });
});
