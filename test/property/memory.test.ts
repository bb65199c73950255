// What has not changed is not worked out again (oncePer, onceEach, lineByLine, asApplied), and a pass is the same pass all the same: made-up lives
// with and without these memories do the same things, change by change and line by line of the log. A memory that is stale is noticed.
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { arbitraryStory } from '../support/life-steps.ts';

const seed = 929_715_313;
const stories = fc.sample(arbitraryStory(20), { seed, numRuns: 25 });

const paths = {
  value: '../../agent/model/value.ts',
  kernel: '../../agent/model/kernel-state.ts',
  words: '../../agent/system/kernel/ip-words.ts',
  plans: '../../agent/apply/earlier-plans.ts',
} as const;

/** One part of the program as it is, with something in the place of what it exports. */
function plant(of: keyof typeof paths, make: (real: never) => object): void {
  vi.doMock(paths[of], async importOriginal => {
    const real = (await importOriginal()) as never;
    return { ...(real as object), ...make(real) };
  });
}

afterEach(() => {
  for (const path of Object.values(paths)) vi.doUnmock(path);
  vi.resetModules();
});

async function livesOf(mostWrong = Number.POSITIVE_INFINITY): Promise<readonly (readonly string[])[]> {
  vi.resetModules();
  const { whatItDid } = await import('../support/life-run.ts');
  const lives: (readonly string[])[] = [];
  for (const [number, story] of stories.entries())
    if (lives.filter(life => life[0]?.startsWith('went wrong')).length < mostWrong)
      lives.push(
        await whatItDid(number % 2 === 0 ? 'aws' : 'alibaba', story).catch(error => [`went wrong: ${error}`]),
      );
  return lives;
}

const asItIs = await livesOf();

test('lives with all memories and without any: the same changes, the same words', {
  timeout: 1_200_000,
}, async () => {
  plant('value', () => ({
    oncePer: (make: unknown) => make,
    onceEach: (make: unknown) => make,
    sameOr: (_: unknown, now: unknown) => now,
  }));
  plant('words', ({ lines }: typeof import('../../agent/system/kernel/ip-words.ts')) => ({
    lineByLine:
      (parse: (line: string, ...more: unknown[]) => readonly unknown[]) =>
      (text: string, ...more: unknown[]) =>
        lines(text).flatMap(line => parse(line, ...more)),
  }));
  expect(asItIs.filter(life => life.length > 20).length).toBeGreaterThan(20);
  expect(await livesOf()).toEqual(asItIs);
});

// Each is the memory that is there, without the look whether what it is about is still the same.
test.each<readonly [string, () => void]>([
  [
    'of the kernel as one ENI sees it',
    () => {
      const views = new Map<string, unknown>();
      plant('kernel', ({ viewOf }: typeof import('../../agent/model/kernel-state.ts')) => ({
        viewOf: ((kernel, link, priorities) => {
          const view = views.get(link) ?? viewOf(kernel, link, priorities);
          views.set(link, view);
          return view;
        }) as typeof viewOf,
      }));
    },
  ],
  [
    'of what `ip` prints, by how a line begins',
    () =>
      plant('words', ({ lines }: typeof import('../../agent/system/kernel/ip-words.ts')) => ({
        lineByLine(parse: (line: string, ...more: unknown[]) => readonly unknown[]) {
          const known = new Map<string, readonly unknown[]>();
          return (text: string, ...more: unknown[]) =>
            lines(text).flatMap(line => {
              const made = known.get(line.slice(0, 20)) ?? parse(line, ...more);
              known.set(line.slice(0, 20), made);
              return made;
            });
        },
      })),
  ],
  [
    'of the plan that was applied',
    () =>
      plant('plans', () => ({
        asApplied: (plan: { readonly enis: readonly EniPlan[] }, applied: readonly EniPlan[]) => ({
          ...plan,
          enis: plan.enis.map(eni => applied.find(({ mac }) => mac === eni.mac) ?? eni),
        }),
      })),
  ],
])('a stale memory %s is noticed', { timeout: 1_200_000 }, async (_name, spoil) => {
  spoil();
  const lives = await livesOf(1);
  expect(lives).not.toEqual(asItIs.slice(0, lives.length));
  expect(lives.flat().find(line => line.startsWith('went wrong'))).toBeDefined();
});
