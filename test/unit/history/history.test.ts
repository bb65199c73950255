// The history: what counts as the same event, its bounds, and a file or a disk that is not as it should be.
import { describe, expect, test } from 'vitest';
import { type HistoryEntry, withEntry } from '../../../agent/history/entry.ts';
import { brokenPath, historyPath, readHistory, recordInHistory } from '../../../agent/history/store.ts';
import type { Log } from '../../../agent/log.ts';
import { parseMac } from '../../../agent/model/address.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const eni = (number: number) => ({
  kind: 'changed' as const,
  eniId: `eni-${number}`,
  mac: parseMac(`02:00:00:00:00:0${number}`)!,
  link: `eth${number}`,
  added: [`address eth${number} 10.0.1.${number}/32`],
  removed: [],
});

let clock = Date.parse('2026-01-15T10:00:00Z');
function entry(more: Partial<HistoryEntry> = {}): HistoryEntry {
  clock += 1000;
  const at = new Date(clock).toISOString();
  const rest = { times: 1, since: at, by: 'daemon', trigger: 'kernel', error: undefined, files: [] } as const;
  return { at, ...rest, result: 'applied', backend: 'networkd', enis: [eni(1)], ...more };
}
const failure = (message = 'no', of = eni(1)) =>
  entry({ result: 'rolled-back', error: { code: 'verify-failed', message }, enis: [of] });

function logOf() {
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  return { log, lines };
}

const add = (entries: readonly HistoryEntry[]) => entries.reduce<readonly HistoryEntry[]>(withEntry, []);
const shape = (entries: readonly HistoryEntry[]) => entries.map(e => `${e.result} ${e.times}`);

describe('the same again', () => {
  test('a failure of each ten minutes is one entry, with its first and its last time', () => {
    const all = Array.from({ length: 144 }, () => failure());
    const [only, ...more] = add(all);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ times: 144, since: all[0]!.at, at: all.at(-1)!.at });
  });

  test('two that fail in turns, and repairs in between, are one entry each', () => {
    const repair = () => entry({ result: 'repaired', enis: [eni(3)] });
    const round = () => [failure('no', eni(1)), failure('no', eni(2)), repair()];
    expect(shape(add([...round(), ...round(), ...round()]))).toEqual([
      'rolled-back 3',
      'rolled-back 3',
      'repaired 3',
    ]);
  });

  test('what makes another one', () => {
    expect(shape(add([failure('a'), failure('b')]))).toEqual(['rolled-back 1', 'rolled-back 1']);
    expect(shape(add([failure(), entry(), failure()]))).toEqual([
      'rolled-back 1',
      'applied 1',
      'rolled-back 1',
    ]);
    expect(shape(add([failure(), entry({ enis: [eni(2)] }), failure()]))).toEqual([
      'applied 1',
      'rolled-back 2',
    ]);
    // Attached, detached, attached: each time something was wanted and done.
    expect(shape(add([entry(), entry()]))).toEqual(['applied 1', 'applied 1']);
  });
});

describe('the file', () => {
  test('keeps the last 200, and never more than 256 KiB', async () => {
    const system = new FakeSystem();
    const { log } = logOf();
    for (let i = 0; i < 210; i++) await recordInHistory(system, log, entry({ trigger: String(i) }));
    const { entries } = await readHistory(system);
    expect(entries.map(e => e.trigger)).toEqual(Array.from({ length: 200 }, (_, i) => String(i + 10)));
    const added = Array.from({ length: 500 }, (_, i) => `address eth1 10.0.${i >> 8}.${i & 255}/32`);
    for (let i = 0; i < 150; i++)
      await recordInHistory(
        system,
        log,
        entry({ enis: [1, 2, 3].map(n => ({ ...eni(n), added, removed: added })) }),
      );
    const text = system.files.get(historyPath)!.content;
    expect(text.length).toBeLessThanOrEqual(256 * 1024);
    const big = (await readHistory(system)).entries.at(-1)!;
    expect(big.enis[0]).toMatchObject({ added: { length: 60 }, more: 880 });
    expect(system.files.get(historyPath)?.mode).toBe(0o644);
  });

  test('with lines of somebody else: a copy is kept, the entries go on, and it is said once', async () => {
    const system = new FakeSystem();
    const { log, lines } = logOf();
    await recordInHistory(system, log, entry());
    const good = system.files.get(historyPath)!.content;
    const bad = `${good}not JSON\n{"result":"applied"}\n[]\nnull\n`;
    system.put(historyPath, bad);
    expect(await readHistory(system)).toMatchObject({ entries: { length: 1 }, broken: 4 });
    await recordInHistory(system, log, entry());
    await recordInHistory(system, log, entry());
    expect(system.files.get(brokenPath)?.content).toBe(bad);
    expect(await readHistory(system)).toMatchObject({ entries: { length: 3 }, broken: 0 });
    expect(lines).toEqual([expect.stringContaining('had 4 lines that are no entries')]);
  });

  test('on a full disk: said once, again after it has worked, and never an exception', async () => {
    const system = new FakeSystem();
    const { log, lines } = logOf();
    system.fail(/^write .*history/, 'No space left on device', 3);
    for (let i = 0; i < 4; i++) await recordInHistory(system, log, entry());
    expect(lines).toEqual(['cannot write the history']);
    system.fail(/^write .*history/, 'No space left on device', 1);
    await recordInHistory(system, log, entry());
    expect(lines).toHaveLength(2);
  });
});
