// Who reads standard error: the journal only if it is the very stream that systemd names.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isJournalStream } from '../../../agent/system/journal-stream.ts';

test('the stream that is named, and no other', () => {
  const file = openSync(import.meta.filename, 'r');
  const { dev, ino } = fstatSync(file);
  expect(isJournalStream(file, `${dev}:${ino}`)).toBe(true);
  expect(isJournalStream(file, `${dev}:${ino + 1}`)).toBe(false);
  expect(isJournalStream(file, '')).toBe(false);
  expect(isJournalStream(file, undefined)).toBe(false);
  closeSync(file);
  expect(isJournalStream(file, `${dev}:${ino}`)).toBe(false);
});
