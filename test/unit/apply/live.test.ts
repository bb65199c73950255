import { describe, expect, test } from 'vitest';
import { compareEni } from '../../../agent/apply/compare.ts';
import { planObjects } from '../../../agent/apply/kernel-objects.ts';
import { additions, removals, runBatches } from '../../../agent/apply/live.ts';
import { AgentError } from '../../../agent/errors.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import type { CommandResult, System } from '../../../agent/system/system.ts';
import { examplePlans, ip } from '../../support/example-plans.ts';
import { kernelOf } from '../../support/kernel-of.ts';
import { emptyKernel } from '../../support/plan-parts.ts';

const options = { base: 28000, ruleProtocol: true };
const plan = examplePlans['static-dual-stack']!.enis[0]!;
const differ = (before: EniPlan, after: EniPlan | undefined) =>
  compareEni(kernelOf([before]), after, before, options);

describe('the words for ip -batch', () => {
  test('all of an ENI: addresses, then routes, then rules, IPv4 before IPv6', () => {
    expect(additions([compareEni(emptyKernel, { ...plan, mtu: 8500 }, undefined, options)])).toEqual([
      {
        family: 4,
        lines: [
          'link set dev eth1 mtu 8500',
          'addr add 10.0.2.10/32 dev eth1',
          'addr add 10.0.2.11/32 dev eth1',
          'addr add 10.0.2.12/32 dev eth1',
          'route replace 10.0.2.0/24 dev eth1 table 28000 proto 129',
          'route replace 10.0.1.0/24 via 10.0.2.253 dev eth1 table 28000 onlink proto 129',
          'route replace 0.0.0.0/0 via 10.0.2.253 dev eth1 table 28000 onlink proto 129',
          'rule add from 10.0.2.0/24 iif lo lookup 28000 suppress_prefixlength 0 priority 28000 protocol 129',
          'rule add from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300 protocol 129',
          'rule add from 10.0.2.0/24 iif lo lookup 28000 priority 28600 protocol 129',
          'rule add from all oif eth1 lookup 28000 priority 33000 protocol 129',
        ],
      },
      {
        family: 6,
        lines: [
          'addr add 2001:db8:2::10/128 dev eth1 nodad',
          'addr add 2001:db8:2::11/128 dev eth1 nodad',
          'route replace 2001:db8:2::/64 dev eth1 table 28000 proto 129',
          'route replace 2001:db8:1::/64 via fe80::1 dev eth1 table 28000 proto 129',
          'route replace ::/0 via fe80::1 dev eth1 table 28000 proto 129',
          'rule add from 2001:db8:2::/64 iif lo lookup 28000 suppress_prefixlength 0 priority 28000 protocol 129',
          'rule add from 2001:db8:2::/64 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300 protocol 129',
          'rule add from 2001:db8:2::/64 iif lo lookup 28000 priority 28600 protocol 129',
          'rule add from all oif eth1 lookup 28000 priority 33000 protocol 129',
        ],
      },
    ]);
  });

  test('an older ip or kernel knows no protocol of a rule', () => {
    const words = planObjects(plan, { ruleProtocol: false }).map(o => o.add);
    expect(words.filter(w => w.startsWith('rule') && w.includes('proto'))).toEqual([]);
    expect(words.filter(w => w.startsWith('route')).every(w => w.endsWith('proto 129'))).toBe(true);
  });

  test('to what the table has for itself, from an address, and a gateway that is no neighbour yet', () => {
    const shared = examplePlans['static-shares-primary-subnet']!.enis[0]!;
    const words = planObjects(shared, options).map(o => o.add);
    expect(words).toContain(
      'rule add from 10.0.1.20/32 lookup 28000 suppress_prefixlength 0 priority 28000 protocol 129',
    );
    expect(words).toContain('route replace 0.0.0.0/0 via 10.0.1.253 dev eth1 table 28000 onlink proto 129');
  });

  test('the address that DHCP brings is not among them', () => {
    const dhcp = examplePlans['dhcp-complete']!.enis[0]!;
    expect(planObjects(dhcp, options).some(o => o.add.includes('10.0.2.10/'))).toBe(false);
  });

  test('a default route in main has its metric, to add it and to find it again', () => {
    const words = planObjects(examplePlans['static-main-default']!.enis[0]!, options);
    const route = words.find(o => o.key.startsWith('route 254'))!;
    expect([route.add, route.remove]).toEqual([
      'route replace 0.0.0.0/0 via 10.0.2.253 dev eth1 table 254 metric 20000 onlink proto 129',
      'route del 0.0.0.0/0 via 10.0.2.253 dev eth1 table 254 metric 20000',
    ]);
  });
});

