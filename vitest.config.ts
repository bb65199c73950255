import { defineConfig } from 'vitest/config';
import { nameOf } from './test/matrix/columns.ts';
import { columnsOf, filesOf, modeOfRun, picksOfRun } from './test/needs/selection.ts';
import { LongestFirst } from './test/needs/sequencer.ts';

const mode = modeOfRun();
const picks = picksOfRun();
const setupFiles = ['test/needs/lab-setup.ts'];

// `pure` runs anywhere; `lab`, `matrix` and `vm` need root and Linux, and what their files declare (test/needs/declaration.ts). The lab and
// the matrix wait most of the time, for leases, for the end of duplicate address detection, for a deadline: so more of them run side by
// side than there are processors, together with the pure tests, which wait for nothing. A limit of time in a test is therefore one that
// only a fault reaches: no test may fail because the machine has more to do.
export default defineConfig({
  test: {
    maxWorkers: 5,
    sequence: { sequencer: LongestFirst },
    // `npm run coverage`: what the expected trees do not reach of the renderers; for what reads the files of others, what the tables of the
    // claims (test/unit/claims, test/unit/renderers/*-claims.test.ts) do not reach.
    coverage: {
      provider: 'v8',
      include: ['renderers/**/*.ts'],
      reporter: [['text', { skipFull: true }]],
      thresholds: { 100: true },
    },
    projects: [
      {
        test: {
          name: 'pure',
          include: [...filesOf('pure', mode, picks)],
          setupFiles: ['test/support/no-metadata.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: [...filesOf('lab', mode, picks)],
          setupFiles,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      // One project per column: the file is the same, the column is not.
      ...columnsOf(mode, picks).map(column => ({
        test: {
          name: `matrix ${nameOf(column)}`,
          include: ['test/matrix/column.test.ts'],
          env: { ENI_AGENT_COLUMN: nameOf(column) },
          setupFiles,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      })),
      {
        test: {
          name: 'vm',
          include: [...filesOf('vm', mode, picks)],
          setupFiles,
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
        },
      },
      // Of `npm run arm64`, which makes the namespaces that it runs in.
      {
        test: {
          name: 'arm64',
          include: ['test/arm64/*.test.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
