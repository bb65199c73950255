// The table of the matrix: one line per step, one column per release and addressing.
import { expect, test } from 'vitest';
import { renderTable } from '../../matrix/table.ts';

const cell = (column: string, title: string, status = 'passed', duration = 1500) => ({
  ancestorTitles: [column],
  title,
  status,
  duration,
});

test('passed with its time, failed, missing and left out', () => {
  const report = {
    testResults: [
      { name: '/x/test/lab/lab.test.ts', assertionResults: [cell('the lab', 'of no column')] },
      {
        name: '/x/test/matrix/column.test.ts',
        assertionResults: [
          cell('networkd/trixie/static', 'boot'),
          cell('networkd/trixie/dhcp', 'boot', 'failed'),
          cell('networkd/trixie/static', 'remove', 'passed', 12_000),
          cell('ifupdown/bookworm/static', 'boot', 'skipped'),
        ],
      },
    ],
  };
  expect(renderTable(JSON.stringify(report))).toBe(
    [
      'networkd  trixie static  trixie dhcp',
      'boot              1.5 s         FAIL',
      'remove           12.0 s            -',
      '',
      '2 columns, 2 of 3 cells passed, 0 minutes in all',
    ].join('\n'),
  );
});

test('no cell, no table', () => {
  expect(renderTable('{"testResults": []}')).toBe('');
});

test('a column that ran again has its second result', () => {
  const of = (status: string) =>
    JSON.stringify({
      testResults: [
        {
          name: '/x/test/matrix/column.test.ts',
          assertionResults: [
            { ancestorTitles: ['networkd/trixie/dhcp'], title: 'boot', status, duration: 1000 },
          ],
        },
      ],
    });
  expect(renderTable(of('failed'))).toContain('0 of 1 cells passed');
  expect(renderTable(of('failed'), of('passed'))).toContain('1 of 1 cells passed');
});
