// What the backend does not do for us: a network service that is told to load a file which is as it was leaves the kernel as it is, also
// where somebody has deleted what is ours. Seen with networkd 252: `networkctl reload` and nothing happens.
import { expect, test } from 'vitest';
import type { ApplyContext } from '../../../agent/apply/apply-context.ts';
import { compareEni, describeDifference } from '../../../agent/apply/compare.ts';
import { perform } from '../../../agent/apply/perform.ts';
import { readKernelState } from '../../../agent/system/kernel-reader.ts';
import { networkd } from '../../../renderers/networkd.ts';
import { factsForBackend } from '../../../renderers/releases.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const [eni] = examplePlans['static-dual-stack']!.enis;
const facts = factsForBackend('networkd', 'amzn-2023');
const compare = { base: 28_000, ruleProtocol: true };

/** A machine whose networkd has loaded all there is, and of which one rule has been deleted. */
function machine() {
  const system = new FakeSystem();
  system.kernel.addLink({ name: eni!.link, mac: eni!.mac, up: true });
  const run = system.run.bind(system);
  system.run = async (argv, options) =>
    /networkctl|wait-online/.test(argv[0]) ? { exitCode: 0, stdout: '', stderr: '' } : run(argv, options);
  const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as ApplyContext['log'];
  const context: ApplyContext = {
    ...{ system, log, renderer: networkd, facts, compare },
    ...{ verifyTimeoutMs: 0, metadataAddress: undefined },
  };
  return { system, context };
}

const differences = async (system: FakeSystem) =>
  describeDifference(compareEni(await readKernelState(system), eni!, eni!, compare)).filter(
    line => !line.startsWith('link '),
  );

test('with the file as it was, what is missing goes to the kernel directly', async () => {
  const { system, context } = machine();
  await perform(context, { changes: [{ kind: 'changed', before: eni!, after: eni! }], files: [] });
  expect(await differences(system)).toEqual([]);
});

test('with a new file it is the backend that adds', async () => {
  const { system, context } = machine();
  const [{ path, mode, content }] = networkd.render(
    { primaryLink: undefined, enis: [eni!], skipped: [] },
    facts,
  ) as [{ path: string; mode: number; content: string }];
  const files = [{ path, mode, before: undefined, after: content }];
  await perform(context, { changes: [{ kind: 'added', after: eni! }], files });
  expect(await differences(system)).not.toEqual([]);
});
