// A recording (recording.ts) of what the service has just answered: only the keys that a provider asks for, so no user data, no credentials
// and no token. Where one answer has all keys, the others are taken out of it.
import { allPath } from './clouds/alibaba-all.ts';
import type { InstanceReading } from './read-instance.ts';
import type { RecordedAnswer, Recording } from './recording.ts';
import { providerNamed } from './registry.ts';

/** Characters of an answer that is an error: the page of a proxy, say. */
const longestError = 2000;

/** @param source for the reader: where the answers come from */
export function recordingOf({ instance, responses }: InstanceReading, source: string): Recording {
  const { token } = providerNamed(instance.provider);
  return {
    provider: instance.provider,
    token: token !== undefined && token.missingStatuses.length === 0 ? 'required' : 'optional',
    about: { source, values: 'real' },
    responses: Object.fromEntries(
      Object.entries(responses).map(([path, { status, body }]): readonly [string, RecordedAnswer] => [
        path,
        status === 200 ? keysOnly(path, body) : { status, body: body.slice(0, longestError) },
      ]),
    ),
  };
}

/** Alibaba Cloud's one document has the keys of the whole instance, among them names of roles and public keys. */
function keysOnly(path: string, body: string): string {
  if (path !== allPath) return body;
  try {
    const all = JSON.parse(body) as Readonly<Record<string, unknown>>;
    const network = all.network as Readonly<Record<string, unknown>> | undefined;
    const kept = { 'instance-id': all['instance-id'], mac: all.mac };
    return JSON.stringify({ ...kept, network: { interfaces: network?.interfaces } });
  } catch {
    return body.slice(0, longestError);
  }
}
