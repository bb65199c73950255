// What the daemon says about itself: one JSON file below /run that `status` and `refresh` read. Made anew after each look; losing it
// loses nothing.

import { type ErrorCode, errorCodes } from '../errors.ts';
import { printableJson } from '../log/text.ts';
import type { Mac } from '../model/address.ts';
import type { Build } from '../model/build.ts';
import type { LiveOnly } from '../model/live-only.ts';
import type { SkippedEni } from '../model/network-plan.ts';
import { skipReasons } from '../model/skip-reason.ts';
import { type OwnFile, recall } from '../records/own-file.ts';
import * as s from '../records/shapes.ts';
import type { System } from '../system/system.ts';

// A folder of its own: files are written by way of one temporary name per folder, and commands write beside it.
export const reportPath = '/run/eni-agent/daemon/report.json';

/** Why a look was taken: what woke the daemon, or its own clock. */
export const triggers = [
  'start',
  'kernel',
  'config',
  'files',
  'request',
  'reload',
  'timer',
  'metadata',
  'resume',
  'pause',
] as const;
export type Trigger = (typeof triggers)[number];

/** How the next look is timed: see schedule.ts. */
export const moods = ['quiet', 'watchful', 'lagging', 'failing', 'braked'] as const;
export type Mood = (typeof moods)[number];

/**
 * `working`: kernel and plan agree. `waiting`: something is still to come (lease, metadata, link). `left-alone`: on purpose. `failed`: the
 * last apply of it was taken back. `contested`: something undoes it again and again.
 */
export const eniStates = ['working', 'waiting', 'left-alone', 'failed', 'contested'] as const;
export type EniState = (typeof eniStates)[number];

export interface ReportedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  /** ISO time of the first of the same in a row, and how many. */
  readonly since: string;
  readonly times: number;
}

export interface ReportedEni {
  readonly mac: Mac;
  readonly eniId: string | undefined;
  readonly link: string | undefined;
  readonly state: EniState;
  /** ISO time at which it came into this state. */
  readonly since: string;
  /** Why, for every state but `working`. */
  readonly text: string | undefined;
  readonly reason: SkippedEni['reason'] | undefined;
  /** The last error that hit this ENI, also if it has been mended since. */
  readonly lastError: { readonly at: string; readonly text: string } | undefined;
}

/** The files of the configuration are wrong. The last good one stays in force. */
export interface ReportedConfigProblem {
  /** ISO time at which the daemon saw it first. */
  readonly since: string;
  /** The first of what is wrong: file, line and reason. */
  readonly message: string;
  readonly hint: string;
  /** ISO time since which the last good one is in force. */
  readonly lastGoodSince: string;
}

export interface Report {
  readonly version: 1;
  /** Which program wrote it. */
  readonly build: Build;
  readonly pid: number;
  /** ISO times. */
  readonly startedAt: string;
  readonly lookedAt: string;
  readonly nextLookAt: string;
  readonly mood: Mood;
  /** Why the daemon does not wait its whole period, in words. */
  readonly waitingFor: readonly string[];
  readonly lastTriggers: readonly Trigger[];
  readonly counters: Counters;
  readonly metadata: {
    readonly state: 'answered' | 'failing' | 'unknown';
    /** ISO time of the last answer that could be used. */
    readonly answeredAt: string | undefined;
  };
  readonly lastChange: {
    readonly at: string;
    readonly triggers: readonly Trigger[];
    /** One line per ENI and per file, as `once` prints them. */
    readonly lines: readonly string[];
  } | null;
  readonly error: ReportedError | null;
  /** ENIs that work, and that the network service has not loaded, because it must not be made to. */
  readonly liveOnly: LiveOnly | null;
  readonly configProblem: ReportedConfigProblem | null;
  /** ISO time: the end of a pause for work by hand. Until then the daemon looks only. */
  readonly pausedUntil: string | null;
  /** Set while something fights back: until when nothing is repaired, and what was undone. */
  readonly brake: { readonly until: string; readonly text: string } | null;
  readonly enis: readonly ReportedEni[];
  /** MACs of ENIs that are not as planned, as far as it is known, and of those that are gone and have left something here. */
  readonly notAsPlanned: readonly Mac[];
  readonly leftOver: readonly Mac[];
  /** The plan was rolled back by hand: it is not applied by itself. */
  readonly refused: boolean;
  /** What needs attention after the last pass, in words. */
  readonly degraded: readonly string[];
  /** ISO time of the last check that ended without an error and with everything as planned; null before the first. */
  readonly lastGoodLookAt: string | null;
  /** Names in the trigger folder that have been answered, the latest last. */
  readonly answered: readonly string[];
  /** What is wrong with the daemon's own ears, and that its folder is full or read-only. */
  readonly problems: readonly string[];
}

