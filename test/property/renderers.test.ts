// For every backend and any plan: what the real consumer makes of the files is the plan, and nothing else. The consumers are the
// parse-back parsers of test/support; they read the files by their own rules, not by the renderer's.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cidr, contains, familyOf } from '../../agent/model/address.ts';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import { type EniPlan, mainTable, type NetworkPlan } from '../../agent/model/network-plan.ts';
import { renderers } from '../../renderers/registry.ts';
import { factsForBackend, releaseNames } from '../../renderers/releases/lookup.ts';
import { marker, type RenderedFile } from '../../renderers/renderer.ts';
import { arbitraryPlan } from '../support/arbitrary-plans.ts';
import { examplePlans } from '../support/example-plans.ts';
import { expectedLines } from '../support/parse-back/kernel-lines.ts';
import { leavesRouteInMain } from '../support/parse-back/lease-route.ts';
import { parsers } from '../support/parse-back/parsers.ts';
import { wordsFor } from '../support/recorded-proofs.ts';

const backends = Object.keys(parsers) as BackendName[];
const runs = Number(process.env.PROPERTY_RUNS ?? 25);

/** Every release of a backend: the forms differ by the versions of its tools. */
const hosts = backends.flatMap(backend =>
  releaseNames(backend).map(release => ({ backend, release, facts: factsOf(backend, release) })),
);

function factsOf(backend: BackendName, release: string): HostFacts {
  const facts = factsForBackend(backend, release);
  // Ubuntu's images have networkd-dispatcher, which is how tier 2 survives a reboot where systemd is older than 245.
  return backend === 'netplan'
    ? { ...facts, paths: [...facts.paths, '/usr/bin/networkd-dispatcher'] }
    : facts;
}

