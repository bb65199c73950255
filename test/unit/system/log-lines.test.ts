// The JSON log: its bytes, and that no line is lost however the process ends, a full pipe included.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { jsonLog, type LogFields } from '../../../agent/log.ts';

const at = Date.UTC(2026, 10, 28, 9, 30, 0, 5);
const log = path.join(import.meta.dirname, '../../../agent/log.ts');

async function lineOf(fields: LogFields, message: string): Promise<string> {
  const lines: string[] = [];
  const log = await jsonLog(
    'info',
    line => lines.push(line),
    () => at,
  );
  log.debug({}, 'not at this level');
  log.warn(fields, message);
  return lines.join('');
}

test('time, level, msg, then the fields in their order, as JSON.stringify has them', async () => {
  const cases: readonly LogFields[] = [
    {},
    { link: 'eth1', eni: 'eni-1', number: 3, yes: true, list: ['a', 'b"c'], none: undefined, last: '' },
    { text: 'a"b\\c\nd\te\u0000f\u2028 gr\u00fc\u00dfe \u{1f600}', long: 'x"\n'.repeat(200) },
    { err: 'text', pid: 7, reason: 'x' },
    { not: Number.NaN },
  ];
  for (const fields of cases) {
    const time = new Date(at).toISOString();
    const wanted = JSON.stringify({ time, level: 'warn', msg: 'a "message" %s %d', ...fields });
    expect(await lineOf(fields, 'a "message" %s %d')).toBe(`${wanted}\n`);
  }
});

test('silent is silent', async () => {
  const lines: string[] = [];
  const silent = await jsonLog(
    'silent',
    line => lines.push(line),
    () => at,
  );
  silent.error({}, 'nobody hears');
  expect(lines).toEqual([]);
});

const count = 2000;

/** What a process has on standard error that logs many lines (more than a pipe holds, to a reader that is late) and then ends so. */
function linesOf(end: string): readonly string[] {
  const script = `
    const { jsonLog } = await import(${JSON.stringify(log)});
    const log = await jsonLog('info', 2, Date.now);
    for (let n = 0; n < ${count}; n++) log.info({ n, text: 'x'.repeat(100) }, 'line');
    ${end}`;
  const reader = '"$0" --input-type=module -e "$1" 2>&1 >/dev/null | { sleep 0.5; cat; }';
  const { stdout } = spawnSync('sh', ['-c', reader, process.execPath, script], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return stdout.split('\n').filter(line => line.includes('"msg":"line"'));
}

test.each([
  ['throw', "throw new Error('on purpose');"],
  ['the end of the script', ''],
  ['exit', 'process.exit(1);'],
  ['SIGTERM', "process.kill(process.pid, 'SIGTERM'); for (;;);"],
  ['SIGKILL', "process.kill(process.pid, 'SIGKILL'); for (;;);"],
])('every line that was logged is there: %s', (_name, end) => {
  const lines = linesOf(end);
  expect(lines).toHaveLength(count);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ level: 'info', n: count - 1 });
});

test('a reader that stands still holds nothing up, and has the lines when it reads again', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'eni-agent-log-'));
  try {
    // The reader reads when the last line was logged, and not before.
    const script = `
      const { writeFileSync } = await import('node:fs');
      const { jsonLog } = await import(${JSON.stringify(log)});
      const log = await jsonLog('info', 2, Date.now);
      for (let n = 0; n < ${count}; n++) log.info({ n, text: 'x'.repeat(100) }, 'line');
      writeFileSync('${folder}/done', '');
      setTimeout(() => undefined, 5000);`;
    const reader = `"$0" --input-type=module -e "$1" 2>&1 >/dev/null |
      { for _ in $(seq 300); do [ -e ${folder}/done ] && break; sleep 0.1; done; [ -e ${folder}/done ] && cat > ${folder}/read; }`;
    const { status } = spawnSync('sh', ['-c', reader, process.execPath, script], { timeout: 60_000 });
    expect(status).toBe(0);
    const lines = readFileSync(path.join(folder, 'read'), 'utf8')
      .split('\n')
      .filter(line => line !== '');
    expect(lines.map(line => JSON.parse(line).n)).toEqual(Array.from({ length: count }, (_, n) => n));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