describe('the order', () => {
  test('removing: rules, the last tier first, then routes and addresses; a link keeps its MTU', () => {
    for (const batch of removals([differ({ ...plan, mtu: 8500 }, undefined)])) {
      const kinds = batch.lines.map(line => line.split(' ').slice(0, 2).join(' '));
      expect(kinds).toEqual([...kinds].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
      expect(new Set(kinds)).toEqual(new Set(order));
      const tiers = batch.lines.flatMap(line => / priority (\d+)$/.exec(line)?.[1] ?? []);
      expect(tiers).toEqual(['33000', '28600', '28300', '28000']);
    }
  });
  const order = ['rule del', 'route del', 'addr del'];

  test('removing: a route to a subnet that another link has in main, when that link has lost it', () => {
    const route = plan.routes.find(r => r.destination === '10.0.1.0/24')!;
    const beside = { ...plan, link: 'eth2', table: 28001 };
    const before = { ...beside, routes: [{ ...route, table: 28001 }], rules: [] };
    const kernel = kernelOf([plan, before]);
    const stays = compareEni(kernel, { ...before, routes: [] }, before, options);
    const [ipv4] = removals([stays, differ(plan, undefined)]);
    expect(ipv4!.lines.at(-1)).toBe('route del 10.0.1.0/24 via 10.0.2.253 dev eth2 table 28001');
    expect(ipv4!.lines.at(-2)).toMatch(/^addr del .* dev eth1$/);
  });

  const secondAs = (family: 4 | 6, prefixLength: number): EniPlan => ({
    ...plan,
    addresses: plan.addresses.map(a =>
      a.ip === (family === 4 ? '10.0.2.10' : '2001:db8:2::10') ? { ...a, prefixLength } : a,
    ),
  });

  test('an IPv4 address with another length: the new one first, so that it is never missing', () => {
    const difference = differ(plan, secondAs(4, 24));
    expect(additions([difference])).toEqual([
      { family: 4, lines: ['addr add 10.0.2.10/24 dev eth1 broadcast +'] },
    ]);
    expect(removals([difference])).toEqual([{ family: 4, lines: ['addr del 10.0.2.10/32 dev eth1'] }]);
  });

  test('an IPv6 address cannot be there twice: the old one goes first, in the same batch, and only once', () => {
    const difference = differ(plan, secondAs(6, 64));
    expect(additions([difference])).toEqual([
      {
        family: 6,
        lines: ['addr del 2001:db8:2::10/128 dev eth1', 'addr add 2001:db8:2::10/64 dev eth1 nodad'],
      },
    ]);
    expect(removals([difference])).toEqual([]);
  });

  test('another IPv6 address is not replaced but removed afterwards', () => {
    const after: EniPlan = {
      ...plan,
      addresses: plan.addresses.map(a =>
        a.ip === '2001:db8:2::11' ? { ...a, ip: ip('2001:db8:2::12') } : a,
      ),
    };
    const difference = differ(plan, after);
    expect(additions([difference])).toEqual([
      { family: 6, lines: ['addr add 2001:db8:2::12/128 dev eth1 nodad'] },
    ]);
    expect(removals([difference])).toEqual([{ family: 6, lines: ['addr del 2001:db8:2::11/128 dev eth1'] }]);
  });

  test('a rule that stands twice too often is deleted twice', () => {
    const kernel = kernelOf([plan]);
    const rule = kernel.rules.find(r => r.priority === 28300 && r.family === 4)!;
    const difference = compareEni({ ...kernel, rules: [...kernel.rules, rule, rule] }, plan, plan, options);
    const line =
      'rule del from 10.0.2.0/24 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300';
    expect(removals([difference])).toEqual([{ family: 4, lines: [line, line] }]);
  });

  test('nothing to do, nothing to run', () => {
    const none = differ(plan, plan);
    expect([additions([none]), removals([none]), additions([])]).toEqual([[], [], []]);
  });
});

describe('runBatches', () => {
  const run = async (result: Partial<CommandResult>, tolerant = false) => {
    const calls: (readonly [string, string | undefined])[] = [];
    const system = {
      run: async (argv: readonly string[], o?: { readonly input?: string }) => {
        calls.push([argv.join(' '), o?.input]);
        return { exitCode: 0, stdout: '', stderr: '', ...result };
      },
    } as unknown as System;
    const list = [
      { family: 4 as const, lines: ['addr add a', 'rule add b'] },
      { family: 6 as const, lines: ['addr add c'] },
    ];
    await runBatches(system, list, tolerant);
    return calls;
  };

  test('one call per family, the lines on standard input', async () => {
    expect(await run({})).toEqual([
      ['ip -4 -batch -', 'addr add a\nrule add b\n'],
      ['ip -6 -batch -', 'addr add c\n'],
    ]);
  });

  test('names the line that failed', async () => {
    const stderr = 'RTNETLINK answers: File exists\nCommand failed -:2\n';
    const error = await run({ exitCode: 1, stderr }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AgentError);
    expect(error).toMatchObject({
      code: 'command-failed',
      message: 'ip -4 rule add b failed: RTNETLINK answers: File exists',
    });
  });

  test('tolerant: goes on behind a line that fails, and does not throw', async () => {
    expect((await run({ exitCode: 1, stderr: 'x' }, true)).map(([argv]) => argv)).toEqual([
      'ip -4 -force -batch -',
      'ip -6 -force -batch -',
    ]);
  });
});
