// Numbers that are the same for the same seed.
export interface Dice {
  /** 0 to `below` - 1. */
  readonly roll: (below: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly some: <T>(from: readonly T[], most: number) => readonly T[];
}

/**
 * A linear congruential generator; of its numbers the high bits are good enough for this. The seed is stirred first: else what two seeds give
 * would differ by the same amount for ever, and a change would always meet the same kind of machine.
 */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  for (let i = 0; i < 3; i++) state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ (state >>> 13)) >>> 0;
  };
  const share = () => next() / 2 ** 32;
  const roll = (below: number) => Math.floor(share() * below);
  const pick = <T>(from: readonly T[]) => from[roll(from.length)]!;
  const some = <T>(from: readonly T[], most: number) => {
    const left = [...from];
    const chosen: T[] = [];
    while (left.length > 0 && chosen.length < most) chosen.push(...left.splice(roll(left.length), 1));
    return chosen;
  };
  return { roll, pick, some, chance: part => share() < part };
}
