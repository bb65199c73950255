// The recorded lives against the plans and the files of today: that a machine was once led through its life on a system that nobody here can
// install is only a proof while the agent would write the same files.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import { selectBackend } from '../../renderers/detect/select.ts';
import { disagreements } from '../matrix/lives/agreement.ts';
import {
  changedSource,
  changesUnderTraffic,
  inWordsOf,
  isUncounted,
  lostAtChange,
  stateAfter,
  stepNamesOf,
} from '../matrix/steps.ts';
import {
  fewestCycles,
  type LivedStep,
  lifeNames,
  planFile,
  planNameFor,
  planNames,
  planText,
  type RecordedLife,
  readLife,
  readPlan,
  renderedDigests,
} from '../support/recorded-lives.ts';
import { sha256, wordsFor } from '../support/recorded-proofs.ts';

const names = lifeNames();
/** What stands in the recording and is no proof, one line each. */
function faultsOf(life: RecordedLife): readonly string[] {
  const { backend, facts, cycles, steps } = life;
  const story = stepNamesOf(backend, life.release);
  const told = steps.map(step => step.name);
  return [
    ...story
      .filter((name, index) => told[index] !== name)
      .slice(0, 1)
      .map(name => `the story ends before: ${name}`),
    ...(told.length > story.length ? ['more steps than the story has'] : []),
    ...(cycles >= fewestCycles ? [] : [`${cycles} cycles`]),
    ...disagreements({ ...life, tree: '' }, facts, selectBackend(facts).backend),
    ...steps.flatMap(step => faultsOfStep(life, step).map(line => `${step.name}: ${line}`)),
  ];
}

function faultsOfStep(life: RecordedLife, step: LivedStep): readonly string[] {
  const lost = Object.entries(step.lostPings ?? {});
  const changes = changesUnderTraffic(step.name, life.cycles);
  const mayLose = (source: string) =>
    source === changedSource ? (changes ?? 0) * lostAtChange(life.backend, life.facts, life.addressing) : 0;
  return [
    ...(step.primaryEvents === (isUncounted(step.name) ? undefined : 0)
      ? []
      : [`events of the primary: ${step.primaryEvents}`]),
    ...((step.lostPings === undefined) === (changes === undefined) ? [] : ['traffic is not as in the story']),
    ...lost.filter(([source, n]) => n > mayLose(source)).map(([source, n]) => `${source} lost ${n} pings`),
    ...faultsOfState(life, step),
  ];
}

/** The kernel was as the plan says, the plan is what the matrix expects, and the files are those of today. */
function faultsOfState(life: RecordedLife, { name, plan: planName, kernel, files }: LivedStep) {
  const { backend, addressing, facts } = life;
  const state = stateAfter(name);
  if (state === undefined || planName === undefined)
    return (state === undefined) === (planName === undefined) ? [] : ['a plan too many, or none'];
  if (!existsSync(planFile(planName))) return [`no plan ${planName}`];
  const plan = readPlan(planName);
  const form = normalFormOfPlan(plan);
  const file = path.join(import.meta.dirname, `../matrix/expected/${state}-${addressing}.txt`);
  const expected = readFileSync(file, 'utf8').trimEnd().split('\n');
  const today = renderedDigests(backend, plan, facts);
  const changed = [...new Set([...Object.keys(today), ...Object.keys(files ?? {})])].filter(
    at => today[at] !== files?.[at],
  );
  return [
    ...(planNameFor(state, addressing, planText(plan)) === planName ? [] : [`${planName} is another plan`]),
    ...(form.join('\n') === inWordsOf(expected, wordsFor(backend, facts)).join('\n')
      ? []
      : [`${planName} is not what the matrix expects`]),
    ...(sha256(form.join('\n')) === kernel ? [] : ['the kernel had something else']),
    ...(changed.length === 0
      ? []
      : [`the files have changed since ${life.date} (${changed.join(', ')}): record it again`]),
  ];
}

