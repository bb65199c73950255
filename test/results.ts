// Reads the results of several vitest runs, for test/run.sh: `node results.ts counts RESULT.json...` prints `PASSED FAILED`, `summary` a table
// of what ran, `again` the lab's files and columns that failed. Where a file ran twice its second result counts. A file that is missing (vitest crashed) and a test file that could not be loaded each count as one failure, so that no crash
// looks green.
import { readFileSync } from 'node:fs';

/** The part of vitest's JSON report that is read. */
export interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  /** Absolute path. */
  readonly name: string;
  readonly status: string;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly endTime: number;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly title: string;
    readonly ancestorTitles: readonly string[];
  }[];
}

/** Passed and failed tests of one report's text. */
export function countReport(text: string): { readonly passed: number; readonly failed: number } {
  const report = JSON.parse(text) as Report;
  const broken = report.testResults.filter(
    file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + broken;
  // An unhandled error outside of any test fails the run and no test.
  return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed };
}

/** All results as one; of a file, or a column of the matrix, that is in several the last one counts. */
export function merged(reports: readonly Report[]): Report {
  const files = new Map<string, FileResult>();
  for (const file of reports.flatMap(report => report.testResults)) files.set(nameOf(file), file);
  const testResults = [...files.values()];
  const tests = testResults.flatMap(file => file.assertionResults);
  const count = (status: string) => tests.filter(test => test.status === status).length;
  // An error outside of any test is in no file: it makes its report fail where every file of it has passed.
  const isLoose = reports.some(r => !r.success && r.testResults.every(file => file.status !== 'failed'));
  return {
    success: !isLoose && testResults.every(file => file.status !== 'failed'),
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    testResults,
  };
}

/**
 * What is worth a second attempt, alone: files of the lab and columns of the matrix, where a machine that has too much to do may be the
 * cause. Not if many failed: then it is not that.
 */
export function worthAnotherAttempt({ testResults }: Report): readonly string[] {
  const failed = testResults.filter(
    file => file.status === 'failed' && /^(lab|matrix)$/.test(folderOf(file)),
  );
  return failed.length > 4 ? [] : failed.map(file => nameOf(file).replace(/^matrix /, ''));
}

/** A line per folder of tests, the tests that say how much they did, and the ten files that took longest. */
export function summarize(reports: readonly Report[]): string {
  const files = reports.flatMap(report => report.testResults);
  const rows = [...Map.groupBy(files, folderOf)].sort().map(([folder, of]) => {
    const tests = of.flatMap(file => file.assertionResults);
    const count = (...statuses: string[]) => String(tests.filter(t => statuses.includes(t.status)).length);
    const seconds = of.reduce((sum, file) => sum + secondsOf(file), 0).toFixed(0);
    return [
      ...[
        folder,
        String(of.length),
        count('passed'),
        count('failed'),
        count('skipped', 'pending', 'todo'),
        seconds,
      ],
    ];
  });
  const amounts = files
    .flatMap(file => file.assertionResults)
    .filter(test => test.status === 'passed' && /\b\d[\d,]* (lives|cycles|power cuts)\b/.test(test.title))
    .map(test => `  ${test.title}`);
  const slowest = files
    .toSorted((a, b) => secondsOf(b) - secondsOf(a))
    .slice(0, 10)
    .map(file => `  ${secondsOf(file).toFixed(0).padStart(4)} s  ${nameOf(file)}`);
  const head = ['what ran', 'files', 'passed', 'failed', 'skipped', 'seconds'];
  return [
    ...table([head, ...rows]),
    ...(amounts.length > 0 ? ['among them', ...amounts] : []),
    'took longest',
    ...slowest,
  ].join('\n');
}

function folderOf(file: FileResult): string {
  const [, folder = ''] = /test\/([^/]+)\//.exec(file.name) ?? [];
  return folder;
}

/** Of the matrix, the column. */
function nameOf(file: FileResult): string {
  const column = folderOf(file) === 'matrix' ? file.assertionResults[0]?.ancestorTitles[0] : undefined;
  return column === undefined ? file.name.slice(file.name.indexOf('test/')) : `matrix ${column}`;
}

function secondsOf({ startTime, endTime }: FileResult): number {
  return Math.max(0, endTime - startTime) / 1000;
}

/** The first column to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)));
  return rows.map(row =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}

if (import.meta.main) {
  const [what, ...paths] = process.argv.slice(2);
  const reports: Report[] = [];
  let unreadable = 0;
  for (const path of paths) {
    try {
      reports.push(JSON.parse(readFileSync(path, 'utf8')) as Report);
    } catch (error) {
      console.error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      unreadable += 1;
    }
  }
  const all = merged(reports);
  if (what === 'again') console.log(worthAnotherAttempt(all).join(' '));
  else if (what === 'summary') console.log(summarize([all]));
  else {
    const { passed, failed } = countReport(JSON.stringify(all));
    console.log(`${passed} ${failed + unreadable}`);
  }
}
