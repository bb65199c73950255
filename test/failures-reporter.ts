// A reporter of vitest that appends what failed, and why, to the file named by ENI_AGENT_FAILURES. test/run.sh shows it last: an hour of
// output may lie between a failure and the end, which is where people look.
import { appendFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Of one error; enough for an assertion with its difference, or for what a program said. */
const shownLines = 40;

export default class FailuresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const path = process.env.ENI_AGENT_FAILURES;
    if (path === undefined) return;
    const texts = [
      ...modules.flatMap(failuresOf),
      ...unhandled.map(error => failureText('outside of any test', [error])),
    ];
    if (texts.length > 0) appendFileSync(path, `${texts.join('\n')}\n`);
  }
}

/** A file that could not be loaded, a hook that failed, a test that failed. */
function failuresOf(module: TestModule): readonly string[] {
  const file = module.relativeModuleId;
  const texts = module.errors().length > 0 ? [failureText(file, module.errors())] : [];
  for (const suite of module.children.allSuites())
    if (suite.errors().length > 0) texts.push(failureText(`${file} > ${suite.fullName}`, suite.errors()));
  for (const test of module.children.allTests('failed'))
    texts.push(failureText(`${file} > ${test.fullName}`, test.result().errors ?? []));
  return texts;
}

function failureText(name: string, errors: readonly SerializedError[]): string {
  const lines = errors.flatMap(linesOf);
  const more = lines.length - shownLines;
  const shown = lines.slice(0, shownLines).map(line => `  ${line}`.trimEnd());
  return [`FAILED ${name}`, ...shown, ...(more > 0 ? [`  and ${more} more lines`] : [])].join('\n');
}

function linesOf({ message, diff, stacks }: SerializedError): readonly string[] {
  const at = stacks?.[0];
  const where = at === undefined ? [] : [`at ${at.file}:${at.line}`];
  return stripVTControlCharacters([message, ...where, diff ?? ''].join('\n').trim()).split('\n');
}
