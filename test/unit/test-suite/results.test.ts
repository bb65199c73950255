// The last lines of a run: what counts as a failure, and what ran.
import { expect, test } from 'vitest';
import { countReport, type Report, summarize } from '../../results.ts';

const file = (
  name: string,
  seconds: number,
  ...tests: readonly (readonly [title: string, status: string])[]
) => ({
  name: `/x/${name}`,
  status: tests.some(([, status]) => status === 'failed') ? 'failed' : 'passed',
  startTime: 1000,
  endTime: 1000 + seconds * 1000,
  assertionResults: tests.map(([title, status]) => ({
    title,
    status,
    ancestorTitles: ['networkd/trixie/dhcp'],
  })),
});

const report: Report = {
  success: false,
  numPassedTests: 3,
  numFailedTests: 1,
  testResults: [
    file('test/unit/a.test.ts', 2, ['one', 'passed'], ['two', 'failed']),
    file('test/property/life.test.ts', 30, ['2000 lives with the seed 7', 'passed']),
    file('test/matrix/column.test.ts', 60, ['boot', 'passed'], ['left out', 'skipped']),
  ],
};

test('passed and failed', () => {
  expect(countReport(JSON.stringify(report))).toEqual({ passed: 3, failed: 1 });
});

test('a file that could not be loaded is a failure, and so is an error outside of any test', () => {
  const broken = { ...file('test/lab/a.test.ts', 0), status: 'failed' };
  const made: Report = { success: false, numPassedTests: 0, numFailedTests: 0, testResults: [broken] };
  expect(countReport(JSON.stringify(made)).failed).toBe(1);
  expect(countReport(JSON.stringify({ ...made, testResults: [] })).failed).toBe(1);
});

test('what ran, how much of it, and where the time went', () => {
  expect(summarize([report])).toBe(
    [
      'what ran  files  passed  failed  skipped  seconds',
      'matrix        1       1       0        1       60',
      'property      1       1       0        0       30',
      'unit          1       1       1        0        2',
      'among them',
      '  2000 lives with the seed 7',
      'took longest',
      '    60 s  matrix networkd/trixie/dhcp',
      '    30 s  test/property/life.test.ts',
      '     2 s  test/unit/a.test.ts',
    ].join('\n'),
  );
});
