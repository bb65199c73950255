// The recordings below test/fixtures/metadata, by cloud and name.
import { readdirSync, readFileSync } from 'node:fs';
import type { Recording } from '../../agent/metadata/recording.ts';
import { parseRecording } from '../../agent/metadata/recording.ts';
import type { ProviderName } from '../../agent/model/instance.ts';

const folder = new URL('../fixtures/metadata/', import.meta.url);

/** Loads one recording, e.g. `loadRecording('aws', 'two-enis')`. */
export function loadRecording(provider: ProviderName, name: string): Recording {
  const file = new URL(`${provider}/${name}.json`, folder);
  return parseRecording(readFileSync(file, 'utf8'), `${provider}/${name}.json`);
}

/** Names of all recordings of one cloud, sorted. */
export function recordingNames(provider: ProviderName): readonly string[] {
  const files = readdirSync(new URL(`${provider}/`, folder));
  return files
    .filter(f => f.endsWith('.json'))
    .map(f => f.slice(0, -'.json'.length))
    .sort();
}

/** The recording with some answers changed; undefined removes one. */
export function changed(
  recording: Recording,
  changes: Readonly<Record<string, Recording['responses'][string] | undefined>>,
): Recording {
  const responses = { ...recording.responses };
  for (const [path, response] of Object.entries(changes)) {
    if (response === undefined) delete responses[path];
    else responses[path] = response;
  }
  return { ...recording, responses };
}
