// What stands between our YAML and networkd: the private root, the one file that is installed, and the links that keep a reload away
// from the primary after a daemon-reload of somebody else.
import { beforeEach, describe, expect, test } from 'vitest';
import type { ApplyContext } from '../../../agent/apply/apply-context.ts';
import { installGenerated, prepareRoot } from '../../../agent/apply/netplan/generator.ts';
import { holdLoaded } from '../../../agent/apply/netplan/loaded.ts';
import type { FileChange } from '../../../agent/apply/ownership.ts';
import { runPhase } from '../../../agent/apply/perform.ts';
import { emptyState } from '../../../agent/apply/state-file.ts';
import { applyChange } from '../../../agent/apply/transaction.ts';
import { historyPath } from '../../../agent/history/store.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import { netplan } from '../../../renderers/netplan/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import type { EniChange } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { FakeNetplan, live } from '../../support/fake-netplan.ts';

const facts = factsForBackend('netplan', 'debian-12');
const generator = netplan.netplanGenerator!;
const plan = examplePlans['static-dual-stack']!;
const changes: readonly EniChange[] = plan.enis.map(after => ({ kind: 'added', after }));
const files = ({ enis }: NetworkPlan): readonly FileChange[] =>
  netplan
    .render(enis, facts)
    .map(({ path, mode, content }) => ({ path, mode, before: undefined, after: content }));
const yaml = '/etc/netplan/60-eni-eth1.yaml';
const ours = `${live}/10-netplan-00-eni-eth1.network`;
const theirs = `${live}/10-netplan-eth0.network`;

let host: FakeNetplan;
let context: ApplyContext;

beforeEach(async () => {
  host = new FakeNetplan();
  host.define('50-cloud-init.yaml', 'eth0');
  host.bootNetplan();
  await host.sleep(1000);
  const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as ApplyContext['log'];
  context = {
    system: host,
    log,
    renderer: netplan,
    facts,
    compare: { base: 28_000, ruleProtocol: true },
    verifyTimeoutMs: 0,
    metadataAddress: undefined,
    reloadHazard: undefined,
  };
});

/** The generator, as the transaction runs it. */
const generate = async () => {
  await host.run(['/usr/libexec/netplan/generate', '--root-dir', generator.root]);
};
/** Files in place, generated, installed, loaded. */
async function apply(list = files(plan)): Promise<void> {
  for (const f of list)
    if (f.after === undefined) await host.removeFile(f.path);
    else await host.writeFile(f.path, f.after, f.mode);
  const noteLoaded = await installGenerated(context, changes, generate);
  await host.run(['networkctl', 'reload']);
  await noteLoaded();
  await host.sleep(1000);
}
const look = () => holdLoaded(host, generator, { readOnly: true });
const hold = () => holdLoaded(host, generator);

/** Files of the machine: not the copies that the generator works on, nor the history of what was tried. */
const untouched = () =>
  [...host.files].filter(([path]) => !path.startsWith(generator.root) && path !== historyPath);

