// Adds up the results of several vitest runs: `node count-results.ts RESULT.json...` prints `PASSED FAILED`. A file that is
// missing (vitest crashed) and a test file that could not be loaded each count as one failure, so that no crash looks green.
import { readFileSync } from 'node:fs';

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
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

if (import.meta.main) {
  let [passed, failed] = [0, 0];
  for (const path of process.argv.slice(2)) {
    try {
      const counted = countReport(readFileSync(path, 'utf8'));
      passed += counted.passed;
      failed += counted.failed;
    } catch (error) {
      console.error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      failed += 1;
    }
  }
  console.log(`${passed} ${failed}`);
}
