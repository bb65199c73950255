// What a migration moves aside, written down before anything is touched, and the copies beside it: enough to finish it or to take it back
// after a crash at any moment.
import { AgentError } from '../errors.ts';
import { type OwnFile, readOwn } from '../records/own-file.ts';
import * as s from '../records/shapes.ts';
import type { System } from '../system/system.ts';

export const migrationFolder = '/var/lib/eni-agent/migration';
export const recordPath = `${migrationFolder}/record.json`;

export interface SavedFile {
  readonly path: string;
  /** Permissions, and the number of the owner: for a reader. The copy has them itself. */
  readonly mode: number;
  readonly uid: number;
  readonly link?: string | undefined;
}

export interface MigrationRecord {
  readonly version: 1;
  /** ISO time. */
  readonly time: string;
  readonly phase: 'applying' | 'done' | 'undoing';
  readonly files: readonly SavedFile[];
  /** Folders of its own, which go when they are empty. */
  readonly folders: readonly Pick<SavedFile, 'path' | 'mode'>[];
  /** Links whose ENI the agent takes over. */
  readonly links: readonly string[];
  /** eni.service was running; undefined where there is none that systemd knows. */
  readonly wasActive: boolean | undefined;
  /** eni-agent.service before the migration; undefined where there is none that systemd knows. */
  readonly agent: { readonly enabled: boolean; readonly active: boolean } | undefined;
}

const savedFile = { path: s.absolutePath, mode: s.count };
const name = { path: s.absolutePath, link: s.optional(s.linkName) };

/** False for a file that a record could be written with, and not be read back: a name is whatever somebody has made up. */
export function canRecord(file: Pick<SavedFile, 'path' | 'link'>): boolean {
  return s.fits(s.shapeOf<Pick<SavedFile, 'path' | 'link'>>(name), file);
}

const recordFile: OwnFile<MigrationRecord> = {
  path: recordPath,
  shape: s.shapeOf({
    version: s.literal(1),
    time: s.time,
    phase: s.oneOf(['applying', 'done', 'undoing']),
    files: s.listOf(s.shapeOf<SavedFile>({ ...savedFile, ...name, uid: s.count })),
    folders: s.listOf(s.shapeOf(savedFile)),
    links: s.listOf(s.linkName),
    wasActive: s.optional(s.flag),
    agent: s.optional(s.shapeOf({ enabled: s.flag, active: s.flag })),
  }),
};

/** Where the copy of a file is. */
export function copyOf(path: string): string {
  return `${migrationFolder}/files${path}`;
}

export async function readRecord(system: System): Promise<MigrationRecord | undefined> {
  try {
    return await readOwn(system, recordFile);
  } catch (cause) {
    if (!(cause instanceof AgentError) || cause.code !== 'state-unreadable') throw cause;
    throw new AgentError('state-unreadable', cause.message, {
      cause,
      hint: `the copies of what was moved are in ${migrationFolder}/files: put them back by hand, then remove that folder`,
    });
  }
}

export async function writeRecord(system: System, record: MigrationRecord): Promise<void> {
  // 0600: copies of ifcfg files may hold secrets, and the list tells where they are.
  await system.writeFile(recordPath, `${JSON.stringify(record, null, 1)}\n`, 0o600);
}

/** A migration after an earlier one that is done (the program has come back): what either has moved, and how it was at first. */
export function joined(earlier: MigrationRecord | undefined, next: MigrationRecord): MigrationRecord {
  if (earlier === undefined) return next;
  const paths = new Set(next.files.map(f => f.path));
  return {
    ...next,
    files: [...earlier.files.filter(f => !paths.has(f.path)), ...next.files],
    folders: earlier.folders.length > 0 ? earlier.folders : next.folders,
    links: [...new Set([...earlier.links, ...next.links])],
    wasActive: earlier.wasActive ?? next.wasActive,
    agent: earlier.agent ?? next.agent,
  };
}
