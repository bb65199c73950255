import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ip } from '../../../agent/model/address.ts';
import {
  absent,
  type Eni,
  type EniFamily,
  type Instance,
  type Reading,
  unknown,
  value,
  valueOr,
} from '../../../agent/model/instance.ts';
import { agree, believe, type Doubt, takesAway } from '../../../agent/plan/believe.ts';
import { cidr, ip } from '../../support/example-plans.ts';
import { eniOf, familyOf, instanceOf, macOf } from '../../support/plan-parts.ts';

const primary = eniOf(0, familyOf(['10.0.1.10'], ['10.0.1.0/24'], '10.0.1.1'));
const full = familyOf(['10.0.2.10', '10.0.2.11'], ['10.0.2.0/24'], '10.0.2.1', ['10.0.2.64/28']);
const eni = eniOf(1, full, { mtu: 9001 });
const withIpv4 = (more: Partial<EniFamily>): Eni => ({ ...eni, ipv4: { ...full, ...more } });
const doubt = (more: Partial<Doubt> = {}): Doubt => ({
  lastGood: [primary, eni],
  confirmed: false,
  linkGone: () => false,
  ...more,
});
const late = unknown('HTTP 404 for a listed key');
const ips = (...texts: readonly string[]) => value(texts.map(ip));

interface Row {
  readonly name: string;
  readonly now: Partial<EniFamily>;
  readonly doubted: Partial<EniFamily>;
  /** With a second reading that says the same. Default: the reading itself. */
  readonly confirmed?: Partial<EniFamily>;
}

const rows: readonly Row[] = [
  { name: 'nothing new', now: {}, doubted: {} },
  {
    name: 'an address is added: at once',
    now: { addresses: ips('10.0.2.10', '10.0.2.11', '10.0.2.12') },
    doubted: { addresses: ips('10.0.2.10', '10.0.2.11', '10.0.2.12') },
  },
  {
    name: 'an address has gone: it stays until confirmed',
    now: { addresses: ips('10.0.2.10') },
    doubted: { addresses: ips('10.0.2.10', '10.0.2.11') },
  },
  {
    name: 'one is replaced: the new one comes, the old one stays, the primary address stays first',
    now: { addresses: ips('10.0.2.12', '10.0.2.10') },
    doubted: { addresses: ips('10.0.2.10', '10.0.2.11', '10.0.2.12') },
  },
  {
    name: 'all gone from the listing (a flap): they stay',
    now: { addresses: absent, subnets: absent, gateway: absent, prefixes: absent },
    doubted: full,
  },
  {
    name: 'unreadable is what it was, confirmed or not',
    now: { addresses: late, subnets: late, gateway: late, prefixes: late },
    doubted: full,
    confirmed: full,
  },
  {
    name: 'another subnet: both for now',
    now: { subnets: value([cidr('10.0.3.0/24')]) },
    doubted: { subnets: value([cidr('10.0.2.0/24'), cidr('10.0.3.0/24')]) },
  },
  {
    name: 'another gateway replaces the old one: there is only one',
    now: { gateway: value(ip('10.0.2.254')) },
    doubted: { gateway: value(ip('10.0.2.254')) },
  },
  {
    name: 'a prefix has gone: it stays until confirmed',
    now: { prefixes: absent },
    doubted: { prefixes: full.prefixes },
  },
  {
    name: 'the same in another order: the order is taken',
    now: { addresses: ips('10.0.2.11', '10.0.2.10') },
    doubted: { addresses: ips('10.0.2.11', '10.0.2.10') },
  },
];

const eniIn = (instance: Instance) => instance.enis.find(e => e.mac === macOf(1));

describe('an ENI that is known', () => {
  test.each(rows)('$name', ({ now, doubted, confirmed }) => {
    const instance = instanceOf(primary, withIpv4(now));
    expect(eniIn(believe(instance, doubt()))?.ipv4).toEqual({ ...full, ...doubted });
    expect(eniIn(believe(instance, doubt({ confirmed: true })))?.ipv4).toEqual({
      ...full,
      ...(confirmed ?? now),
    });
    const same = JSON.stringify(doubted) === JSON.stringify(confirmed ?? now);
    expect(takesAway(instance, doubt())).toBe(!same);
  });

  test('that looks EFA-only, since its addresses are late, is still one with addresses', () => {
    const instance = instanceOf(primary, { ...eni, carriesIp: false, ipv4: familyOf([]) });
    expect(eniIn(believe(instance, doubt()))).toEqual({ ...eni, mtu: 9001 });
    expect(takesAway(instance, doubt())).toBe(true);
    expect(eniIn(believe(instance, doubt({ confirmed: true })))?.carriesIp).toBe(false);
  });

  test('keeps its MTU while the metadata has none', () => {
    const instance = instanceOf(primary, { ...eni, mtu: undefined });
    expect(eniIn(believe(instance, doubt()))?.mtu).toBe(9001);
    expect(eniIn(believe(instance, doubt({ confirmed: true })))?.mtu).toBeUndefined();
  });
});

