// How long an answer is waited for, in time in which this process could have heard it.

/** Milliseconds. */
const stepMs = 250;

/**
 * Calls `act` when `ms` milliseconds have passed; returns what ends that. As setTimeout, but a time in which the process stood still (it got
 * no processor, the machine was suspended or is being moved) counts as one step at most: the answer may have arrived meanwhile, and in a turn
 * of Node's event loop timers come before what is to be read from sockets.
 */
export function limitTime(ms: number, act: () => void): () => void {
  let left = ms;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const step = Math.min(left, stepMs);
    timer = setTimeout(() => {
      left -= step;
      if (left <= 0) act();
      else wait();
    }, step);
  };
  wait();
  return () => clearTimeout(timer);
}
