// The configuration that was in force when the files were right the last time. A file that is wrong must not keep the daemon from what it did a
// moment ago, nor `status` and `doctor` from what they show.
import type { Settings } from '../model/settings.ts';
import { type OwnFile, recall } from '../records/own-file.ts';
import * as s from '../records/shapes.ts';
import type { System } from '../system/system.ts';
import type { ConfigFile } from './ini-lines.ts';
import { parseConfiguration } from './read-settings.ts';

export const lastGoodPath = '/var/lib/eni-agent/last-good-config.json';

export interface LastGood {
  readonly settings: Settings;
  /** ISO time at which it came into force. */
  readonly since: string;
}

interface Kept {
  readonly version: 1;
  readonly since: string;
  /** The text, not what was made of it: another version of the agent judges it by itself. */
  readonly files: readonly ConfigFile[];
}

/** Undefined: there is none, it cannot be read, or this version of the agent does not take it. Never throws. */
export async function readLastGood(system: System): Promise<LastGood | undefined> {
  const kept = await readKept(system);
  const settings = kept && parseConfiguration(kept.files).settings;
  return settings && { settings, since: kept.since };
}

/** Keeps it, if it is another one than before, or if others may read it now or may not any more. Returns its `since`. Throws `file-failed`. */
export async function keepLastGood(system: System, files: readonly ConfigFile[]): Promise<string> {
  const before = await readKept(system);
  const isSame = before !== undefined && JSON.stringify(before.files) === JSON.stringify(files);
  const stamps = await Promise.all(files.map(({ path }) => system.stat(path)));
  // `status` needs no root. What others must not read stays unread.
  const mode = stamps.every(stamp => ((stamp?.mode ?? 0) & 0o004) !== 0) ? 0o644 : 0o600;
  const modeNow = ((await system.stat(lastGoodPath))?.mode ?? 0) & 0o777;
  if (isSame && modeNow === mode) return before.since;
  const since = isSame ? before.since : new Date(system.now()).toISOString();
  const kept: Kept = { version: 1, since, files };
  await system.writeFile(lastGoodPath, `${JSON.stringify(kept, null, 1)}\n`, mode);
  return since;
}

const keptFile: OwnFile<Kept> = {
  path: lastGoodPath,
  shape: s.shapeOf({
    version: s.literal(1),
    since: s.time,
    files: s.listOf(s.shapeOf<ConfigFile>({ path: s.text, content: s.text })),
  }),
};

async function readKept(system: System): Promise<Kept | undefined> {
  return recall(system, keptFile).catch(() => undefined);
}
