// Where lines go: an open file, which has each line before the call returns, so that none is lost when the process ends (process.stderr keeps
// what does not fit into a pipe, and loses it with the process). By pino's destination, loaded here for who logs into a file.

export interface Destination {
  write(line: string): void;
}

/** Milliseconds for which a line waits for a reader that has stopped reading, once until it reads again. */
const patienceMs = 1000;

/** Bytes that are kept for such a reader; later lines are dropped. */
const mostKept = 1024 * 1024;

/**
 * A full disk, a reader that has gone or one that stands still is no reason to leave the network alone. sonic-boom 4.2 by itself tries again
 * for ever, and the whole process sleeps meanwhile.
 */
export async function openDestination(descriptor: number): Promise<Destination> {
  const { default: pino } = await import('pino');
  let stuckSince: number | undefined;
  let unwritten = 0;
  let triesAgain = false;
  const destination = pino.destination({
    dest: descriptor,
    sync: true,
    maxLength: mostKept,
    retryEAGAIN(_error, here) {
      const now = performance.now();
      // It reads slowly, but it reads.
      if (here < unwritten) stuckSince = undefined;
      unwritten = here;
      stuckSince ??= now;
      if (now - stuckSince < patienceMs) return true;
      if (!triesAgain) setTimeout(tryAgain, patienceMs).unref();
      triesAgain = true;
      return false;
    },
  });
  function tryAgain(): void {
    triesAgain = false;
    destination.write('');
  }
  destination.on('write', n => {
    if (n > 0) stuckSince = undefined;
  });
  destination.on('error', () => undefined);
  return destination;
}
