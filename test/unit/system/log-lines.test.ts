// The log's bytes, in both formats, and that no line is lost however the process ends, a full pipe included.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type LogOptions, openLog } from '../../../agent/log/open-log.ts';
import type { LogFields } from '../../../agent/log.ts';

const at = Date.UTC(2026, 10, 28, 9, 30, 0, 5);
const log = path.join(import.meta.dirname, '../../../agent/log/open-log.ts');

async function opened(options: Partial<LogOptions>) {
  const lines: string[] = [];
  const to = (line: string) => void lines.push(line);
  const log = await openLog({
    level: 'info',
    format: 'json',
    reader: 'file',
    to,
    now: () => at,
    ...options,
  });
  return { log, lines };
}

async function lineOf(fields: LogFields, message: string): Promise<string> {
  const { log, lines } = await opened({});
  log.debug({}, 'not at this level');
  log.warn(fields, message);
  return lines.join('');
}

test('time, level, msg, then the fields in their order, as JSON.stringify has them, but for what cannot be printed', async () => {
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
    const line = await lineOf(fields, 'a "message" %s %d');
    expect(line).toBe(`${wanted.replaceAll('\u2028', '\\u2028')}\n`);
    expect(JSON.parse(line)).toEqual(JSON.parse(wanted));
  }
});

test('silent is silent', async () => {
  for (const format of ['json', 'text'] as const) {
    const { log, lines } = await opened({ level: 'silent', format });
    log.error({}, 'nobody hears');
    expect(lines).toEqual([]);
  }
});

test('each reader gets what it cannot know: the journal the priority, a file the time, a person at a terminal neither', async () => {
  const said = async (options: Partial<LogOptions>) => {
    const { log, lines } = await opened({ level: 'debug', ...options });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({ link: 'eth1' }, 'up');
    return lines.map(line => line.replace(/\n$/, ''));
  };
  expect(await said({ format: 'text', reader: 'journal' })).toEqual([
    '<7>eth1: up',
    '<6>eth1: up',
    '<4>eth1: up',
    '<3>eth1: up',
  ]);
  const time = '2026-11-28T09:30:00.005Z';
  expect(await said({ format: 'text', reader: 'file' })).toEqual([
    `${time} debug: eth1: up`,
    `${time} info: eth1: up`,
    `${time} warning: eth1: up`,
    `${time} error: eth1: up`,
  ]);
  const plain = ['debug: eth1: up', 'info: eth1: up', 'warning: eth1: up', 'error: eth1: up'];
  expect(await said({ format: 'text', reader: 'terminal' })).toEqual(plain);
  expect(await said({ format: 'json', reader: 'terminal' })).toEqual(plain);
  const marks = (await said({ format: 'json', reader: 'journal' })).map(line => {
    const [, mark = '', object = ''] = /^<(\d)>(\{.*\})$/.exec(line) ?? [];
    return [mark, JSON.parse(object).level];
  });
  expect(marks).toEqual([
    ['7', 'debug'],
    ['6', 'info'],
    ['4', 'warn'],
    ['3', 'error'],
  ]);
});

const count = 2000;

/** What a process has on standard error that logs many lines (more than a pipe holds, to a reader that is late) and then ends so. */
function linesOf(format: 'json' | 'text', end: string): readonly string[] {
  const script = `
    const { openLog } = await import(${JSON.stringify(log)});
    const log = await openLog({ level: 'info', format: '${format}', reader: 'file', to: 2, now: Date.now });
    for (let n = 0; n < ${count}; n++) log.info({ n, text: 'x'.repeat(100) }, 'line');
    ${end}`;
  const reader = '"$0" --input-type=module -e "$1" 2>&1 >/dev/null | { sleep 0.5; cat; }';
  const { stdout } = spawnSync('sh', ['-c', reader, process.execPath, script], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return stdout.split('\n').filter(line => /"msg":"line"|info: line n=/.test(line));
}

const formats = ['json', 'text'] as const;
const ends = [
  ['throw', "throw new Error('on purpose');"],
  ['the end of the script', ''],
  ['exit', 'process.exit(1);'],
  ['SIGTERM', "process.kill(process.pid, 'SIGTERM'); for (;;);"],
  ['SIGKILL', "process.kill(process.pid, 'SIGKILL'); for (;;);"],
] as const;

test.each(formats.flatMap(format => ends.map(([name, end]) => [format, name, end] as const)))(
  'every line that was logged is there: %s, %s',
  (format, _name, end) => {
    const lines = linesOf(format, end);
    expect(lines).toHaveLength(count);
    expect(lines.at(-1)).toMatch(new RegExp(`\\bn"?[:=]${count - 1}\\b`));
  },
);

test.each(formats)(
  'a reader that stands still holds nothing up, and has the lines when it reads again: %s',
  format => {
    const folder = mkdtempSync(path.join(tmpdir(), 'eni-agent-log-'));
    try {
      // The reader reads when the last line was logged, and not before.
      const script = `
      const { writeFileSync } = await import('node:fs');
      const { openLog } = await import(${JSON.stringify(log)});
      const log = await openLog({ level: 'info', format: '${format}', reader: 'file', to: 2, now: Date.now });
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
      expect(lines.map(line => Number(/\bn"?[:=](\d+)/.exec(line)?.[1]))).toEqual(
        Array.from({ length: count }, (_, n) => n),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
