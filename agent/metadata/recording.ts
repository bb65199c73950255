// A recording: the answers of one metadata service in one JSON file (docs/recordings.md has the format). `eni-agent render
// --metadata FILE` and the emulator of the tests read the same files, and both replay them through the provider's own read().
import * as v from 'valibot';
import { AgentError, reasonOf } from '../errors.ts';
import { type Instance, providerNames } from '../model/instance.ts';
import { judgeAnswer } from './judge-answer.ts';
import type { MetadataClient, Response } from './provider.ts';
import { providerNamed } from './registry.ts';
import { quote } from './scalars.ts';

const path = v.pipe(v.string(), v.regex(/^\/[\x21-\x7e]*$/, 'a path starts with "/" and has no spaces'));

const answerSchema = v.union(
  [
    v.string(),
    v.strictObject({
      status: v.pipe(
        v.number(),
        v.integer(),
        v.check(s => s === 0 || (s >= 200 && s <= 599), 'not a status'),
      ),
      body: v.optional(v.string(), ''),
    }),
  ],
  'an answer is a text, or {"status": 200..599 (or 0 for no answer), "body": text}',
);

const recordingSchema = v.strictObject({
  provider: v.picklist(providerNames),
  /** Whether the service refuses a request without a token. */
  token: v.optional(v.picklist(['required', 'optional']), 'optional'),
  about: v.optional(
    v.strictObject({
      /** Where the values come from. */
      source: v.string(),
      values: v.picklist(['real', 'composed']),
      note: v.optional(v.string()),
    }),
  ),
  /** Answers by path: a text is a 200 with that body. */
  responses: v.record(path, answerSchema),
});

export type Recording = v.InferOutput<typeof recordingSchema>;
export type RecordedAnswer = Recording['responses'][string];

/** Parses a recording. `file` is for messages only. Throws `recording-unreadable` that names file, place and value. */
export function parseRecording(text: string, file: string): Recording {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new AgentError('recording-unreadable', `${file} is not JSON: ${reasonOf(error)}`, { cause: error });
  }
  const result = v.safeParse(recordingSchema, json, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const place = (issue.path ?? []).map(step => `[${quote(String(step.key))}]`).join('');
  const found = issue.input === undefined ? 'nothing' : quote(JSON.stringify(issue.input));
  const missing = issue.input === undefined;
  const why = missing ? 'this key must be there' : issue.message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  throw new AgentError('recording-unreadable', `${file}, at ${place || 'the top'}: found ${found}: ${why}`);
}

/** One recorded answer: the answer to `path` with or without its last slash, which the services treat alike. */
export function recordedAnswer(recording: Recording, path: string): Response | undefined {
  const own = [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`];
  const found = own.find(p => Object.hasOwn(recording.responses, p));
  return found === undefined ? undefined : toResponse(recording.responses[found]!);
}

/** What the service answers to GET `path`: the recorded answer, else the listing of what is recorded below it, else 404. */
export function answer(recording: Recording, path: string): Response {
  const recorded = recordedAnswer(recording, path);
  if (recorded !== undefined) return recorded;
  const names = childrenOf(recording, path.endsWith('/') ? path : `${path}/`);
  if (names.length === 0) return { status: 404, body: '' };
  const body = recording.provider === 'jdcloud' ? JSON.stringify(names) : names.join('\n');
  return { status: 200, body };
}

/** Names below a folder in the order of the recording, with a slash behind each folder. */
function childrenOf(recording: Recording, folder: string): readonly string[] {
  const names = new Set<string>();
  for (const path of Object.keys(recording.responses)) {
    if (!path.startsWith(folder) || path === folder) continue;
    const rest = path.slice(folder.length);
    const slash = rest.indexOf('/');
    names.add(slash === -1 ? rest : rest.slice(0, slash + 1));
  }
  return [...names];
}

/** A client that answers from the recording, with the same judgement of bodies as a live one. */
export function replayClient(recording: Recording): MetadataClient {
  return {
    get: path => {
      const { status, body } = answer(recording, path);
      return Promise.resolve(judgeAnswer(status, body));
    },
  };
}

/** The Instance that the recorded service describes. Throws as Provider.parse does. */
export async function instanceFromRecording(recording: Recording): Promise<Instance> {
  const provider = providerNamed(recording.provider);
  return provider.parse(await provider.read(replayClient(recording)));
}

function toResponse(recorded: RecordedAnswer): Response {
  if (typeof recorded === 'string') return { status: 200, body: recorded };
  if (recorded.status === 0 && recorded.body === '') return { status: 0, body: 'no answer' };
  return recorded;
}
