// Instances whose metadata lies in every text: read, planned, rendered for each backend, told of. Nothing of a text reaches a file or a command, and what is said
// quotes it.
import { publishedScript } from '../../../agent/apply/published/script.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { AgentError } from '../../../agent/errors.ts';
import {
  instanceFromRecording,
  type RecordedAnswer,
  type Recording,
} from '../../../agent/metadata/recording.ts';
import { backendNames } from '../../../agent/model/host.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import { imagineLinks } from '../../../agent/plan/imagine-links.ts';
import { freshMachine } from '../../../agent/plan/plan-input.ts';
import { planNetwork } from '../../../agent/plan/plan-network.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { allWords } from '../../support/example-plans.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { allRecordings } from '../../support/recorded-instances.ts';
import type { Random } from '../random.ts';
import { leakIn, rawIn, spoilt, unquotedIn } from './marks.ts';
import { spoiltOutput } from './outputs.ts';

const recordings: readonly Recording[] = allRecordings
  .filter(name => !name.includes('fifteen'))
  .map(name => loadRecording(...(name.split('/') as [Recording['provider'], string])));

const facts = new Map(backendNames.map(backend => [backend, factsForBackend(backend)]));

/** One text at least, the others with the same chance each, from one in thirty to all: where all lie, nothing is left to plan. */
export function hostileRecording(random: Random): Recording {
  const recording = random.of(recordings);
  const share = random.of([30, 30, 10, 10, 3, 1]);
  const responses: Record<string, RecordedAnswer> = {};
  const liar = random.of(Object.keys(recording.responses));
  for (const [path, answer] of Object.entries(recording.responses)) {
    const { status, body } = typeof answer === 'string' ? { status: 200, body: answer } : answer;
    // 0: there was no answer, and the text is why, in words of the client.
    const lies = status !== 0 && (path === liar || random.number(share) === 0);
    responses[path] = lies
      ? { status: random.number(12) === 0 ? 503 : status, body: spoilt(body, random) }
      : answer;
    // A listing that names more than there is.
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    if (lies && random.number(6) === 0) responses[folder] = spoilt(path.slice(folder.length), random);
  }
  return { ...recording, responses };
}

/** Undefined, or what leaked. */
export async function judgeInstance(recording: Recording): Promise<string | undefined> {
  try {
    const instance = await instanceFromRecording(recording);
    const { plan } = planNetwork({
      ...freshMachine,
      instance,
      links: imagineLinks(instance),
      settings: defaultSettings,
      words: allWords,
    });
    const warnings = [
      ...instance.problems.map(problem => `${problem.subject}: ${problem.text}`),
      ...plan.skipped.map(skipped => `${skipped.eniId ?? skipped.mac}: ${skipped.text}`),
    ];
    for (const text of warnings) {
      const wrong = rawIn('a warning', text) ?? unquotedIn('a warning', text);
      if (wrong !== undefined) return wrong;
    }
    return leakOf(plan) ?? spoiltOutput({ plan, warnings });
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'bug') throw error;
    return (
      rawIn('the error', error.message) ??
      unquotedIn('the error', error.message) ??
      spoiltOutput({ failure: error, warnings: [] })
    );
  }
}

/** Every file and every command of the plan, on each backend. */
export function leakOf({ enis }: NetworkPlan, known = facts): string | undefined {
  const changes = enis.map(after => ({ kind: 'added' as const, after }));
  for (const [backend, host] of known) {
    const files = [...renderers[backend].render(enis, host), ...publishedScript(enis)];
    const argvs = renderers[backend].activate(changes, host).map(({ argv }) => argv);
    for (const { path, content } of files) {
      const leak = leakIn(`${backend}: the path of a file`, path) ?? leakIn(`${backend}: ${path}`, content);
      if (leak !== undefined) return leak;
    }
    for (const argv of argvs) {
      const leak = leakIn(`${backend}: a command`, argv.join(' '));
      if (leak !== undefined) return leak;
    }
  }
  return undefined;
}
