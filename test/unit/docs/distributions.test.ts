// docs/distributions.md and docs/distributions/ against the releases, the renderers, the columns of the matrix and the recordings: a claim
// without a run fails, and so does a run or a release that no page names.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderers } from '../../../renderers/registry.ts';
import { releaseNamed, releaseNames } from '../../../renderers/releases/lookup.ts';
import type { ImageName } from '../../lab/images.ts';
import { readSeen } from '../../needs/seen.ts';
import { examplePlans } from '../../support/example-plans.ts';
import {
  examplePlanFor,
  provenConsumers,
  readProof,
  recordedNames,
  type StepName,
} from '../../support/recorded-proofs.ts';
import { columns, costOf, faultsOf, lives, lostIn } from './distribution-faults.ts';
import { claimsOf, codes, factsOf, families, type Row, rows } from './distribution-rows.ts';
import {
  codeColumn,
  documents,
  expectBlock,
  expectParagraph,
  readDocument,
  section,
  tableRows,
} from './documents.ts';

const text = readDocument('docs/distributions.md');
/** What runs in the columns of an image, and the Debian package of each. */
const servicesOf: Readonly<Record<ImageName, readonly (readonly [string, string])[]>> = {
  ifupdown: [
    ['ifupdown', 'ifupdown'],
    ['dhclient', 'isc-dhcp-client'],
    ['dhcpcd', 'dhcpcd-base'],
  ],
  netplan: [
    ['netplan', 'netplan.io'],
    ['systemd', 'systemd'],
  ],
  networkd: [['systemd', 'systemd']],
  'networkmanager-keyfile': [['NetworkManager', 'network-manager']],
};
/** Without what Debian adds to it: an epoch before, its own revisions behind. */
const upstream = (version: string | undefined) => version?.replace(/^\d+:/, '').replace(/[-+~].*$/, '');
const proofs = recordedNames().map(readProof);
const consumers = provenConsumers();
const named = rows.map(row => [row.system, row] as const);

test('each release is in one row, and all backends are there', () => {
  expect(rows.flatMap(row => row.releases).sort()).toEqual(releaseNames());
  expect([...new Set(rows.map(row => row.backend))].sort()).toEqual(Object.keys(renderers).sort());
});

test('the families: every page, and each system under its strongest evidence', () => {
  const pages = documents.filter(name => name.startsWith('docs/distributions/'));
  expect(families.map(family => `docs/${family.page}`)).toEqual(pages);
  const levels = ['matrix', 'life', 'recorded', 'reasoned'];
  const lines = families.map(({ title, page, rows: own }) => {
    const cells = levels.map(
      level =>
        own
          .filter(row => row.claims[0]!.level === level)
          .map(nameOf)
          .join('; ') || '-',
    );
    return `| [${title}](${page}) | ${cells.join(' | ')} |`;
  });
  const head =
    '| page | the agent ran there (`matrix`) | the agent ran there once (`life`) | the service loaded the files (`recorded`) | nothing was run (`reasoned`) |';
  expectParagraph('docs/distributions.md', 'systems', [head, '|---|---|---|---|---|', ...lines].join('\n'));
});