describe('the private root', () => {
  test('has what the generator reads, with our change in it, for nobody else to read', async () => {
    host.define('99-old.yaml', 'x');
    host.put('/lib/netplan/00-network-manager-all.yaml', 'network: {}\n');
    host.put('/etc/netplan/notes.txt', 'no yaml');
    host.put(`${generator.root}/etc/netplan/left-by-a-crash.yaml`, 'unknown:');
    await prepareRoot(context, [
      ...files(plan),
      { path: '/etc/netplan/61.yaml', mode: 0o600, before: 'x', after: undefined },
    ]);
    const inRoot = [...host.files].filter(([path]) => path.startsWith(`${generator.root}/`));
    expect(inRoot.map(([path]) => path.slice(generator.root.length)).sort()).toEqual([
      '/etc/netplan/50-cloud-init.yaml',
      yaml,
      '/etc/netplan/99-old.yaml',
      '/lib/netplan/00-network-manager-all.yaml',
    ]);
    expect(new Set(inRoot.map(([, file]) => file.mode))).toEqual(new Set([0o600]));
    expect(host.journal.slice(0, 2)).toEqual([
      `run rm -rf --one-file-system -- ${generator.root}`,
      `run mkdir -p -m 0700 ${generator.root}`,
    ]);
  });

  test('leaves a file out that goes, and keeps one at a path of ours that is somebody else’s', async () => {
    host.put(yaml, '# mine\n');
    await prepareRoot(context, files(plan));
    expect(host.files.get(`${generator.root}${yaml}`)?.content).toBe('# mine\n');
    await host.writeFile(yaml, files(plan)[0]!.after!, 0o600);
    await prepareRoot(context, [{ path: yaml, mode: 0o600, before: 'x', after: undefined }]);
    expect(host.files.has(`${generator.root}${yaml}`)).toBe(false);
  });

  test('a definition that the generator refuses ends the apply before anything is touched', async () => {
    host.define('70-broken.yaml', 'eth7', 'unknown: 1\n');
    const before = untouched();
    const change = { plan, changes, files: files(plan), stateBefore: emptyState, stateAfter: emptyState };
    await expect(applyChange(context, change)).rejects.toThrow('70-broken.yaml: Error in network definition');
    expect(untouched()).toEqual(before);
  });
});

