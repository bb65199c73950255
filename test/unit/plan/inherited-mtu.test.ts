// Which MTU an ENI gets where nobody names one: that of the primary's link, if nothing speaks against it.
import { describe, expect, test } from 'vitest';
import type { KernelLink } from '../../../agent/model/kernel-state.ts';
import { inheritedMtu } from '../../../agent/plan/inherited-mtu.ts';
import { alone, primary, resultOf, settingsWith } from '../../support/plan-machine.ts';
import { eniOf, familyOf, macOf, nic } from '../../support/plan-parts.ts';

const max = { maxMtu: 9216 };
const jumbo = nic(0, { mtu: 9001, ...max });

interface Row {
  readonly eni?: Partial<KernelLink>;
  readonly primary?: Partial<KernelLink>;
  /** What it has had in the same way. */
  readonly earlier?: number;
  /** What it had by its section, or by the metadata. */
  readonly told?: number;
  readonly mtu: number | undefined;
  /** What `plan` says of an ENI that keeps another one. */
  readonly why?: string;
}

const rows: Readonly<Record<string, Row>> = {
  'that of the primary': { mtu: 9001 },
  'it has it already': { eni: { mtu: 9001 }, earlier: 9001, mtu: 9001 },
  'a lower one than the driver begins with': { primary: { mtu: 1460 }, mtu: 1460 },
  'a link without a limit': { eni: { maxMtu: 0 }, mtu: 9001 },
  'what every driver begins with needs no word': { primary: { mtu: 1500 }, mtu: undefined },
  'nor is a jumbo ENI lowered to it': { primary: { mtu: 1500 }, eni: { mtu: 9001 }, mtu: undefined },
  'but the primary was lowered to it since': {
    primary: { mtu: 1500 },
    eni: { mtu: 9001 },
    earlier: 9001,
    mtu: 1500,
  },
  'and then it stays in the plan': { primary: { mtu: 1500 }, earlier: 1500, mtu: 1500 },
  'too little for IPv6': { primary: { mtu: 1279 }, mtu: undefined },
  'just enough for IPv6': { primary: { mtu: 1280 }, mtu: 1280 },
  'somebody has lowered it': { eni: { mtu: 1400 }, mtu: undefined, why: 'somebody else has set it' },
  'the section is gone that has said less': { eni: { mtu: 1400 }, told: 1400, mtu: 9001 },
  'and with a primary as the drivers have it, nobody says what it was before': {
    primary: { mtu: 1500 },
    eni: { mtu: 1400 },
    told: 1400,
    mtu: undefined,
  },
  'somebody has lowered what was ours': {
    eni: { mtu: 1400 },
    earlier: 9001,
    mtu: undefined,
    why: 'somebody else has set it',
  },
  'somebody has raised it further': {
    primary: { mtu: 8000 },
    eni: { mtu: 9001 },
    mtu: undefined,
    why: 'somebody else has set it',
  },
  'the link takes less': { eni: { maxMtu: 3498 }, mtu: undefined, why: 'the link takes 3498 at most' },
  'the kernel does not tell': {
    eni: { maxMtu: undefined },
    mtu: undefined,
    why: 'the kernel does not tell what the link takes',
  },
  'another driver': { eni: { driver: 'ixgbevf' }, mtu: undefined, why: 'its driver is another one' },
  'a primary behind a bridge': {
    primary: { driver: undefined, kind: 'bridge' },
    mtu: undefined,
    why: 'its driver is another one',
  },
  'another driver with the same MTU': { eni: { driver: 'ixgbevf', mtu: 9001 }, mtu: undefined },
};

test.each(Object.entries(rows))('%s', (_name, { eni, primary: below, earlier, told, mtu, why }) => {
  const link = nic(1, { ...max, ...eni });
  const of = { ...jumbo, ...below };
  const note =
    why && `MTU ${link.mtu} stays, though eth0 has ${of.mtu}: ${why}; "mtu" in its section sets one`;
  const before = earlier === undefined ? { mtu: told } : { mtu: earlier, inheritsMtu: true as const };
  expect(inheritedMtu(link, of, before)).toEqual({ mtu, note });
});

test('no link of the primary: nothing', () => {
  expect(inheritedMtu(nic(1, max), undefined, undefined)).toEqual({ mtu: undefined, note: undefined });
});

describe('in the plan', () => {
  const links = [jumbo, nic(1, max)];
  const planned = (eni = alone, more: Parameters<typeof resultOf>[1] = {}) =>
    resultOf([primary, eni], { links, ...more }).plan.enis[0]!;

  test('it is marked as inherited', () => {
    expect(planned()).toMatchObject({ mtu: 9001, inheritsMtu: true, notes: [] });
  });
  test('why it is not is a note', () => {
    const { mtu, notes } = planned(alone, { links: [jumbo, nic(1, { ...max, mtu: 1400 })] });
    expect(mtu).toBeUndefined();
    expect(notes).toEqual([expect.stringMatching(/^MTU 1400 stays, though eth0 has 9001: somebody else/)]);
  });
  test.each([
    ['the configuration', planned(alone, { settings: settingsWith(1, { mtu: 1400 }) }), 1400],
    ['the metadata', planned({ ...alone, mtu: 8500 }), 8500],
    ['a lease', planned(alone, { settings: settingsWith(1, { mode: 'dhcp' }) }), undefined],
    ['a cloud with DHCP', planned(eniOf(1, familyOf(['10.0.2.10']), { needsDhcp: true })), undefined],
  ])('%s comes first', (_who, eni, mtu) => {
    expect(eni).toMatchObject({ mtu });
    expect(eni).not.toHaveProperty('inheritsMtu');
  });
  test('what was given before is known by the MAC', () => {
    const lowered = { links: [nic(0, max), nic(1, { ...max, mtu: 9001 })] };
    expect(planned(alone, lowered).mtu).toBeUndefined();
    const before = { earlierMtus: new Map([[macOf(1), { mtu: 9001, inheritsMtu: true as const }]]) };
    expect(planned(alone, { ...lowered, ...before }).mtu).toBe(1500);
  });
});
