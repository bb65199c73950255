// What a pass is given, and what comes of it.
import type { Selection } from '../../renderers/detect/select.ts';
import type { Command, EniChange } from '../../renderers/renderer.ts';
import type { Batch } from '../apply/live.ts';
import type { FileChange } from '../apply/ownership.ts';
import type { AgentError } from '../errors.ts';
import type { Actor } from '../history/entry.ts';
import type { Log, LogFields } from '../log.ts';
import type { MetadataSource } from '../metadata/metadata-source.ts';
import type { InstanceReading } from '../metadata/read-instance.ts';
import type { Mac } from '../model/address.ts';
import type { BackendName, HostFacts } from '../model/host.ts';
import type { Instance } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { LiveOnly } from '../model/live-only.ts';
import type { Settings } from '../model/settings.ts';
import type { System } from '../system/system.ts';
import type { Apart } from './apart.ts';
import type { Desired } from './desired.ts';

export interface PassContext {
  readonly system: System;
  readonly settings: Settings;
  readonly log: Log;
  /** Who makes changes by it: for the history. */
  readonly by?: Actor;
  /** Where the metadata comes from in a process that lives on; else each pass asks for itself. */
  readonly metadata?: MetadataSource;
}

export interface PassOptions {
  /** False: look and compare only; nothing is written and no command changes anything. */
  readonly apply: boolean;
  /** A look that holds the lock and may touch: what a crash has left of an apply is taken back, and nothing else. */
  readonly finish?: boolean;
  /** Apply a plan that `rollback` took back before, and believe that another ENI is the primary now. */
  readonly force?: boolean;
  /** What the metadata has said; else it is asked. Whatever takes something away is read again in any case. */
  readonly reading?: InstanceReading;
  /** What the machine is, read a moment ago; else it is read. */
  readonly facts?: HostFacts;
  /** Whose change is not made now, so that the others need not wait for it. */
  readonly apart?: Apart;
  /** Whose repairs somebody undoes: they are left as they are while nothing else is wanted of them. */
  readonly contested?: ReadonlySet<Mac>;
  /** Goes with each line of the log: what started the pass. */
  readonly why?: LogFields;
  /** What it mends of an ENI goes with the line of that. */
  readonly driftOf?: (mac: Mac) => readonly string[];
}

export interface PassResult {
  /** `paused`: pending, and `once` was not to do it because of a pause. */
  readonly outcome: 'unchanged' | 'pending' | 'applied' | 'refused' | 'paused';
  /** What of the metadata was believed. */
  readonly instance: Instance;
  readonly requests: number;
  /** Something has gone from one reading of the metadata, and another did not confirm that: it stays for now. */
  readonly doubted: boolean;
  readonly backend: BackendName;
  readonly selection: Selection;
  /** What the decision rests on, as it was before the pass. */
  readonly facts: HostFacts;
  readonly kernel: KernelState;
  /** Why the network service must not be made to reload now. */
  readonly reloadHazard: string | undefined;
  /** ENIs that the network service has not loaded, because of that. */
  readonly liveOnly: LiveOnly | undefined;
  readonly desired: Desired;
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
  readonly commands: readonly Command[];
  /** What goes to the kernel directly: added before the backend hears of the change, removed after it. */
  readonly kernelChanges: { readonly add: readonly Batch[]; readonly remove: readonly Batch[] };
  /** The plan is one that `rollback` took back. */
  readonly refused: boolean;
  /** ENIs whose apply failed and was taken back, while the others were served. */
  readonly failed?: {
    readonly enis: readonly Mac[];
    readonly error: AgentError;
    /** Those of them that failed in this pass; the others failed before, and were not tried. */
    readonly fresh: readonly Mac[];
  };
  /** Why the pass is degraded: something that needs attention. Empty: all is well. */
  readonly degraded: readonly string[];
}