test('an ENI that was never seen complete is taken as it is', () => {
  const fresh = eniOf(2, { ...familyOf(['10.0.3.10']), subnets: late });
  expect(believe(instanceOf(primary, eni, fresh), doubt()).enis).toEqual([primary, eni, fresh]);
});

describe('an ENI that is missing', () => {
  const gone = instanceOf(primary);
  const incomplete: Instance = { ...gone, problems: [{ subject: 'macs/', text: 'timed out' }] };
  test.each<readonly [string, Instance, Partial<Doubt>, boolean]>([
    ['stays after one reading', gone, {}, true],
    ['goes after two that agree', gone, { confirmed: true }, false],
    ['goes at once if its link has gone, too', gone, { linkGone: mac => mac === macOf(1) }, false],
    ['stays if only the link of another has gone', gone, { linkGone: mac => mac === macOf(2) }, true],
    [
      'stays while the picture is incomplete, whatever else',
      incomplete,
      { confirmed: true, linkGone: () => true },
      true,
    ],
  ])('%s', (_name, instance, more, stays) => {
    const believed = believe(instance, doubt(more));
    expect(eniIn(believed)).toEqual(stays ? eni : undefined);
    expect(believed.problems).toEqual(instance.problems);
  });

  test('asks for a second reading, unless that could not help', () => {
    expect(takesAway(gone, doubt())).toBe(true);
    expect(takesAway(gone, doubt({ linkGone: () => true }))).toBe(false);
    expect(takesAway(incomplete, doubt())).toBe(false);
    expect(takesAway(instanceOf(primary, eni), doubt())).toBe(false);
  });
});

describe('two readings agree', () => {
  const one = instanceOf(primary, eni);
  test.each<readonly [string, Instance, Instance, boolean]>([
    ['if they are the same', one, instanceOf(primary, eni), true],
    ['not if an address differs', one, instanceOf(primary, withIpv4({ addresses: ips('10.0.2.10') })), false],
    ['not if the second is incomplete', one, { ...one, problems: [{ subject: 'x', text: 'y' }] }, false],
    ['not if the first was', { ...one, problems: [{ subject: 'x', text: 'y' }] }, one, false],
    ['whatever the id of the instance says', one, { ...one, instanceId: undefined }, true],
  ])('%s', (_name, first, second, wanted) => {
    expect(agree(first, second)).toBe(wanted);
  });
});

describe('any sequence of readings', () => {
  const someIps = fc.uniqueArray(fc.constantFrom('10.0.2.10', '10.0.2.11', '10.0.2.12', '10.0.2.13').map(ip));
  const reading: fc.Arbitrary<Reading<readonly Ip[]>> = fc.oneof(
    someIps.filter(list => list.length > 0).map(value),
    fc.constant(absent),
    fc.constant(late),
  );
  const listing = fc.option(reading, { nil: undefined });

  test('never loses an address without confirmation', () =>
    fc.assert(
      fc.property(fc.array(listing, { minLength: 2, maxLength: 8 }), fc.boolean(), (readings, incomplete) => {
        let lastGood: readonly Eni[] = [primary, eni];
        for (const addresses of readings) {
          const enis = addresses === undefined ? [primary] : [primary, withIpv4({ addresses })];
          const instance = {
            ...instanceOf(...enis),
            problems: incomplete ? [{ subject: 'x', text: 'y' }] : [],
          };
          const before = valueOr(lastGood.find(e => !e.primary)!.ipv4.addresses, []);
          const believed = believe(instance, doubt({ lastGood }));
          const after = valueOr(eniIn(believed)!.ipv4.addresses, []);
          expect(after).toEqual(expect.arrayContaining([...before]));
          expect(new Set(after).size).toBe(after.length);
          lastGood = believed.enis;
        }
      }),
    ));

  test('and what two complete readings say is believed in the end', () =>
    fc.assert(
      fc.property(reading, reading, (first, second) => {
        const seen = believe(instanceOf(primary, withIpv4({ addresses: first })), doubt());
        const instance = instanceOf(primary, withIpv4({ addresses: second }));
        const believed = believe(instance, doubt({ lastGood: seen.enis, confirmed: true }));
        const wanted = second.state === 'unknown' ? eniIn(seen)!.ipv4.addresses : second;
        expect(eniIn(believed)!.ipv4.addresses).toEqual(wanted);
      }),
    ));
});