describe('netplan 1.2, whose generator was split', () => {
  const configure = '/usr/libexec/netplan/configure';
  const generate = '/usr/libexec/netplan/generate';
  const change = { plan, changes, files: files(plan), stateBefore: emptyState, stateAfter: emptyState };
  const withPaths = (paths: readonly string[]) => ({ ...context, facts: { ...facts, paths } });
  const runs = () => host.journal.filter(line => /^run \S*\/netplan\//.test(line));

  beforeEach(() => {
    host.splits = true;
  });

  test('`configure` makes the files, though `generate` is there too', async () => {
    const split = withPaths([generate, configure]);
    for (const file of change.files) await host.writeFile(file.path, file.after ?? '', file.mode);
    await installGenerated(split, changes, async () => {
      await runPhase(split, 'validate', changes);
    });
    expect(host.files.has(ours)).toBe(true);
    expect(new Set(runs())).toEqual(new Set([`run ${configure} --root-dir ${generator.root}`]));
  });

  test('its `generate` without the other half ends the apply before anything is touched', async () => {
    const before = untouched();
    await expect(applyChange(withPaths([generate]), change)).rejects.toThrow(
      /^"\S+\/generate --root-dir \S+" failed \(exit 126\): .* assertion failed: .* was killed by SIGABRT$/,
    );
    expect(untouched()).toEqual(before);
  });

  test('a definition that `configure` refuses ends it with the same words', async () => {
    host.define('70-broken.yaml', 'eth7', 'unknown: 1\n');
    await expect(applyChange(withPaths([generate, configure]), change)).rejects.toThrow(
      '70-broken.yaml: Error in network definition',
    );
    expect(host.files.has(ours)).toBe(false);
  });
});

describe('what is installed', () => {
  test('our generated file, by a link, and nothing else', async () => {
    const before = host.files.get(theirs);
    await apply();
    expect(host.files.get(ours)).toBe(host.files.get(`${generator.root}${ours}`));
    expect(host.files.get(ours)?.mode).toBe(0o640);
    expect(host.files.get(theirs)).toBe(before);
    expect(host.files.has('/run/systemd/system/x.conf')).toBe(true);
    expect(host.journal.filter(l => l.startsWith('link ') && !l.includes(generator.kept))).toEqual([
      `link ${generator.root}${ours} ${ours}`,
    ]);
    expect(host.journal.at(-1)).toContain(generator.kept);
    expect(host.reconfigured).toEqual(['10-netplan-00-eni-eth1.network']);
  });

  test('not what somebody has edited or added and not generated yet', async () => {
    const before = host.files.get(theirs);
    host.define('50-cloud-init.yaml', 'eth0', '      mtu: 1400\n');
    host.define('80-his.yaml', 'eth5');
    await apply();
    expect(host.files.has(ours)).toBe(true);
    expect(host.files.get(theirs)).toBe(before);
    expect(host.files.has(`${live}/10-netplan-eth5.network`)).toBe(false);
  });

  test('a file that is equal is not touched, one whose YAML has gone is removed', async () => {
    await apply();
    const installed = host.files.get(ours);
    await apply();
    expect(host.files.get(ours)).toBe(installed);
    await apply([{ path: yaml, mode: 0o600, before: 'x', after: undefined }]);
    expect(host.files.has(ours)).toBe(false);
    expect(host.files.has(theirs)).toBe(true);
    expect(host.files.has(`${generator.kept}/10-netplan-00-eni-eth1.network`)).toBe(false);
  });

  test('a generator that fails in a rollback takes nothing away', async () => {
    await apply();
    host.define('70-broken.yaml', 'eth7', 'unknown: 1\n');
    await installGenerated(context, changes, generate);
    expect(host.files.has(ours)).toBe(true);
  });
});

describe.each([
  ['networkd 257', true],
  ['networkd 252', false],
])('daemon-reload of somebody else, %s', (_name, notifiesReload) => {
  beforeEach(() => {
    host.notifiesReload = notifiesReload;
  });

  test('without our care it would reach the primary', () => {
    host.daemonReload();
    host.reload();
    expect(host.reconfigured).toEqual(['10-netplan-eth0.network']);
  });

  test('links are held from the first pass on, and put back before our reload', async () => {
    expect(await hold()).toBeUndefined();
    for (let time = 0; time < 2; time++) {
      host.daemonReload();
      await host.sleep(1000);
      expect(await hold()).toBeUndefined();
      host.reconfigured = [];
      await apply();
      expect(host.reconfigured.filter(name => !name.includes('00-eni'))).toEqual([]);
    }
    // Ours was rewritten as well, and its lease would have been dropped.
    expect(host.reconfigured).toEqual([]);
  });

  test('no link held: a hazard, until the service has loaded the files', async () => {
    host.daemonReload();
    expect(await hold()).toBe(`${theirs} was rewritten after systemd-networkd.service loaded its files`);
    expect(host.files.has(`${generator.kept}/10-netplan-eth0.network`)).toBe(false);
    await host.sleep(1000);
    host.reload();
    await host.sleep(1000);
    expect(await hold()).toBeUndefined();
    host.daemonReload();
    expect(await hold()).toBeUndefined();
  });

  test('a link from before a load of others proves nothing', async () => {
    await hold();
    for (let time = 0; time < 2; time++) {
      await host.sleep(1000);
      host.daemonReload();
      if (time === 0) host.reload();
    }
    expect(await hold()).toContain('was rewritten');
    expect(host.files.has(`${generator.kept}/10-netplan-eth0.network`)).toBe(false);
  });

  test('a change of somebody else that is not loaded is a hazard, and gone with the change', async () => {
    await hold();
    await host.sleep(1000);
    host.define('50-cloud-init.yaml', 'eth0', '      mtu: 1400\n');
    host.daemonReload();
    expect(await hold()).toContain('was changed');
    host.define('50-cloud-init.yaml', 'eth0');
    host.daemonReload();
    expect(await hold()).toBeUndefined();
    await host.removeFile('/etc/netplan/50-cloud-init.yaml');
    host.daemonReload();
    expect(await hold()).toContain('was removed');
  });

  test('a look touches nothing', async () => {
    host.daemonReload();
    const before = new Map(host.files);
    expect(await look()).toContain('was rewritten');
    expect(host.files).toEqual(before);
    expect(host.journal).toEqual([]);
  });
});
