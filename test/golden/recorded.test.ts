// The recorded proofs against the plans and the files of today: what a real network service once made of our files is only a proof
// while the files are the same. A recorded difference must be explained in the recording, and an explanation must have its difference.
import { describe, expect, test } from 'vitest';
import { diffNormalForms, normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import { renderers } from '../../renderers/registry.ts';
import { factsForBackend } from '../../renderers/releases/lookup.ts';
import { examplePlans } from '../support/example-plans.ts';
import {
  digestOf,
  examplePlanFor,
  type Proof,
  provenConsumers,
  type RecordedStep,
  readProof,
  recordedNames,
  sha256,
  stepNames,
} from '../support/recorded-proofs.ts';

const names = recordedNames();

function planOf({ plan, backend, release }: Proof): NetworkPlan {
  return examplePlanFor(plan, backend, factsForBackend(backend, release))!;
}

/** What stands in the recording and is not as planned, one line each; [] for a proof. */
function faultsOf(proof: Proof): readonly string[] {
  return [...faultsOfFiles(proof), ...proof.steps.flatMap(step => faultsOfStep(proof, step))];
}

function faultsOfFiles(proof: Proof): readonly string[] {
  const facts = factsForBackend(proof.backend, proof.release);
  const files = renderers[proof.backend].render(planOf(proof).enis, facts);
  if (digestOf(files) === proof.digest) return [];
  const changed = files.filter(f => proof.files[f.path] !== sha256(f.content)).map(f => f.path);
  const which = changed.length === 0 ? 'names or modes' : changed.join(', ');
  return [
    `the files have changed since ${proof.consumer} loaded them on ${proof.date} (${which}): record it again`,
  ];
}

function faultsOfStep(proof: Proof, step: RecordedStep): readonly string[] {
  const wanted = step.name === 'remove' ? [] : normalFormOfPlan(planOf(proof));
  const differences = diffNormalForms(wanted, step.normalFormAfterHelp ?? step.normalForm);
  const known = proof.known.filter(k => k.step === step.name);
  const explained = known.map(k => k.difference);
  return [
    ...diffNormalForms(explained, differences).map(line =>
      line.startsWith('+') ? `not explained: ${line.slice(2)}` : `explained, but not there: ${line.slice(2)}`,
    ),
    ...known.filter(k => k.cause.trim() === '').map(k => `no cause: ${k.difference}`),
    // No agent runs while a machine boots.
    ...(step.name === 'boot' ? step.help : []).map(line => `help at boot: ${line}`),
    ...(step.help.length > 0 !== (step.normalFormAfterHelp !== undefined) ? ['help without its effect'] : []),
    ...step.commands.filter(c => /\(exit \d+\)$/.test(c)).map(c => `failed: ${c}`),
    ...step.primaryEvents.map(event => `the primary noticed: ${event}`),
    ...step.failedPings.map(ping => `no answer: ${ping}`),
    ...step.leasedNameServers.map(server => `resolv.conf names ${server}`),
  ].map(line => `${step.name}: ${line}`);
}

describe('every recording is a proof', () => {
  test.each(names)('%s', name => {
    const proof = readProof(name);
    expect(name).toBe(`${proof.consumer}/${proof.plan}.json`);
    expect(examplePlans).toHaveProperty(proof.plan);
    expect(proof.steps.map(step => step.name)).toEqual(stepNames);
    expect(faultsOf(proof)).toEqual([]);
  });

  test('there are some, and each consumer is one program of one version', () => {
    expect(names.length).toBeGreaterThan(0);
    const versions = Map.groupBy(names.map(readProof), p => p.consumer);
    for (const [consumer, proofs] of versions)
      expect(new Set(proofs.map(p => `${p.version}, ${p.backend}`)).size, consumer).toBe(1);
    expect(provenConsumers().flatMap(c => c.plans)).toHaveLength(names.length);
  });

  test('a recording names no path of the machine that made it', () => {
    for (const name of names)
      expect(JSON.stringify(readProof(name))).not.toMatch(/\/(work|root|home|var\/tmp)\//);
  });
});

describe('a recording that is none', () => {
  const proof = readProof(names[0]!);
  const [boot, activate, remove] = proof.steps as [RecordedStep, RecordedStep, RecordedStep];
  const rule = boot.normalForm.find(line => line.startsWith('rule '))!;
  const stray = 'route 254 0.0.0.0/0 dev eth1';
  const withBoot = (more: Partial<RecordedStep>): Proof => ({
    ...proof,
    steps: [{ ...boot, ...more }, activate, remove],
  });
  const withRemove = (more: Partial<RecordedStep>): Proof => ({
    ...proof,
    steps: [boot, activate, { ...remove, ...more }],
  });
  const lacking = withBoot({ normalForm: boot.normalForm.filter(line => line !== rule) });
  const known = { step: 'boot', difference: `- ${rule}`, cause: 'the test took it away' } as const;

  test.each<readonly [string, Proof, readonly (string | RegExp)[]]>([
    [
      'other files',
      { ...proof, digest: 'x' },
      [/^the files have changed since .* \(names or modes\): record it again$/],
    ],
    ['something missing', lacking, [`boot: not explained: - ${rule}`]],
    [
      'something too much',
      withBoot({ normalForm: [...boot.normalForm, stray] }),
      [`boot: not explained: + ${stray}`],
    ],
    ['something left behind', withRemove({ normalForm: [rule] }), [`remove: not explained: + ${rule}`]],
    [
      'an explanation without its difference',
      { ...proof, known: [known] },
      [`boot: explained, but not there: - ${rule}`],
    ],
    [
      'an explanation without a cause',
      { ...lacking, known: [{ ...known, cause: ' ' }] },
      [`boot: no cause: - ${rule}`],
    ],
    [
      'an explanation of another step',
      { ...lacking, known: [{ ...known, step: 'activate' }] },
      [`boot: not explained: - ${rule}`, `activate: explained, but not there: - ${rule}`],
    ],
    [
      'help whose effect nobody saw',
      withRemove({ help: ['ip -4 rule del x'] }),
      ['remove: help without its effect'],
    ],
    [
      'a command that failed',
      withBoot({ commands: ['boot: /x (exit 1)'] }),
      ['boot: failed: boot: /x (exit 1)'],
    ],
    [
      'the primary noticed',
      withRemove({ primaryEvents: ['eth0 down'] }),
      ['remove: the primary noticed: eth0 down'],
    ],
    ['a ping failed', withBoot({ failedPings: ['eth1 in'] }), ['boot: no answer: eth1 in']],
    [
      'a name server came in',
      withBoot({ leasedNameServers: ['198.18.1.53'] }),
      ['boot: resolv.conf names 198.18.1.53'],
    ],
  ])('%s', (_name, made, faults) => {
    const found = faultsOf(made);
    expect(found).toHaveLength(faults.length);
    for (const [index, fault] of faults.entries())
      if (typeof fault === 'string') expect(found[index]).toBe(fault);
      else expect(found[index]).toMatch(fault);
  });

  test.each([
    ['an explained difference', { ...lacking, known: [known] }],
    ['a command that may fail', withBoot({ commands: ['before-write: x (exit 1, may fail)'] })],
    [
      'help that helped',
      withRemove({ normalForm: [rule], help: ['ip -4 rule del x'], normalFormAfterHelp: [] }),
    ],
  ])('but %s is no fault', (_name, made) => expect(faultsOf(made)).toEqual([]));
});
