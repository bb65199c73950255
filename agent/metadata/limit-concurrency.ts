// A turnstile for asynchronous work: at most `most` jobs at a time, the others wait in the order in which they came.

/** Returns a function that runs a job as soon as there is room, and gives the room back however the job ends. */
export function limitConcurrency(most: number): <T>(job: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async job => {
    if (running >= most) await new Promise<void>(resolve => waiting.push(resolve));
    else running += 1;
    try {
      return await job();
    } finally {
      // The room goes straight to the next one, so that nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
