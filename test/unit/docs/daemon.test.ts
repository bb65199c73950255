// docs/daemon.md against the code: the waits and the requests that it promises.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { nextCheckMs } from '../../../agent/daemon/timing/schedule.ts';
import { section, tableRows } from './documents.ts';

const text = readFileSync(path.join(import.meta.dirname, '../../../docs/daemon.md'), 'utf8');
const rows = tableRows(section(text, 'How often it asks'));
const numbers = (cell: string) => (cell.match(/\d+(\.\d+)?(?=[,\s])/g) ?? []).map(Number);

test.each([
  ['lagging', false, 0],
  ['watchful', false, 0],
  ['failing', false, 0],
  ['failing', true, 1],
] as const)('the waits of the mood %s (an apply was taken back: %s)', (mood, tookBack, nth) => {
  const row = rows.filter(r => r[0] === mood)[nth]!;
  const promised = numbers(`${row[2]} `);
  expect(promised.length).toBeGreaterThan(4);
  for (const [tries, seconds] of promised.entries()) {
    const waits = ['i-1', 'i-2', 'i-3'].map(id => nextCheckMs({ mood, tries, tookBack }, 60_000, id) / 1000);
    for (const wait of waits)
      expect(Math.abs(wait / seconds - 1), `${mood} ${tries}`).toBeLessThanOrEqual(0.1501);
  }
});
