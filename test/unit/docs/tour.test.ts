// Keeps the examples of docs/how-it-works.md and ARCHITECTURE.md true: every stage runs on one recording, and its result is compared with the
// block in the document. `npm run golden` writes the blocks anew.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareEni, describeDifference } from '../../../agent/apply/compare.ts';
import { differenceOf } from '../../../agent/apply/eni-changes.ts';
import { plannedRuleKey, planObjects } from '../../../agent/apply/kernel-objects.ts';
import { describeEni, ruleText } from '../../../agent/cli/describe.ts';
import { run } from '../../../agent/cli/run.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { replayClient } from '../../../agent/metadata/recording.ts';
import { providerNamed } from '../../../agent/metadata/registry.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { Eni, EniFamily, Reading } from '../../../agent/model/instance.ts';
import { ruleKey } from '../../../agent/model/kernel-state.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { ruleWordsOf } from '../../../agent/model/rule-words.ts';
import { planNetwork } from '../../../agent/plan/plan-network.ts';
import { readHostFacts } from '../../../agent/system/facts/host-facts.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { selectBackend } from '../../../renderers/detect/select.ts';
import { renderers } from '../../../renderers/registry.ts';
import { MetadataEmulator } from '../../support/metadata-emulator.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { noProcess } from '../../support/no-process.ts';
import { after, before, debianMachine } from './debian-machine.ts';
import { documents, expectBlock, readDocument } from './documents.ts';

const recording = loadRecording('aws', 'two-enis');
const provider = providerNamed('aws');
const base = defaultSettings.routing.base;
const compare = { base, ruleProtocol: true };

let answers: readonly string[];
let eni: Eni;
let plan: NetworkPlan;
let eniPlan: EniPlan;
let facts: HostFacts;

beforeAll(async () => {
  const responses = await provider.read(replayClient(recording));
  const instance = provider.parse(responses);
  eni = instance.enis.find(e => !e.primary)!;
  const folder = `/latest/meta-data/network/interfaces/macs/${eni.mac}/`;
  answers = Object.entries(responses)
    .filter(([path]) => path.startsWith(folder) && path !== folder)
    .map(([path, { status, body }]) => `GET .../macs/${path.slice(folder.length - 18)}  ${status}  ${body}`);
  const { system } = debianMachine(before);
  facts = await readHostFacts(system);
  const kernel = await readKernelState(system);
  plan = planNetwork({
    instance,
    links: kernel.links,
    addresses: kernel.addresses,
    settings: defaultSettings,
    keptSlots: new Map(),
    occupiedSlots: new Set(),
    leases: new Map(),
    learnedSubnets: new Map(),
    words: ruleWordsOf(facts.kernel, {}, 28000),
    claims: new Map(),
  }).plan;
  eniPlan = plan.enis[0]!;
});

describe('the tour in ARCHITECTURE.md', () => {
  const block = (name: string, lines: readonly string[]) =>
    expectBlock('ARCHITECTURE.md', name, lines.join('\n').trimEnd());

  test('metadata', () => {
    // Otherwise the blocks could all be empty.
    expect(answers.length).toBeGreaterThan(3);
    block('answers', answers);
  });

  test('instance', () => {
    const { mac, id, primary, deviceIndex } = eni;
    block('instance', [
      `mac ${mac}, id ${id}, primary ${primary}, deviceIndex ${deviceIndex}`,
      ...familyLines('ipv4', eni.ipv4),
      ...familyLines('ipv6', eni.ipv6),
    ]);
  });

  test('plan', () => {
    expect(eniPlan.rules).toHaveLength(4);
    block('plan', describeEni(eniPlan, { colour: false }));
  });

  test('file', () => {
    const [script, file, ...others] = renderers.ifupdown.render(plan.enis, facts);
    expect(script!.path).toBe('/etc/network/eni-agent-stanza');
    expect(others).toEqual([]);
    block('file', [`--- ${file!.path}`, file!.content]);
  });

  test('commands', () => {
    expect(selectBackend(facts).backend).toBe('ifupdown');
    const commands = renderers.ifupdown.activate([{ kind: 'added', after: eniPlan }], facts);
    block(
      'commands',
      commands.map(c => c.argv.join(' ')),
    );
  });

  test('normal form', () => {
    block(
      'objects',
      planObjects(eniPlan, compare).map(o => o.key),
    );
  });

  test('verify', async () => {
    const kernel = await readKernelState(debianMachine(after).system);
    expect(describeDifference(differenceOf(kernel, { kind: 'added', after: eniPlan }, compare))).toEqual([]);
    const lost = eniPlan.rules.at(-1)!;
    const rules = kernel.rules.filter(r => ruleKey(r) !== plannedRuleKey(lost));
    expect(rules).toHaveLength(kernel.rules.length - 1);
    const difference = describeDifference(compareEni({ ...kernel, rules }, eniPlan, undefined, compare));
    expect(difference).toHaveLength(1);
    expect(ruleText(lost)).toContain(`${lost.priority}: `);
    block('verify', difference);
  });

  test('stays readable in one go', () => {
    expect(readDocument('ARCHITECTURE.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });
});

describe('the example of docs/how-it-works.md', () => {
  const service = new MetadataEmulator(recording);
  afterAll(() => service.close());

  test('is what `eni-agent plan` prints', async () => {
    const url = await service.listen();
    const { system } = debianMachine(before);
    let printed = '';
    const exitCode = await run(['plan', '--provider', 'aws', '--metadata-url', url], system, {
      print: text => {
        printed += text;
      },
      printError: text => {
        printed += text;
      },
      isRoot: false,
      isInteractive: false,
      colour: false,
      process: noProcess,
    });
    expect(exitCode).toBe(2);
    expectBlock('docs/how-it-works.md', 'plan', printed.trimEnd());
  });
});

test('every generated block belongs to a test of this file', () => {
  // Lists of contents: index.test.ts.
  const names = documents.flatMap(document =>
    [...readDocument(document).matchAll(/<!-- generated: ((?!contents )\S+) -->/g)].map(
      m => `${document} ${m[1]}`,
    ),
  );
  expect(names.sort()).toEqual(
    [
      ...['answers', 'instance', 'plan', 'file', 'commands', 'objects', 'verify'].map(
        n => `ARCHITECTURE.md ${n}`,
      ),
      'docs/how-it-works.md plan',
      // By readme.test.ts.
      'README.md cost',
      'README.md proven',
      // By coexistence.test.ts.
      'docs/coexistence.md drop-ins',
      // By distributions.test.ts.
      'docs/distributions.md lives',
      'docs/distributions.md matrix',
      'docs/distributions.md recordings',
      'docs/distributions.md systems',
      // By once-hooks.test.ts.
      'docs/hooks.md change',
    ].sort(),
  );
});

function familyLines(name: string, family: EniFamily): readonly string[] {
  const shown = (reading: Reading<unknown>): string =>
    reading.state === 'value' ? [reading.value].flat().join(' ') : reading.state;
  const { addresses, subnets, gateway, prefixes } = family;
  return [
    `${name}: addresses ${shown(addresses)}, subnets ${shown(subnets)}, gateway ${shown(gateway)}, prefixes ${shown(prefixes)}`,
  ];
}
