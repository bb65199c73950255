// What the daemon says about itself: one JSON file below /run that `status` and `refresh` read. Made anew after each look; losing it
// loses nothing.

import type { ErrorCode } from '../errors.ts';
import { printableJson } from '../log/text.ts';
import type { Mac } from '../model/address.ts';
import type { Build } from '../model/build.ts';
import type { LiveOnly } from '../model/live-only.ts';
import type { SkippedEni } from '../model/network-plan.ts';
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
export type Mood = 'quiet' | 'watchful' | 'lagging' | 'failing' | 'braked';

/**
 * `working`: kernel and plan agree. `waiting`: something is still to come (lease, metadata, link). `left-alone`: on purpose. `failed`: the
 * last apply of it was taken back. `contested`: something undoes it again and again.
 */
export type EniState = 'working' | 'waiting' | 'left-alone' | 'failed' | 'contested';

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

/** For the report of a daemon that is older than this program, as between an upgrade and its restart. */
const laterFields = {
  build: { version: 'of before', commit: null, date: null },
  configProblem: null,
  pausedUntil: null,
  notAsPlanned: [],
  leftOver: [],
  refused: false,
  degraded: [],
  lastGoodLookAt: null,
} as const satisfies Partial<Report>;

/** Undefined: no daemon has written one, or it cannot be read. */
export async function readReport(system: System): Promise<Report | undefined> {
  const text = await system.readFile(reportPath);
  try {
    const report = JSON.parse(text ?? 'null') as Report | null;
    return report?.version === 1 ? { ...laterFields, ...report } : undefined;
  } catch {
    return undefined;
  }
}

export async function writeReport(system: System, report: Report): Promise<void> {
  await system.writeFile(reportPath, `${printableJson(JSON.stringify(report))}\n`, 0o644);
}
