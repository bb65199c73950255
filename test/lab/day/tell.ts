// The day, told once for each network service: the package is looked at before it may act, lives, is broken, is mended, and leaves.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Suite } from '../../needs/declaration.ts';
import { allPing } from '../daemon-steps.ts';
import { install } from '../package-guest.ts';
import { chaptersOf } from './chapters.ts';
import { beginDay, type Day, type DayImage } from './day.ts';

export function tellDay(suite: Suite, image: DayImage): void {
  describe(`${image} of ${suite}`, () => {
    let day: Day;
    beforeAll(async () => {
      day = await beginDay(suite, image);
    });
    afterAll(() => day?.end());

    test('install: the ENIs that are there work', async () => {
      const { exitCode, stdout, stderr } = await install(day.host, day.package('1.0-1'));
      expect(exitCode, stdout + stderr).toBe(0);
      await day.settled();
      await allPing(day.host);
    });

    for (const { name, tell } of chaptersOf(image))
      test(name, async () => {
        await tell(day);
        await day.settled();
        await allPing(day.host);
      });
  });
}
