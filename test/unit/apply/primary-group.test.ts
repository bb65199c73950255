// The link group of the primary: when there is to be a rule for udev, and what `ip` is told.
import { describe, expect, test } from 'vitest';
import {
  type Membership,
  primaryGroupCommands,
  primaryGroupFiles,
  primaryGroupRule,
} from '../../../agent/apply/primary/group.ts';
import type { KernelLink } from '../../../agent/model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { isMarked } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { nic } from '../../support/plan-parts.ts';

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

  test.each(['br0",RUN+="x', 'br*', 'br[0]', 'br$x', "br'"])('none for a bridge called %s', name => {
    const links = [nic(2, { name, kind: 'bridge', group: 0 })];
    expect(primaryGroupRule({ ...plan, primaryLink: name }, enis, links)).toEqual([]);
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
  const told = (
    links: readonly KernelLink[],
    of: readonly EniPlan[],
    more: Partial<Membership> = {},
  ): string => {
    const wish = { primaryLink: 'eth0', enis: of, base: 28000, ...more };
    const { joins, releases } = primaryGroupCommands({ links }, wish);
    return [...joins, ...releases].map(c => c.join(' ')).join('; ');
  };

  test.each<readonly [string, number | undefined, readonly EniPlan[], string]>([
    ['it is set', 0, enis, 'ip link set dev eth0 group 28000'],
    ['it is there', 28000, enis, ''],
    ['somebody’s own stays', 7, enis, ''],
    ['so does one with a name that stands nowhere', undefined, enis, ''],
    ['it is taken back with the last ENI', 28000, [], 'ip link set dev eth0 group 0'],
    ['and where no rule asks for it any more', 28000, withoutGroup, 'ip link set dev eth0 group 0'],
    ['of somebody’s nothing is taken back', 7, [], ''],
    ['nothing to take back', 0, [], ''],
  ])('%s', (_name, group, of, commands) => {
    expect(told(inGroup(group), of)).toBe(commands);
  });

  test('nothing where the primary is not known', () => {
    expect(told(inGroup(0), enis, { primaryLink: undefined })).toBe('');
    expect(told(inGroup(28000), enis, { primaryLink: undefined })).toBe('');
    expect(told(inGroup(0), enis, { primaryLink: 'eth9' })).toBe('');
  });

  test('another base: the group of the plans before is ours too', () => {
    const moved = enis.map(eni => ({
      ...eni,
      rules: eni.rules.map(r => (r.suppressGroup === undefined ? r : { ...r, suppressGroup: 29000 })),
    }));
    const more = { base: 29000, before: enis };
    expect(told(inGroup(28000), moved, more)).toBe('ip link set dev eth0 group 29000');
    expect(told(inGroup(28000), [], more)).toBe('ip link set dev eth0 group 0');
    expect(primaryGroupRule(plan, moved, inGroup(28000), enis)![0]!.content).toContain('="29000"');
  });

  test('the primary is a bridge now, and its port has been the primary', () => {
    const links = [nic(0, { group: 28000 }), nic(2, { name: 'br0', kind: 'bridge', group: 0 })];
    expect(told(links, enis, { primaryLink: 'br0' })).toBe(
      'ip link set dev br0 group 28000; ip link set dev eth0 group 0',
    );
    const [file] = primaryGroupRule({ ...plan, primaryLink: 'br0' }, enis, links)!;
    expect(file!.content.trimEnd().split('\n').at(-1)).toBe(
      'ACTION=="add", SUBSYSTEM=="net", KERNEL=="br0", ATTR{netdev_group}="28000"',
    );
  });

  test('a link of somebody that is no ENI’s keeps its group, whatever its number', () => {
    const docker = nic(7, { name: 'docker0', kind: 'bridge', group: 28000, physical: false });
    expect(told([nic(0, { group: 28000 }), docker], enis)).toBe('');
    expect(told([nic(0, { group: 28000 }), docker], [])).toBe('ip link set dev eth0 group 0');
    // A tunnel has no MAC at all, and the primary is not known.
    const tunnel = nic(8, { name: 'wg0', kind: 'wireguard', group: 28000, physical: false, mac: undefined });
    expect(told([tunnel], [], { primaryLink: undefined })).toBe('');
  });

  test('an ENI that an image has put into it leaves it', () => {
    expect(told([nic(0, { group: 28000 }), nic(1, { group: 28000 })], enis)).toBe(
      'ip link set dev eth1 group 0',
    );
  });
});
