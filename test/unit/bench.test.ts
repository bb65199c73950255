// The parts of the bench that decide something: verdicts, when a hot-plug was complete, how CPU is read, what a plot shows.
import { describe, expect, test } from 'vitest';
import { parseTimed } from '../bench/cpu.ts';
import { replaceBlock } from '../bench/document.ts';
import { figure, median, spread } from '../bench/figures.ts';
import { appearedAt, completionOf, parseEvents } from '../bench/kernel-events.ts';
import { renderLinePlot, spaced } from '../bench/line-plot.ts';
import { ticks } from '../bench/svg.ts';
import { isMet, markdownTable, textTable, verdict } from '../bench/table.ts';
import { renderTimeLine } from '../bench/time-line.ts';

describe('the table', () => {
  const row = { bench: 'hot-plug', size: '(2,1)', subject: 'ours', measured: '100 ms' };
  const met = { ...row, budget: { text: '<= 150 ms', value: 100, limit: 150 } };
  const missed = { ...row, subject: 'less', budget: { text: '<= 1', value: 2, limit: 1 } };

  test('met, missed, without a budget, and a value that could not be measured', () => {
    expect(isMet({ text: '', value: 1, limit: 1 })).toBe(true);
    expect(isMet({ text: '', value: Number.NaN, limit: 1 })).toBe(false);
    expect(verdict([row, met])).toBe('1 budgets, 1 met');
    expect(verdict([row, met, missed])).toBe('2 budgets, 1 met; MISSED: hot-plug (2,1) less');
  });

  test('as text: the name of a bench once, no blanks at the end', () => {
    const lines = textTable([{ ...met, ratio: { value: 0.08, to: 'peer' } }, missed]).split('\n');
    expect(lines[2]).toBe('hot-plug  (2,1)  ours  100 ms    0.080 x peer  <= 150 ms  met');
    expect(lines[3]).toBe('          (2,1)  less  100 ms                  <= 1       MISSED');
  });

  test('as Markdown: one line per row', () => {
    expect(markdownTable([missed]).split('\n')[2]).toBe(
      '| hot-plug | (2,1) | less | 100 ms |  | <= 1 | MISSED |',
    );
  });
});

test('figures: median, three digits, spread', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect([0.0812, 1.234, 12.34, 1234.5].map(figure)).toEqual(['0.081', '1.23', '12.3', '1235']);
  expect(spread([1, 3, 2], 'ms')).toBe('2.00 ms (1.00-3.00)');
});

test('what bash says of a timed command, per run', () => {
  expect(parseTimed('0.500 0.100 0.300\n', 10)).toEqual({ wallMs: 50, cpuMs: 40 });
  expect(() => parseTimed('bash: nothing: command not found')).toThrow('nothing');
});

describe('when a hot-plug was complete', () => {
  const stamp = (ms: number) => `[2026-11-21T07:42:30.${String(ms).padStart(3, '0')}000]`;
  const monitor = (lines: readonly (readonly [number, string])[]) =>
    parseEvents(lines.map(([ms, text]) => `${stamp(ms)} ${text}\n`).join(''));
  const start = new Date('2026-11-21T07:42:30').getTime();
  const link = '7: eth1@if6: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default';
  const address = (n: number) => `7: eth1    inet 10.0.1.${n}/32 scope global eth1\\       valid_lft forever`;
  const route = 'default via 10.0.1.1 dev eth1 table 28000 proto 129';
  const rule = (more: string) => `28600:\tfrom 10.0.1.0/24 iif lo lookup 28000 proto ${more}`;
  const plug = [
    [0, '3: eth0@if2: <UP> mtu 1500'],
    [5, link],
    [10, address(10)],
    [20, route],
    [30, rule('129')],
  ] as const;

  test('with its last object; foreign ones do not count', () => {
    const events = monitor([...plug, [90, '9: eth2    inet 10.0.2.9/32 scope global eth2']]);
    expect(appearedAt(events, 'eth1')).toBe(start + 5);
    expect(completionOf(events, 'eth1', '10.0.1.')).toEqual({
      completeAtMs: start + 30,
      addresses: 1,
      rules: 1,
      defaults: 1,
    });
  });

  test('later, if something was taken away and put back by another program', () => {
    const events = monitor([...plug, [40, `Deleted ${rule('129')}`], [70, rule('static')]]);
    expect(completionOf(events, 'eth1', '10.0.1.')?.completeAtMs).toBe(start + 70);
  });

  test('not later, if something is only said again, or was there for a while and is not any more', () => {
    const events = monitor([
      ...plug,
      [40, rule('static')],
      [50, address(99)],
      [60, `Deleted ${address(99)}`],
    ]);
    expect(completionOf(events, 'eth1', '10.0.1.')?.completeAtMs).toBe(start + 30);
  });

  test('not later, if one of two that do the same goes', () => {
    const events = monitor([...plug, [40, rule('static')], [50, `Deleted ${rule('129')}`]]);
    expect(completionOf(events, 'eth1', '10.0.1.')?.completeAtMs).toBe(start + 30);
  });

  test('not sooner, if something is said twice on the way', () => {
    const [first, ...rest] = plug;
    const events = monitor([first, [8, address(10)], ...rest]);
    expect(completionOf(events, 'eth1', '10.0.1.')?.completeAtMs).toBe(start + 30);
  });

  test('never, if nothing stays', () => {
    const gone = plug.slice(2).map(([ms, text]) => [ms + 50, `Deleted ${text}`] as const);
    expect(completionOf(monitor([...plug, ...gone]), 'eth1', '10.0.1.')).toBeUndefined();
  });
});

describe('the plots', () => {
  test('round steps that reach the largest value', () => {
    expect(ticks(50)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(ticks(24.1)).toEqual([0, 5, 10, 15, 20, 25]);
    expect(ticks(0.6)).toEqual([0, 0.2, 0.4, 0.6]);
    expect(ticks(0)).toEqual([0, 1]);
  });

  test('names at the ends of lines do not cover each other', () => {
    expect(spaced([100, 98, 20])).toEqual([100, 83, 20]);
    expect(spaced([98, 100])).toEqual([83, 100]);
  });

  test('every line and every event is named, and text is escaped', () => {
    const line = { name: 'a < b', points: [[1, 1]] as const };
    expect(renderLinePlot({ title: 't', x: 'x', y: 'y', lines: [line] })).toContain('>a &lt; b</text>');
    const lane = { name: 'ours', events: [{ name: 'ping', atMs: 120 }] };
    expect(renderTimeLine({ title: 't', lanes: [lane] })).toContain('>120 ms  ping</text>');
  });
});

test('a measured block of the document is replaced, the rest stays', () => {
  const page = 'a\n<!-- measured: table -->\n\nold\n\n<!-- end -->\nb\n';
  expect(replaceBlock(page, 'table', 'new')).toBe('a\n<!-- measured: table -->\n\nnew\n\n<!-- end -->\nb\n');
  expect(() => replaceBlock(page, 'plot', 'new')).toThrow('no block "plot"');
});
