// Numbers that are the same for the same seed.
export interface Dice {
  /** 0 to `below` - 1. */
  readonly roll: (below: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly some: <T>(from: readonly T[], most: number) => readonly T[];
}

/** A linear congruential generator; of its numbers the high bits are good enough for this. */
export function diceOf(seed: number): Dice {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  const roll = (below: number) => Math.floor(next() * below);
  const pick = <T>(from: readonly T[]) => from[roll(from.length)]!;
  const some = <T>(from: readonly T[], most: number) => {
    const left = [...from];
    const chosen: T[] = [];
    while (left.length > 0 && chosen.length < most) chosen.push(...left.splice(roll(left.length), 1));
    return chosen;
  };
  return { roll, pick, some, chance: share => next() < share };
}
