// The made-up lives find a daemon that forgets what it could not apply: planted in the daemon itself, as each pass that ends well ends all
// that was wrong, also one that goes by an older answer.
import { expect, test, vi } from 'vitest';
import { tryLives } from '../support/life-check.ts';

vi.mock('../../agent/daemon/memory.ts', async importOriginal => {
  const memory = await importOriginal<typeof import('../../agent/daemon/memory.ts')>();
  const afterPass: typeof memory.afterPass = (before, occasion) =>
    memory.afterPass(before, { ...occasion, owes: false });
  return { ...memory, afterPass };
});

test('a pass by an older answer ends the failure of a newer one', { timeout: 1_200_000 }, async () => {
  const { failure } = await tryLives({ seed: 3, runs: 400 }, process.env.LIFE_SHRINK === '1');
  if (process.env.LIFE_SHRINK === '1') console.info(failure);
  expect(failure).toMatch(/it says that all is well|no rest/);
  expect(failure).toMatch(/add-fails/);
});
