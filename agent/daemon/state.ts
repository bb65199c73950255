// What a running daemon has: what it was given, and what it knows by now. Only daemon.ts and the files it calls for a pass change it.
import type { ConfigurationSource } from '../config/source.ts';
import type { AgentError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { MetadataSource } from '../metadata/metadata-source.ts';
import type { InstanceReading } from '../metadata/read-instance.ts';
import type { Mac } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { Settings } from '../model/settings.ts';
import type { PassResult } from '../pass/pass.ts';
import type { System } from '../system/system.ts';
import type { Wakeups } from '../system/wakeups.ts';
import type { Memory } from './memory.ts';
import type { OpenQuestion, Question } from './question.ts';
import type { Report, ReportedConfigProblem, Trigger } from './report.ts';
import type { Watchdog } from './systemd/watchdog.ts';
import type { Spacing } from './timing/spacing.ts';

export interface DaemonContext {
  readonly system: System;
  readonly log: Log;
  readonly wakeups: Wakeups;
  readonly watchdog: Watchdog;
  readonly pid: number;
  readonly configuration: Pick<ConfigurationSource, 'read' | 'keep' | 'lastGood'>;
  readonly openSource: (settings: Settings) => MetadataSource;
  /** After each look. */
  readonly onReport: (report: Report, settings: Settings) => Promise<void>;
  /** After each committed change, without the lock; not waited for. */
  readonly onChange: (pass: PassResult, triggers: readonly Trigger[]) => void;
}

export interface Wanted {
  readonly reading: InstanceReading;
  /** When it was tried the last time, in ticks. */
  readonly triedAt: number;
}

/** Until they are tried again they keep what they had before, and nobody waits for them. */
export interface SetApart {
  readonly enis: readonly Mac[];
  readonly error: AgentError;
  /** What the metadata said of them, and their links: when it is something else they are tried at once. */
  readonly said: string;
  /** How often they were tried again. */
  readonly tries: number;
  /** In ticks. */
  readonly failedAt: number;
  readonly retryAt: number;
}

export interface DaemonState {
  readonly context: DaemonContext;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds between the ticks and the epoch, as the clock was set at the last turn. */
  epoch: number;
  settings: Settings;
  /** ISO time at which they came into force, in this daemon or in one before. */
  settingsSince: string;
  /** The files are wrong now; `settings` are what they said before. */
  configProblem: ReportedConfigProblem | null;
  source: MetadataSource;
  /** Requests of sources that were closed because the configuration changed. */
  formerRequests: number;
  /** The trigger folder had more than was taken of it. */
  hasMoreRequests: boolean;
  memory: Memory;
  /** When the clock asks for the next look, in ticks, as are all times here that do not say otherwise. */
  dueAt: number;
  /** When everything was asked and probed the last time. */
  wholeAt: number;
  /** The last pass that ended well: what the machine is compared with. */
  pass: PassResult | undefined;
  /** What a pass that failed was to make, as it was found after its rollback. Of use until one has ended well. */
  looked: PassResult | undefined;
  /** The NICs as the last pass, or the last attempt, found them: glance.linksText. */
  links: string | undefined;
  /** The last answer of the metadata: a repair goes by it, so that it does not depend on the service. */
  reading: InstanceReading | undefined;
  /** The answer that a pass could not apply: wanted until it is applied, or another has come in its place. */
  wanted: Wanted | undefined;
  /** ENIs whose change failed while the others were served. */
  apart: SetApart | undefined;
  /** When files that were written made a pass the last time. */
  rereadAt: number;
  /** The latest passes for what the primary is to have: its link group, and addresses. */
  primaryAt: readonly number[];
  /** A pass was asked for, and the metadata did not answer: the next answer brings it, whether it has news or not. */
  owesPass: boolean;
  asking: OpenQuestion | undefined;
  askedAt: number;
  /** Asked when the answer that is under way has come. */
  queued: Question | undefined;
  /** Kernel and files have said something that is looked at when the spacing allows it. */
  unseen: readonly ('kernel' | 'files')[];
  spacing: Spacing;
  /** What the machine is, read while the metadata is asked, for the pass that follows. */
  facts: { readonly at: number; readonly facts: Promise<HostFacts | undefined> } | undefined;
  /** End of a pause for work by hand, milliseconds since the epoch: until then nothing is applied. */
  pausedUntil: number | undefined;
  /** What the log has been told of, at the end of the last check. */
  told: { readonly report: Report | undefined; readonly problems: readonly string[] };
}
