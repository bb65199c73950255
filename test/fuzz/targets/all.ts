// Every reader of text from outside that is fuzzed.
import type { Target } from '../target.ts';
import { hostTargets } from './host.ts';
import { kernelTargets } from './kernel.ts';
import { metadataTargets } from './metadata.ts';
import { recordTargets } from './records.ts';
import { wordTargets } from './words.ts';

export const targets: readonly Target[] = [
  ...metadataTargets,
  ...kernelTargets,
  ...hostTargets,
  ...recordTargets,
  ...wordTargets,
];
