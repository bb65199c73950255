// The recordings of test/fixtures/metadata as instances, and the plan of a fresh machine for each. Read once per process.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defaultSettings } from '../../agent/config/read-settings.ts';
import { AgentError } from '../../agent/errors.ts';
import { instanceFromRecording, parseRecording } from '../../agent/metadata/recording.ts';
import type { Instance } from '../../agent/model/instance.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import type { RuleWords } from '../../agent/model/rule-words.ts';
import { imagineLinks } from '../../agent/plan/imagine-links.ts';
import { freshMachine } from '../../agent/plan/plan-input.ts';
import { planNetwork } from '../../agent/plan/plan-network.ts';

const root = path.join(import.meta.dirname, '../fixtures/metadata');

/** `CLOUD/NAME` of every recording, sorted. */
export const allRecordings: readonly string[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.json'))
  .map(name => name.slice(0, -'.json'.length))
  .sort();

/** The error instead of an instance is an answer too: nothing may be planned for such a service. */
export async function recordedInstance(name: string): Promise<Instance | AgentError> {
  const text = readFileSync(path.join(root, `${name}.json`), 'utf8');
  try {
    return await instanceFromRecording(parseRecording(text, `${name}.json`));
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
}

/** The plan of a fresh machine on which the primary is eth0 and the others follow in order. */
export function freshPlanOf(instance: Instance, words: RuleWords): NetworkPlan {
  const links = imagineLinks(instance);
  return planNetwork({ ...freshMachine, instance, links, settings: defaultSettings, words }).plan;
}
