import { defineConfig } from 'vitest/config';

// Four projects: `pure` runs anywhere in seconds; `lab`, `matrix` and `vm` need root and Linux. The lab counts events and milliseconds, so it
// runs one file at a time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/{unit,golden,property,contract,scenario}/**/*.test.ts'],
          setupFiles: ['test/support/no-metadata.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'matrix',
          include: ['test/matrix/**/*.test.ts'],
          // They wait most of the time: for leases, for the end of duplicate address detection, for a deadline.
          maxWorkers: 4,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          // An emulated processor takes one of ours.
          maxWorkers: 2,
          testTimeout: 400_000,
          hookTimeout: 400_000,
        },
      },
    ],
  },
});