/** Since the start of the daemon. */
export interface Counters {
  /** Passes in full, looks that found nothing new, and passes that changed something. */
  readonly passes: number;
  readonly quiet: number;
  readonly changes: number;
  /** Changes that only restored what something else had undone. */
  readonly repairs: number;
  readonly failures: number;
  /** HTTP requests. */
  readonly requests: number;
}

const eni = s.shapeOf<ReportedEni>({
  mac: s.mac,
  eniId: s.optional(s.text),
  link: s.optional(s.text),
  state: s.oneOf(eniStates),
  since: s.time,
  text: s.optional(s.text),
  reason: s.optional(s.oneOf(skipReasons)),
  lastError: s.optional(s.shapeOf({ at: s.time, text: s.text })),
});

const problem = { since: s.time, message: s.text, hint: s.text };
const texts = s.listOf(s.text);
const macs = s.listOf(s.mac);

/** With what the report of a daemon that is older than this program lacks, as between an upgrade and its restart. */
const reportFile: OwnFile<Report> = {
  path: reportPath,
  shape: s.shapeOf<Report>({
    version: s.literal(1),
    build: s.withDefault(
      s.shapeOf<Build>({ version: s.text, commit: s.orNull(s.text), date: s.orNull(s.text) }),
      { version: 'of before', commit: null, date: null },
    ),
    pid: s.count,
    startedAt: s.time,
    lookedAt: s.time,
    nextLookAt: s.time,
    mood: s.oneOf(moods),
    waitingFor: texts,
    lastTriggers: s.listOf(s.oneOf(triggers)),
    counters: s.shapeOf<Counters>({
      passes: s.count,
      quiet: s.count,
      changes: s.count,
      repairs: s.count,
      failures: s.count,
      requests: s.count,
    }),
    metadata: s.shapeOf({
      state: s.oneOf(['answered', 'failing', 'unknown']),
      answeredAt: s.optional(s.time),
    }),
    lastChange: s.orNull(s.shapeOf({ at: s.time, triggers: s.listOf(s.oneOf(triggers)), lines: texts })),
    error: s.orNull(s.shapeOf<ReportedError>({ ...problem, code: s.oneOf(errorCodes), times: s.count })),
    liveOnly: s.orNull(
      s.shapeOf<LiveOnly>({ since: s.time, links: texts, reason: s.text, nextStep: s.text }),
    ),
    configProblem: s.withDefault(
      s.orNull(s.shapeOf<ReportedConfigProblem>({ ...problem, lastGoodSince: s.time })),
      null,
    ),
    pausedUntil: s.withDefault(s.orNull(s.time), null),
    brake: s.orNull(s.shapeOf({ until: s.time, text: s.text })),
    enis: s.listOf(eni),
    notAsPlanned: s.withDefault(macs, []),
    leftOver: s.withDefault(macs, []),
    refused: s.withDefault(s.flag, false),
    degraded: s.withDefault(texts, []),
    lastGoodLookAt: s.withDefault(s.orNull(s.time), null),
    answered: texts,
    problems: texts,
  }),
};

/** Undefined: no daemon has written one, or it cannot be read. */
export async function readReport(system: System): Promise<Report | undefined> {
  return recall(system, reportFile);
}

export async function writeReport(system: System, report: Report): Promise<void> {
  await system.writeFile(reportPath, `${printableJson(JSON.stringify(report))}\n`, 0o644);
}