describe('every recorded life holds', () => {
  test.each(names)('%s', name => expect(faultsOf(readLife(name))).toEqual([]));

  test('there are some, and each says of what', () => {
    expect(names.length).toBeGreaterThan(0);
    const told = names.map(readLife).map(l => `${l.backend} ${l.release} ${l.addressing}`);
    expect(new Set(told).size).toBe(names.length);
  });

  test('each plan is of a life', () => {
    const used = names.flatMap(name => readLife(name).steps.flatMap(step => step.plan ?? []));
    expect(planNames()).toEqual([...new Set(used)].sort());
  });

  test('a recording names no path of the machine that made it', () => {
    for (const name of names)
      expect(JSON.stringify(readLife(name))).not.toMatch(/"\/?(work|root|home|tmp|var\/tmp)\//);
  });
});

describe('a recording that is none', () => {
  const life = readLife(names[0]!);
  const at = (
    name: string,
    more: { readonly [Key in keyof LivedStep]?: LivedStep[Key] | undefined },
  ): RecordedLife => ({
    ...life,
    steps: life.steps.map(step => (step.name === name ? ({ ...step, ...more } as LivedStep) : step)),
  });
  const hotPlug = life.steps.find(step => step.name === 'hot-plug')!;
  const [file = ''] = Object.keys(hotPlug.files ?? {});
  const { [file]: _gone, ...fewer } = hotPlug.files ?? {};
  const other = life.steps.find(step => step.name === 'detach')!;
  const systemd = (version: string) => ({
    ...life.facts,
    versions: { ...life.facts.versions, systemd: version },
  });

  test.each<readonly [string, RecordedLife, readonly RegExp[]]>([
    [
      'a step is missing',
      { ...life, steps: life.steps.slice(0, -1) },
      [/^the story ends before: nothing in the journal/],
    ],
    ['few cycles', { ...life, cycles: 1 }, [/^1 cycles$/]],
    [
      'another system',
      { ...life, facts: { ...life.facts, os: { ...life.facts.os, id: 'none' } } },
      [/^the tree is none \S+, and /],
    ],
    ['the primary noticed', at('hot-plug', { primaryEvents: 1 }), [/^hot-plug: events of the primary: 1$/]],
    ['nobody counted', at('remove', { primaryEvents: undefined }), [/^remove: events of the primary: undef/]],
    [
      'the primary lost a ping',
      at('and leaves it', { lostPings: { '10.0.9.10': 1 } }),
      [/^and leaves it: 10\.0\.9\.10 lost 1 pings$/],
    ],
    ['no traffic', at('and leaves it', { lostPings: undefined }), [/^and leaves it: traffic is not as/]],
    ['no plan', at('hot-plug', { plan: undefined }), [/^hot-plug: a plan too many, or none$/]],
    ['a lost plan', at('hot-plug', { plan: 'x' }), [/^hot-plug: no plan x$/]],
    [
      'the plan of another step',
      at('hot-plug', { plan: other.plan }),
      [
        /is another plan/,
        /is not what the matrix expects/,
        /the kernel had something else/,
        /files have changed/,
      ],
    ],
    ['another kernel', at('hot-plug', { kernel: '' }), [/^hot-plug: the kernel had something else$/]],
    [
      'another file',
      at('hot-plug', { files: { ...hotPlug.files, [file]: 'x' } }),
      [/^hot-plug: the files have changed since .*: record it again$/],
    ],
    ['a file too few', at('hot-plug', { files: fewer }), [/^hot-plug: the files have changed since /]],
  ])('%s', (_name, made, faults) => {
    const found = faultsOf(made);
    expect(found).toHaveLength(faults.length);
    for (const [index, fault] of faults.entries()) expect(found[index]).toMatch(fault);
  });

  test('networkd 248 and 249 may take the addresses of the changed ENI away for a moment, and nothing else', () => {
    const lossesOf = (version: string, lostPings: Readonly<Record<string, number>>) =>
      faultsOf({
        ...at('and leaves it', { lostPings }),
        backend: 'networkd',
        facts: systemd(version),
      }).filter(fault => / lost \d+ pings$/.test(fault));
    expect(lossesOf('249', { '10.0.1.30': 5 })).toEqual([]);
    expect(lossesOf('248.3', { '10.0.1.30': 8 })).toEqual([]);
    expect(lossesOf('249', { '10.0.1.30': 9 })).toHaveLength(1);
    expect(lossesOf('249', { '10.0.9.10': 1 })).toHaveLength(1);
    expect(lossesOf('250', { '10.0.1.30': 1 })).toHaveLength(1);
    expect(lossesOf('245', { '10.0.1.30': 1 })).toHaveLength(1);
  });
});
