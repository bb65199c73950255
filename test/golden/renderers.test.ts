// Every recorded instance and every example plan, rendered for every backend, as real file trees below expected/: what a reviewer
// reads in a diff. `GOLDEN=write` (npm run golden) writes them anew; a tree that belongs to nothing is a failure.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../agent/config.ts';
import { AgentError } from '../../agent/errors.ts';
import { instanceFromRecording, parseRecording } from '../../agent/metadata/recording.ts';
import { type BackendName, backendNames } from '../../agent/model/host.ts';
import type { Instance } from '../../agent/model/instance.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import { imagineLinks } from '../../agent/plan/imagine-links.ts';
import { freshMachine, planNetwork } from '../../agent/plan/plan-network.ts';
import { renderers } from '../../renderers/registry.ts';
import { factsForBackend } from '../../renderers/releases.ts';
import { examplePlans } from '../support/example-plans.ts';

/** Relative path to content. */
type Tree = Readonly<Record<string, string>>;

const expectedRoot = path.join(import.meta.dirname, 'expected');
const recordingRoot = path.join(import.meta.dirname, '../fixtures/metadata');
const write = process.env.GOLDEN === 'write';

const recordings = readdirSync(recordingRoot, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.json'))
  .sort();

describe('recorded instances', () => {
  test.each(recordings)('%s', async name => {
    const instance = await instanceOf(name);
    for (const backend of backendNames)
      compare(
        path.join(name.replace(/\.json$/, ''), backend),
        instance instanceof AgentError
          ? { 'error.txt': `${instance.code}: ${instance.message}\n` }
          : treeOf(planOf(instance, backend), backend),
      );
  });
});

describe('example plans', () => {
  test.each(Object.entries(examplePlans))('%s', (name, plan) => {
    for (const backend of backendNames) compare(path.join('examples', name, backend), treeOf(plan, backend));
  });
});

test('every expected tree belongs to a recording or an example', () => {
  const wanted = [
    ...recordings.map(name => name.replace(/\.json$/, '')),
    ...Object.keys(examplePlans).map(name => path.join('examples', name)),
  ].sort();
  const found = foldersIn(expectedRoot).flatMap(provider =>
    foldersIn(path.join(expectedRoot, provider)).map(name => path.join(provider, name)),
  );
  for (const name of found.filter(n => write && !wanted.includes(n)))
    rmSync(path.join(expectedRoot, name), { recursive: true });
  expect(found.filter(n => !write || wanted.includes(n)).sort()).toEqual(wanted);
});

/** The error instead of an instance is an answer too: nothing may be rendered from such a service. */
async function instanceOf(name: string): Promise<Instance | AgentError> {
  const text = readFileSync(path.join(recordingRoot, name), 'utf8');
  try {
    return await instanceFromRecording(parseRecording(text, name));
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
}

/** The plan of a fresh machine on which the primary is eth0 and the others follow in order. */
function planOf(instance: Instance, backend: BackendName): NetworkPlan {
  const { suppressPrefixLength } = factsForBackend(backend).kernel;
  const links = imagineLinks(instance);
  return planNetwork({ ...freshMachine, instance, links, settings: defaultSettings, suppressPrefixLength })
    .plan;
}

/** The files, their modes (git keeps none), and the commands for a first apply and for a removal. */
function treeOf(plan: NetworkPlan, backend: BackendName): Tree {
  const facts = factsForBackend(backend);
  const files = renderers[backend].render(plan, facts);
  const commands = (kind: 'added' | 'removed') =>
    renderers[backend]
      .activate(
        plan.enis.map(eni =>
          kind === 'added' ? { kind, after: eni } : { kind, before: eni, linkPresent: true },
        ),
        facts,
      )
      .map(c => `${kind} ${c.phase}: ${c.argv.join(' ')}${c.mayFail === true ? ' (may fail)' : ''}\n`);
  return {
    'commands.txt': [...commands('added'), ...commands('removed')].join(''),
    'modes.txt': files.map(f => `${f.mode.toString(8).padStart(4, '0')} ${f.path}\n`).join(''),
    ...Object.fromEntries(files.map(f => [f.path.slice(1), f.content])),
  };
}

function compare(name: string, tree: Tree): void {
  const folder = path.join(expectedRoot, name);
  if (write) writeTree(folder, tree);
  expect(readTree(folder), `${name}: npm run golden writes it anew`).toEqual(tree);
}

function writeTree(folder: string, tree: Tree): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, content] of Object.entries(tree)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

function readTree(folder: string): Tree {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return Object.fromEntries(
    names.map(entry => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, 'utf8')];
    }),
  );
}

function foldersIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name);
}
