// The claims' tables against what real services did with the same files (test/fixtures/judged). A link that a service touches and that is
// called free would be configured twice; so each row has a judgement, and one that says otherwise has its cause beside it.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../agent/model/host.ts';
import { type ClaimCase, claimsIn, verdict } from '../support/claim-cases.ts';
import {
  digestOfCase,
  type Judgement,
  judgedConsumers,
  judgedFile,
  readJudgement,
} from '../support/judged.ts';
import { initscriptsCases } from '../unit/claims/ifcfg-cases.ts';
import { suseCases, wickedCases } from '../unit/claims/suse-cases.ts';

interface Table {
  readonly consumer: RegExp;
  /** Name of a file in test/fixtures/hosts. */
  readonly host: string;
  /** Whether NetworkManager, which reads the same files, ran beside it decides what they come to. */
  readonly services?: HostFacts['services'];
  readonly cases: readonly ClaimCase[];
}

const tables: readonly Table[] = [
  {
    consumer: /^initscripts-el6$/,
    host: 'centos-6',
    services: { network: 'active', NetworkManager: 'absent' },
    cases: initscriptsCases,
  },
  { consumer: /^initscripts-el7$/, host: 'centos-7', cases: initscriptsCases },
  { consumer: /^wicked(-|$)/, host: 'sles-15', cases: wickedCases },
  { consumer: /^sles11$/, host: 'sles-11', cases: suseCases },
];

function tableOf(consumer: string): Table {
  const table = tables.find(one => one.consumer.test(consumer));
  if (table === undefined) throw new Error(`no table of claims belongs to ${consumer}`);
  return table;
}

/** What is wrong with the judgement, one line each; [] if it holds. */
async function faultsOf(judgement: Judgement, { host, services, cases }: Table): Promise<readonly string[]> {
  // What only the running machine knows is not in files.
  const judged = cases.filter(one => one.link === undefined && one.facts === undefined);
  const left = Object.keys(judgement.rows).filter(name => !judged.some(one => one.name === name));
  const faults = left.map(name => `judged, and no row any more: ${name}`);
  for (const one of judged) {
    const facts = services === undefined ? {} : { facts: { services } };
    const row = judgement.rows[one.name];
    const said = verdict(await claimsIn(host, 'eth1', { ...one, ...facts }));
    if (row === undefined) faults.push(`not judged: ${one.name}`);
    else if (row.digest !== digestOfCase(one))
      faults.push(`its files have changed, judge it again: ${one.name}`);
    else if (row.touched.length > 0 === (said !== 'free')) {
      if (row.cause !== undefined) faults.push(`a cause, and nothing to explain: ${one.name}`);
    } else if (!row.cause?.trim())
      faults.push(`read as ${said}, but the service touched [${row.touched.join(', ')}]: ${one.name}`);
  }
  return faults;
}

// Whoever has judged rows leaves the digests out. Only what is missing is filled in, so that a stale judgement stays one.
if (process.env.GOLDEN === 'write')
  for (const consumer of judgedConsumers()) {
    const judgement = readJudgement(consumer);
    const { cases } = tableOf(consumer);
    const rows = Object.entries(judgement.rows).map(([name, row]) => {
      const one = cases.find(c => c.name === name);
      return [name, one === undefined ? row : { ...row, digest: row.digest ?? digestOfCase(one) }] as const;
    });
    const text = `${JSON.stringify({ ...judgement, rows: Object.fromEntries(rows) }, null, 2)}\n`;
    writeFileSync(judgedFile(consumer), text);
  }

test('there are some', () => expect(judgedConsumers().length).toBeGreaterThan(0));

describe.each(judgedConsumers())('%s', consumer => {
  const judgement = readJudgement(consumer);

  test('holds each row of its table', async () => {
    expect(await faultsOf(judgement, tableOf(consumer))).toEqual([]);
  });

  test('says what was run, and names no path of the machine that ran it', () => {
    expect(judgement).toMatchObject({ consumer, version: expect.stringMatching(/\d/) });
    expect(judgement.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(JSON.stringify(judgement)).not.toMatch(/\/(tmp|work|home|root)\//);
  });
});

describe('a judgement that does not hold', () => {
  const [consumer = ''] = judgedConsumers();
  const judgement = readJudgement(consumer);
  const table = tableOf(consumer);
  const [name, row] = Object.entries(judgement.rows).find(([, { cause }]) => cause === undefined)!;
  const faults = (rows: Judgement['rows']) => faultsOf({ ...judgement, rows }, table);
  const { [name]: _, ...others } = judgement.rows;

  test.each([
    ['a row that is missing', others, 'not judged'],
    [
      'one that says otherwise',
      { ...others, [name]: { ...row, touched: row.touched.length > 0 ? [] : ['up'] } },
      'touched',
    ],
    ['one of other files', { ...others, [name]: { ...row, digest: '0' } }, 'judge it again'],
    ['a cause without a difference', { ...others, [name]: { ...row, cause: 'x' } }, 'nothing to explain'],
    ['one that is no row', { ...judgement.rows, gone: row }, 'no row any more'],
  ] as const)('%s', async (_what, rows: Judgement['rows'], said) => {
    expect(await faults(rows)).toEqual([expect.stringContaining(said)]);
  });
});
