// The process of a command that ends by itself: it has no signals to hear and nobody to tell that it is ready.
import type { ProcessSeam } from '../../agent/cli/command.ts';

export const noProcess: ProcessSeam = {
  pid: 4711,
  notifySocket: undefined,
  watchdog: { limit: undefined, meant: undefined },
  releaseMemory: () => undefined,
  openWakeups: () => Promise.reject(new Error('no test of this file starts a daemon')),
};
