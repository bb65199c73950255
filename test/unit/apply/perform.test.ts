// What the backend does not do for us: a network service that is told to load a file which is as it was leaves the kernel as it is, also
// where somebody has deleted what is ours. Seen with networkd 252: `networkctl reload` and nothing happens.
import { expect, test } from 'vitest';
import type { ApplyContext } from '../../../agent/apply/apply-context.ts';
import { compareEni, describeDifference } from '../../../agent/apply/compare.ts';
import { perform } from '../../../agent/apply/perform.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { networkd } from '../../../renderers/networkd/renderer.ts';
import { networkmanagerKeyfile } from '../../../renderers/networkmanager/keyfile.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker, type Renderer } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { FakeSystem } from '../../support/fake-system.ts';

const [eni] = examplePlans['static-dual-stack']!.enis;
const stock = factsForBackend('networkd', 'amzn-2023');
const compare = { base: 28_000, ruleProtocol: true };

/** A machine whose service has loaded all there is, and of which all rules have been deleted. */
function machine(renderer: Renderer = networkd, facts: HostFacts = stock) {
  const system = new FakeSystem();
  system.kernel.addLink({ name: eni!.link, mac: eni!.mac, up: true });
  const run = system.run.bind(system);
  system.run = async (argv, options) =>
    /networkctl|wait-online|nmcli/.test(argv[0])
      ? { exitCode: 0, stdout: '', stderr: '' }
      : run(argv, options);
  const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as ApplyContext['log'];
  const context: ApplyContext = {
    ...{ system, log, renderer, facts, compare },
    ...{ verifyTimeoutMs: 0, metadataAddress: undefined, reloadHazard: undefined },
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
  const { path, mode, content } = networkd.render([eni!], stock)[0]!;
  const files = [{ path, mode, before: undefined, after: content }];
  await perform(context, { changes: [{ kind: 'added', after: eni! }], files });
  expect(await differences(system)).not.toEqual([]);
});

test('NetworkManager is told when the new rules are there already, since it takes the old ones away first', async () => {
  const nm = networkmanagerKeyfile;
  const stock = factsForBackend('networkmanager-keyfile', 'rhel-9');
  const [profile, script] = nm.render([eni!], stock);
  const { path } = profile!;
  const { system, context } = machine(nm, { ...stock, files: { [path]: `# ${marker}\n` } });
  system.put(script!.path, script!.content, script!.mode);
  const seen: string[][] = [];
  const run = system.run.bind(system);
  system.run = async (argv, options) => {
    const rules = (await run(['ip', '-4', 'rule', 'show'])).stdout
      .split('\n')
      .filter(l => l.includes('28000'));
    if (argv.includes('reapply')) seen.push(rules);
    return run(argv, options);
  };
  const files = [{ path, mode: 0o600, before: `# ${marker}\n`, after: `# ${marker}\nnew` }];
  await perform(context, { changes: [{ kind: 'changed', before: eni!, after: eni! }], files });
  expect(seen.length).toBe(1);
  expect(seen[0]!.length).toBe(eni!.rules.filter(r => r.family === 4).length);
});

test('a rollback writes no file that is as it was: where nothing can be written, nothing has to be', async () => {
  const { system, context } = machine();
  const { path, mode, content } = networkd.render([eni!], stock)[0]!;
  system.put(path, content, mode);
  system.writeFile = async file => {
    throw new Error(`cannot write ${file}`);
  };
  const files = [{ path, mode, before: `${content}new`, after: content }];
  const work = { changes: [{ kind: 'changed' as const, before: eni!, after: eni! }], files };
  await expect(perform(context, work)).rejects.toThrow('cannot write');
  await perform(context, work, true);
  expect(await system.readFile(path)).toBe(content);
});
