// Numbers that look random and are the same ones for each seed, so that a run can be repeated.

export interface Random {
  /** 0 to `below` - 1. */
  number(below: number): number;
  /** One of them. */
  of<T>(list: readonly T[]): T;
}

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const number = (below: number) => next() % Math.max(1, below);
  return { number, of: list => list[number(list.length)]! };
}
