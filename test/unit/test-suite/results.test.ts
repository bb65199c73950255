// The last lines of a run: what counts as a failure, and what ran.
import { expect, test } from 'vitest';
import { countReport, merged, type Report, summarize, worthAnotherAttempt } from '../../results.ts';

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

test('of a file or a column that ran twice the second result counts', () => {
  const column = (status: string): Report => ({
    success: status === 'passed',
    numPassedTests: 0,
    numFailedTests: 1,
    testResults: [
      file('test/matrix/column.test.ts', 5, ['boot', status]),
      file('test/lab/a.test.ts', 5, ['x', status]),
    ],
  });
  const [bad, good] = [column('failed'), column('passed')];
  expect(worthAnotherAttempt(merged([bad]))).toEqual(['networkd/trixie/dhcp', 'test/lab/a.test.ts']);
  expect(countReport(JSON.stringify(merged([bad, good])))).toEqual({ passed: 2, failed: 0 });
  expect(countReport(JSON.stringify(merged([good, bad])))).toEqual({ passed: 0, failed: 2 });
  expect(countReport(JSON.stringify(merged([bad])))).toEqual({ passed: 0, failed: 2 });
});

test('no second attempt for a unit test, nor where much has failed', () => {
  expect(worthAnotherAttempt(report)).toEqual([]);
  const many = [1, 2, 3, 4, 5].map(n => file(`test/lab/${n}.test.ts`, 1, ['x', 'failed']));
  expect(worthAnotherAttempt({ ...report, testResults: many })).toEqual([]);
});

test('an error outside of any test stays a failure', () => {
  const loose: Report = {
    success: false,
    numPassedTests: 1,
    numFailedTests: 0,
    testResults: [file('test/unit/a.test.ts', 1, ['x', 'passed'])],
  };
  expect(countReport(JSON.stringify(merged([loose]))).failed).toBe(1);
});