describe.each(hosts)('$backend on $release', ({ backend, facts }) => {
  const renderer = renderers[backend];
  const parseBack = parsers[backend];
  const plans = arbitraryPlan(wordsFor(backend, facts));
  const lines = (files: readonly RenderedFile[], eni: EniPlan) => parseBack(files, eni.link, facts);

  // Where the kernel ignores suppress_prefixlength, no plan has it.
  const examples = Object.entries(examplePlans).filter(
    ([, plan]) =>
      facts.kernel.suppressPrefixLength ||
      !plan.enis.some(eni => eni.rules.some(r => r.suppressPrefixLength !== undefined)),
  );

  test.each(examples)('what it reads back is the plan: %s', (_, plan) => {
    const files = renderer.render(plan.enis, facts);
    for (const eni of plan.enis) expect(lines(files, eni)).toEqual(expectedLines(eni));
  });

  test('what it reads back is any plan', () => {
    fc.assert(
      fc.property(plans, plan => {
        const files = renderer.render(plan.enis, facts);
        for (const eni of plan.enis) expect(lines(files, eni)).toEqual(expectedLines(eni));
      }),
      { numRuns: runs },
    );
  });

  test('main gets no default route that the plan does not have', () => {
    fc.assert(
      fc.property(plans, plan => {
        const files = renderer.render(plan.enis, facts);
        for (const eni of plan.enis) {
          const wanted = eni.routes.filter(r => r.table === mainTable && r.destination.endsWith('/0')).length;
          const found = lines(files, eni).routes.filter(r => /^route 254 (0\.0\.0\.0|::)\/0 /.test(r));
          expect(found).toHaveLength(wanted);
        }
      }),
      { numRuns: runs },
    );
  });

  const leaves = leavesRouteInMain[backend];
  // The others delete the route in a script or take the lease as a host address: their unit tests look at that.
  if (leaves !== undefined)
    test('main gets the connected route of a lease only where the plan says so', () => {
      fc.assert(
        fc.property(plans, plan => {
          const files = renderer.render(plan.enis, facts);
          // While the lease is awaited, an old networkd cannot be told of a subnet that nobody knows.
          for (const eni of plan.enis.filter(e => e.addressing === 'dhcp' && e.awaiting === undefined))
            expect(leaves(files, eni.link, facts)).toBe(eni.connectedRoute);
        }),
        { numRuns: runs },
      );
    });

  test('every address has a rule that leads to its own table, and no two ENIs share one', () => {
    fc.assert(
      fc.property(plans, plan => {
        const files = renderer.render(plan.enis, facts);
        const owners = new Map<number, string>();
        for (const eni of plan.enis) {
          const read = lines(files, eni);
          for (const table of tablesIn([...read.routes, ...read.rules]).filter(t => t !== mainTable)) {
            expect([undefined, eni.link]).toContain(owners.get(table));
            owners.set(table, eni.link);
          }
          for (const address of eni.addresses.filter(a => settled(eni, a.family)))
            expect(read.rules.some(rule => leads(rule, address.ip, eni.table))).toBe(true);
        }
      }),
      { numRuns: runs },
    );
  });

  test('the order of the ENIs does not matter, and the same plan gives the same bytes', () => {
    fc.assert(
      fc.property(plans, plan => {
        const reversed: NetworkPlan = { ...plan, enis: plan.enis.toReversed() };
        expect(byPath(renderer.render(reversed.enis, facts))).toEqual(
          byPath(renderer.render(plan.enis, facts)),
        );
        expect(renderer.render(plan.enis, facts)).toEqual(renderer.render(structuredClone(plan.enis), facts));
      }),
      { numRuns: runs },
    );
  });

  test('every file is a clean text of ours, at a path where it is found again', () => {
    fc.assert(
      fc.property(plans, plan => {
        const files = renderer.render(plan.enis, facts);
        expect(new Set(files.map(f => f.path)).size).toBe(files.length);
        for (const file of files) {
          // A script has its interpreter on line 1.
          const first = file.content.split('\n').find(line => !line.startsWith('#!'));
          expect(first?.endsWith(marker)).toBe(true);
          expect(file.content).toMatch(/^[\t\n\x20-\x7e]+\n$/);
          expect(renderer.ownFiles.some(own => isOwn(own, file.path))).toBe(true);
        }
      }),
      { numRuns: runs },
    );
  });

  test('no ENI, no file; no change, no command', () => {
    expect(renderer.render([], facts)).toEqual([]);
    expect(renderer.activate([], facts)).toEqual([]);
  });

  test('no command touches the primary link or restarts a service', () => {
    fc.assert(
      fc.property(plans, plan => {
        const changes = plan.enis.flatMap(eni => [
          { kind: 'added' as const, after: eni },
          { kind: 'changed' as const, before: eni, after: { ...eni, mtu: 1400 } },
          { kind: 'removed' as const, before: eni, linkPresent: true },
          { kind: 'removed' as const, before: eni, linkPresent: false },
        ]);
        for (const { argv } of renderer.activate(changes, facts)) {
          expect(argv).not.toContain('eth0');
          expect(argv.join(' ')).not.toMatch(
            /\b(restart|netplan apply|netplan generate|network (start|stop)|(?<!from )all)\b/,
          );
          for (const word of argv) expect(word).toMatch(/^[a-zA-Z0-9_.:/=@-]+$/);
        }
      }),
      { numRuns: runs },
    );
  });
});

function byPath(files: readonly RenderedFile[]): Readonly<Record<string, RenderedFile>> {
  return Object.fromEntries(files.map(f => [f.path, f]).toSorted() as [string, RenderedFile][]);
}

function isOwn(own: { dir: string; name: RegExp }, path: string): boolean {
  return path.startsWith(`${own.dir}/`) && own.name.test(path.slice(own.dir.length + 1));
}

/** Rules come once the subnet is known. */
function settled(eni: EniPlan, family: 4 | 6): boolean {
  return eni.awaiting === undefined || family === 6;
}

function tablesIn(lines: readonly string[]): readonly number[] {
  return lines.map(line => Number(/^route (\d+)|lookup (\d+)/.exec(line)?.slice(1).find(Boolean)));
}

function leads(rule: string, ip: EniPlan['addresses'][number]['ip'], table: number): boolean {
  const [, from, target] = /^rule . \d+ from (\S+)(?: iif lo)? lookup (\d+)$/.exec(rule) ?? [];
  if (from === undefined || Number(target) !== table || from === 'all') return false;
  return familyOf(from as Cidr) === familyOf(ip) && contains(from as Cidr, ip);
}
