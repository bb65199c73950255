// The machines that the stories are told for, and where their figures go. Data.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VmImageName } from '../needs/declaration.ts';
import type { Naming } from './enis.ts';

export interface Machine {
  readonly image: VmImageName;
  readonly naming: Naming;
  /** More words of the kernel command line. */
  readonly append?: string;
}

export const machines = {
  bookwormNetplan: { image: 'bookworm-netplan', naming: 'slot' },
  // As images of that time have it.
  bookwormIfupdown: { image: 'bookworm-ifupdown', naming: 'kernel', append: 'net.ifnames=0' },
  trixieNetplan: { image: 'trixie-netplan', naming: 'slot' },
} as const satisfies Readonly<Record<string, Machine>>;

/** Scratch folder of this run, in which run.sh finds the figures. */
export const resultsFolder = process.env.ENI_AGENT_VM_RESULTS;

/** One figure or more, printed at the end of the run. */
export function report(text: string): void {
  if (resultsFolder === undefined) console.log(text);
  else appendFileSync(join(resultsFolder, 'report.txt'), `${text}\n`);
}
