// The order of the test files: what takes longest begins first, so that no single long file is left running at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds, on two idle processors; of the files that take more than the rest. Only the order depends on it. */
const seconds: readonly (readonly [name: string, seconds: number])[] = [['daemon-soak', 335]];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => expected(b) - expected(a));
  }
}

function expected({ project, moduleId }: TestSpecification): number {
  const name = `${project.name} ${moduleId}`;
  return seconds.find(([part]) => name.includes(part))?.[1] ?? 0;
}
