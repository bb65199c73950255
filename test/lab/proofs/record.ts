// Records what a real network service makes of our files (by hand, as root):
//   node test/lab/proofs/record.ts --tree DIR --consumer NAME --version TEXT --release RELEASE --backend BACKEND
//     [--plan NAME ...] [--boot PROGRAM] [--note TEXT ...] [--dry-run]
// DIR is a root tree with the service and a program that boots the network, the primary included (/boot-network). The recordings
// go to test/fixtures/recorded/NAME/; test/golden/recorded.test.ts holds them against the plans and the files of today. A difference
// whose cause is understood and harmless is written into the recording's `known` by hand; recording again keeps it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release as kernelRelease } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { diffNormalForms, normalFormOfPlan } from '../../../agent/apply/normal-form.ts';
import { type BackendName, backendNames } from '../../../agent/model/host.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { examplePlans } from '../../support/example-plans.ts';
import {
  digestOf,
  examplePlanFor,
  type KnownDifference,
  type Proof,
  type RecordedStep,
  recordedRoot,
  sha256,
} from '../../support/recorded-proofs.ts';
import type { Guest } from '../guest.ts';
import { createVpc, destroyVpc } from '../vpc.ts';
import { startProofGuest, stopProofGuest } from './proof-guest.ts';
import { activateStep, bootBare, bootStep, removeStep, type Subject } from './steps.ts';
import { providerOfExamples, specsOfPlan } from './vpc-of-plan.ts';

const defaultPlans = [
  'static-dual-stack',
  'static-two-enis-one-subnet',
  'static-shares-primary-subnet',
  'dhcp-complete',
  'dhcp-shares-primary-subnet',
  'static-two-enis',
  'static-ipv6-only',
  'static-ipv4-mtu',
];

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    consumer: { type: 'string' },
    version: { type: 'string' },
    release: { type: 'string' },
    backend: { type: 'string' },
    plan: { type: 'string', multiple: true },
    boot: { type: 'string', default: '/boot-network' },
    note: { type: 'string', multiple: true },
    // Process 1 only waits; a tree that wants another starts it in its boot program.
    init: { type: 'string', default: 'none' },
    'dry-run': { type: 'boolean', default: false },
  },
});

function required(name: 'tree' | 'consumer' | 'version' | 'release' | 'backend'): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing; the head of this file shows the options`);
  return value;
}

const tree = required('tree');
const consumer = required('consumer');
const backend = required('backend') as BackendName;
if (!/^[a-z0-9][a-z0-9.-]*$/.test(consumer)) throw new Error(`"${consumer}" is no name for a folder`);
if (!backendNames.includes(backend)) throw new Error(`backends: ${backendNames.join(', ')}`);
if (values.init !== 'none') throw new Error('only --init none');
const facts = factsForBackend(backend, required('release'));

for (const name of values.plan ?? defaultPlans) await record(name);

async function record(name: string): Promise<void> {
  const plan = examplePlanFor(name, backend, facts);
  if (plan === undefined) throw new Error(`no plan ${name}: ${Object.keys(examplePlans).join(', ')}`);
  const files = renderers[backend].render(plan.enis, facts);
  const subject: Subject = { renderer: renderers[backend], facts, plan, files, boot: values.boot.split(' ') };
  const steps = [
    ...(await withGuest(subject, async guest => [await bootStep(guest, subject)])),
    ...(await withGuest(subject, async guest => {
      await bootBare(guest, subject);
      return [await activateStep(guest, subject), await removeStep(guest, subject)];
    })),
  ];
  for (const step of steps) show(name, step, subject);
  if (values['dry-run']) return;
  const file = path.join(recordedRoot, consumer, `${name}.json`);
  const proof: Proof = {
    consumer,
    version: required('version'),
    release: required('release'),
    backend,
    plan: name,
    date: new Date().toISOString().slice(0, 10),
    // Without the suffix of whoever built it.
    kernelVersion: /^\d+(\.\d+)*/.exec(kernelRelease())?.[0] ?? '',
    files: Object.fromEntries(files.map(f => [f.path, sha256(f.content)])),
    digest: digestOf(files),
    steps,
    known: stillKnown(file, steps, subject),
    notes: values.note ?? [],
  };
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(proof, null, 2)}\n`);
}

/** One VPC and one disk per guest, so that no step sees what another has left. */
async function withGuest(
  { plan }: Subject,
  work: (guest: Guest) => Promise<readonly RecordedStep[]>,
): Promise<readonly RecordedStep[]> {
  const vpc = await createVpc({ name: 'proof', provider: providerOfExamples, enis: specsOfPlan(plan) });
  try {
    const guest = await startProofGuest(vpc, tree);
    try {
      return await work(guest);
    } finally {
      await stopProofGuest(guest);
    }
  } finally {
    await destroyVpc(vpc);
  }
}

function differencesIn(step: RecordedStep, { plan }: Subject): readonly string[] {
  const wanted = step.name === 'remove' ? [] : normalFormOfPlan(plan);
  return diffNormalForms(wanted, step.normalFormAfterHelp ?? step.normalForm);
}

function show(plan: string, step: RecordedStep, subject: Subject): void {
  const troubles = [
    ...differencesIn(step, subject),
    ...step.help.map(line => `help: ${line}`),
    ...step.primaryEvents.map(line => `eth0: ${line}`),
    ...step.failedPings.map(line => `no answer: ${line}`),
    ...step.leasedNameServers.map(server => `resolv.conf: ${server}`),
    ...step.commands.filter(command => command.endsWith(')')),
  ];
  console.log(`${plan} ${step.name}: ${troubles.length === 0 ? 'as planned' : ''} ${step.milliseconds} ms`);
  for (const line of troubles) console.log(`    ${line}`);
}

/** Causes that somebody has found for differences stay in the recording as long as the differences do. */
function stillKnown(
  file: string,
  steps: readonly RecordedStep[],
  subject: Subject,
): readonly KnownDifference[] {
  if (!existsSync(file)) return [];
  const { known } = JSON.parse(readFileSync(file, 'utf8')) as Proof;
  return known.filter(k =>
    steps.some(step => step.name === k.step && differencesIn(step, subject).includes(k.difference)),
  );
}