/** Without the names of its releases. */
function nameOf({ system }: Row): string {
  return system.replaceAll(/ `[^`]*`/g, '');
}

test.each(named)('%s: backend, versions and files of its releases', (_, row) => {
  for (const name of row.releases) expect(releaseNamed(name).backend, name).toBe(row.backend);
  for (const facts of factsOf(row)) {
    if (row.releases.length > 0)
      for (const program of ['ifupdown', 'netplan', 'networkmanager', 'wicked'])
        expect(row.service).toContain(facts.versions[program] ?? '');
    if (row.releases.length > 0 && ['netplan', 'networkd'].includes(row.backend))
      expect(row.service).toContain(`networkd ${facts.versions.systemd}`);
    const files = Object.keys(examplePlans).flatMap(plan =>
      renderers[row.backend]
        .render(examplePlanFor(plan, row.backend, facts)!.enis, facts)
        .map(f => path.basename(f.path)),
    );
    const general = files.map(f => f.replace(/eth\d+/, 'LINK').replace(/:\d+$/, ':N'));
    expect(row.files.toSorted()).toEqual([...new Set(general)].sort());
  }
});

test.each(named)('%s: loaded by what the renderer runs', (_, row) => {
  const renderer = renderers[row.backend];
  for (const facts of factsOf(row)) {
    const added = Object.values(examplePlans)
      .flatMap(plan => plan.enis)
      .map(after => ({ kind: 'added' as const, after }));
    const live = added.every(change => renderer.travel(change, facts) === 'kernel');
    expect(row.loadedBy.startsWith('live')).toBe(live);
    expect(codes(row.loadedBy).length > 0).toBe(!live);
    for (const words of codes(row.loadedBy))
      for (const change of added) {
        const lines = renderer.activate([change], facts).map(c => c.argv.join(' '));
        expect(lines.join('\n')).toContain(words.replace('LINK', change.after.link));
      }
  }
});

describe('what is verified was run', () => {
  test.each(named)('%s', (_, row) => {
    expect(faultsOf(row)).toEqual([]);
  });

  test('each recording, each life and each column of the matrix is named', () => {
    const runs = rows.flatMap(row => row.claims.flatMap(claim => claim.runs));
    expect(
      [...columns, ...lives.keys(), ...consumers.map(c => c.consumer)].filter(run => !runs.includes(run)),
    ).toEqual([]);
  });
});

describe('a claim that was not run', () => {
  const rhel8 = rows.find(row => row.releases.includes('rhel-8'))!;
  const rhel10 = rows.find(row => row.releases.includes('rhel-10'))!;
  const debian12 = rows.find(row => row.releases.includes('debian-12'))!;
  const debian13 = rows.find(row => row.releases.includes('debian-13'))!;
  const [networkd12, networkd13] = ['12', '13'].map(
    debian => rows.find(row => row.system === `Debian ${debian} with networkd`)!,
  ) as [Row, Row];
  const lived = 'life: `networkd-debian-13`';
  const amazon = rows.find(row => row.releases.includes('amzn-2'))!;
  const claim = (row: Row, verified: string, more: Partial<Row> = {}): Row => {
    const claims = claimsOf(verified);
    return { ...row, ...more, claims, cost: claims.map(costOf).join('; ') };
  };

  test.each<readonly [string, Row, readonly RegExp[]]>([
    ['no recording', claim(rhel8, 'recorded: `none` (8 plans)'), [/^none was never run/]],
    ['no name', claim(rhel8, 'recorded: all'), [/no run is named/]],
    ['another word', claim(rhel8, 'tested: `networkmanager-ifcfg-1.40`'), [/^claims tested/]],
    [
      'another version',
      claim(rhel8, 'recorded: `networkmanager-ifcfg-1.30` (11 plans)'),
      [/is version 1\.30/],
    ],
    [
      'a guessed version of a Debian package',
      claim(rhel10, 'recorded: `networkmanager-keyfile-1.52` (11 plans)'),
      [/nobody has read/, /is Debian's package/],
    ],
    ['more plans', claim(rhel8, 'recorded: `networkmanager-ifcfg-1.40` (9 plans)'), [/^11 plans/]],
    ['another Debian', claim(debian12, 'matrix: `netplan/trixie`'), [/is another system/]],
    ['another backend', claim(debian12, 'matrix: `networkd/bookworm`'), [/is another backend/]],
    ['no life', claim(networkd13, 'life: `none`'), [/^none was never lived$/]],
    ['the life of another system', claim(networkd12, lived), [/another system/, /is systemd 257/]],
    ['the life of another backend', claim(debian13, lived), [/is another backend/]],
    [
      'a life of another version',
      claim(networkd13, lived, { service: 'networkd 25' }),
      [/^networkd-debian-13 is systemd 257$/],
    ],
    [
      'a life behind something weaker',
      claim(networkd13, `recorded: x; ${lived}`),
      [/^claims recorded\+life$/],
    ],
    ['a system that is no Debian', claim(amazon, 'matrix: `ifupdown/bullseye`'), [/backend/, /system/]],
    ['a cost', { ...rhel8, cost: 'recorded: 1 events in 22 steps' }, [/^the cost is ".*recorded: 0 events/]],
    ['a cost of what was not run', { ...amazon, cost: '0 events' }, [/^the cost is "not measured"/]],
  ])('%s', (_name, row, faults) => {
    const found = faultsOf(row);
    expect(found).toHaveLength(faults.length);
    for (const [index, fault] of faults.entries()) expect(found[index]).toMatch(fault);
  });

  test('a life with other files than those of the release', () => {
    const flatcar = rows.find(row => row.releases.includes('flatcar'))!;
    const row = claim(flatcar, 'life: `made`');
    const made = { ...lives.get('networkd-debian-13')!, release: 'flatcar', services: { systemd: '255' } };
    try {
      const faultsWith = (steps: typeof made.steps) => {
        lives.set('made', { ...made, steps });
        return faultsOf({ ...row, cost: costOf(row.claims[0]!) });
      };
      expect(faultsWith(made.steps)).toEqual([]);
      const other = 'made has written other files than those of flatcar';
      expect(faultsWith(made.steps.map(step => ({ ...step, files: {} })))).toEqual([other]);
      const changed = made.steps.map(({ files, ...step }) => {
        const first = Object.entries(files ?? {})
          .slice(0, 1)
          .map(([file]) => [file, 'x']);
        return { ...step, files: { ...files, ...Object.fromEntries(first) } };
      });
      expect(faultsWith(changed)).toEqual([other]);
    } finally {
      lives.delete('made');
    }
  });

  test('a life with the rules of another kernel', () => {
    const row = claim(rows.find(r => r.releases.includes('flatcar'))!, 'life: `made`');
    const made = { ...lives.get('networkd-debian-13')!, release: 'flatcar', services: { systemd: '255' } };
    const kernel = { ...made.facts.kernel, suppressPrefixLength: false };
    try {
      lives.set('made', { ...made, facts: { ...made.facts, kernel } });
      expect(faultsOf({ ...row, cost: costOf(row.claims[0]!) })).toEqual([
        'made was lived with other rules than those of flatcar',
      ]);
    } finally {
      lives.delete('made');
    }
  });

  test('other files', () => {
    const service = 'initscripts 9.03';
    const row = claim(amazon, 'recorded: `initscripts-el6` (11 plans)', { service });
    const found = faultsOf(row);
    expect(found).toHaveLength(11);
    for (const fault of found) expect(fault).toContain('has loaded other files for');
  });
});

describe('what was run', () => {
  test('one kernel', () => {
    const kernels = new Set(
      [...proofs, ...lives.values()].map(p => p.kernelVersion.split('.').slice(0, 2).join('.')),
    );
    expect(kernels.size).toBe(1);
    expect(section(text, 'What was not run')).toContain(`one kernel, ${[...kernels][0]};`);
  });

  test('the recordings', () => {
    const seconds = (consumer: string, step: StepName) => {
      const times = proofs
        .filter(p => p.consumer === consumer)
        .flatMap(p => p.steps.filter(s => s.name === step).map(s => s.milliseconds / 1000));
      return `${Math.min(...times).toFixed(1)}-${Math.max(...times).toFixed(1)}`;
    };
    const lines = consumers.map(({ consumer, version, releases, plans }) => {
      const own = proofs.filter(p => p.consumer === consumer);
      const steps = own.flatMap(p => p.steps);
      const leases = plans.filter(plan => plan.startsWith('dhcp')).length;
      return [
        ...[consumer, version.replace(/ \(.*/, ''), releases.join(' '), `${plans.length - leases}+${leases}`],
        ...(['boot', 'activate', 'remove'] as const).map(step => seconds(consumer, step)),
        `${steps.flatMap(s => s.primaryEvents).length}`,
        `${steps.flatMap(s => s.failedPings).length}`,
        own.map(p => p.date).sort()[0]!,
      ];
    });
    const head = ['recording', 'version', 'files of', 'static+dhcp', 'boot', 'activate', 'remove'];
    const table = [[...head, 'events', 'lost', 'date'], ...lines.sort()];
    expectBlock('docs/distributions.md', 'recordings', aligned(table));
  });

  test('the lives', () => {
    const lines = [...lives].map(([name, { services, release, addressing, cycles, date, steps }]) => [
      ...[
        name,
        Object.entries(services)
          .map(words => words.join(' '))
          .join(', '),
        release,
        addressing,
      ],
      ...[steps.length, cycles, steps.reduce((sum, s) => sum + (s.primaryEvents ?? 0), 0), lostIn(steps)].map(
        String,
      ),
      date,
    ]);
    const head = ['life', 'service', 'release', 'addresses', 'steps', 'cycles', 'events', 'lost', 'date'];
    expectBlock('docs/distributions.md', 'lives', aligned([head, ...lines]));
  });

  test('what of the lives is real', () => {
    const table = tableRows(section(text, 'Lives').replace(/^```[\s\S]*?^```$/gm, ''));
    expect(codeColumn(table)).toEqual([...lives.keys()]);
    for (const row of table) for (const cell of row) expect(cell).not.toBe('');
  });

  test('what of them is real', () => {
    const table = tableRows(section(text, 'Recordings').replace(/^```[\s\S]*?^```$/gm, ''));
    expect(codeColumn(table)).toEqual(consumers.map(c => c.consumer).sort());
    for (const row of table) for (const cell of row) expect(cell).not.toBe('');
  });

  test('the columns of the matrix, with the versions of the trees', () => {
    const seen = readSeen();
    const lines = [...columns].map(name => {
      const [image = '', suite = ''] = name.split('/');
      const versions = servicesOf[image as ImageName].flatMap(([shown, debianPackage]) => {
        const version = upstream(seen[suite]?.[debianPackage]);
        return version === undefined ? [] : [`${shown} ${version}`];
      });
      return `| \`${name}\` | ${versions.join(', ')} |`;
    });
    const head = '| columns | versions |\n|---|---|';
    expectParagraph('docs/distributions.md', 'matrix', [head, ...lines].join('\n'));
  });
});

/** In columns. */
function aligned(table: readonly (readonly string[])[]): string {
  const widths = table[0]!.map((_, i) => Math.max(...table.map(line => line[i]!.length)));
  const lineOf = (line: readonly string[]) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return table.map(lineOf).join('\n');
}
