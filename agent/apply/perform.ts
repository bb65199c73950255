// Does a change, or its inverse: additions live, files, the backend, what is left over. The order is what keeps packets from being lost.
import { type EniChange, eniOf, type Phase, type Travel } from '../../renderers/renderer.ts';
import { AgentError } from '../errors.ts';
import type { KernelState } from '../model/kernel-state.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import { type ApplyContext, differences, travelOf } from './apply-context.ts';
import { bridgeChanges, bridgeFiles, isBridged } from './bridge.ts';
import { additions, type Batch, removals, runBatches } from './live.ts';
import { marked } from './marks.ts';
import { installGenerated } from './netplan/generator.ts';
import { withoutOthersLinks } from './others/links.ts';
import { makeLasting, silenceRouters } from './others/take-over.ts';
import { type FileChange, putFile } from './ownership.ts';

/** The part of a change that is performed. */
export interface Work {
  readonly changes: readonly EniChange[];
  readonly files: readonly FileChange[];
}

/** A network service may wait for DHCP: dhclient gives up after 60 s (Debian's dhclient.conf), and says so better than a kill. */
const activationMs = 120_000;

/**
 * Also undoes: an inverse change is performed like any other, except that neither a command nor a file that fails stops it: on a disk that takes
 * nothing any more the kernel can be put back all the same, and with it the primary.
 *
 * @param known the kernel as it has just been read
 * @returns of one that undoes: why a file is not as it was
 */
export async function perform(
  context: ApplyContext,
  change: Work,
  tolerant = false,
  known?: KernelState,
): Promise<AgentError | undefined> {
  const { system } = context;
  const by = (...ways: readonly Travel[]): Work => ({
    ...change,
    changes: change.changes.filter(c => ways.includes(travelOf(context, c))),
  });
  const hasRun = await runPhase(context, 'before-write', change.changes, tolerant);
  const kernel = known !== undefined && !hasRun ? known : await readKernelState(system);
  for (const way of travels) await goAhead(context, way, by(way), kernel, tolerant);
  let failure: AgentError | undefined;
  for (const file of change.files) failure = (await putFile(context, file, tolerant)) ?? failure;
  await load(context, change.changes, tolerant);
  await addUnloaded(context, by('files', 'files-in-two-steps', 'rules-first'));
  await makeLasting(context, change.changes);
  await removeStale(context, change.changes);
  return failure;
}

const travels: readonly Travel[] = ['kernel', 'rules-first', 'files', 'files-in-two-steps'];

/** What is done before the files are written, so that nothing is missing in between. */
async function goAhead(
  context: ApplyContext,
  way: Travel,
  work: Work,
  kernel: KernelState,
  tolerant: boolean,
): Promise<void> {
  const { system } = context;
  switch (way) {
    case 'kernel':
      await silenceRouters(context, work.changes, kernel);
      return runBatches(
        system,
        marked(context, additions(differences(context, work.changes, kernel)), { loads: false }),
        tolerant,
      );
    case 'rules-first':
      return runBatches(system, newRules(context, work.changes, kernel), true);
    case 'files':
      return runBatches(system, obstacles(work.changes, kernel), true);
    case 'files-in-two-steps':
      return goByBridge(context, work, tolerant);
    default:
      return way satisfies never;
  }
}

/**
 * A backend that is to load a file which is as it was does nothing: `networkctl reload` (252, 257) does not look whether the rules, routes
 * and addresses that it has made are still there. What something else has deleted goes to the kernel directly, behind the backend, so that
 * what that adds by itself (a link that has just come back) is not there twice.
 */
async function addUnloaded(context: ApplyContext, { changes, files }: Work): Promise<void> {
  const { system, renderer, facts } = context;
  const written = new Set(files.map(f => f.path));
  const unloaded = changes.filter(
    c => c.kind !== 'removed' && !renderer.render([c.after], facts).some(f => written.has(f.path)),
  );
  if (unloaded.length === 0) return;
  const missing = additions(differences(context, unloaded, await readKernelState(system)));
  // Verify says what could not be added.
  await runBatches(system, marked(context, missing, { loads: true }), true);
}

/** The new rules, for a backend that takes the old ones away first. */
function newRules(
  context: ApplyContext,
  changes: readonly EniChange[],
  kernel: KernelState,
): readonly Batch[] {
  const rules = differences(context, changes, kernel).flatMap(d => d.missing.filter(o => o.kind === 'rule'));
  return marked(context, additions([{ missing: rules, stale: [], faults: [] }]), { loads: true });
}

/**
 * Addresses that a new bring-up is to add and that stand on its link already, where it is down: `ifup --force` (ifupdown 0.8.41) stops at
 * the first, leaves the link down, and so would every later try. A link is left like this by `ip link set down` where our file has gone as
 * well, so that ifdown does not know it, and by a rename. While it is down they are of no use.
 */
function obstacles(changes: readonly EniChange[], { links, addresses }: KernelState): readonly Batch[] {
  const plans = changes.flatMap(c => (c.kind === 'added' ? [c.after] : []));
  const isDown = (name: string) => links.some(l => l.name === name && !l.up);
  return plans
    .filter(({ link }) => isDown(link))
    .flatMap(plan => addresses.filter(a => a.link === plan.link && plan.addresses.some(p => p.ip === a.ip)))
    .map(a => ({ family: a.family, lines: [`addr del ${a.ip}/${a.prefixLength} dev ${a.link}`] }));
}

/**
 * Twice at most: `ip rule del` without `iif` takes the first rule that fits, so a copy of ours that lacks only `iif lo` (a person
 * added it by hand) makes the kernel delete ours instead. Then ours is added again, behind the copy, and the copy goes.
 */
export async function removeStale(context: ApplyContext, changes: readonly EniChange[]): Promise<void> {
  const { system } = context;
  for (let round = 0; round < 2; round++) {
    const before = differences(context, changes, await readKernelState(system));
    const stale = removals(before);
    if (stale.length === 0) return;
    await runBatches(system, stale, true);
    const after = differences(context, changes, await readKernelState(system));
    const lost = after.flatMap((d, i) =>
      d.missing.filter(o => !before[i]!.missing.some(m => m.key === o.key)),
    );
    if (lost.length === 0) return;
    const again = additions([{ missing: lost, stale: [], faults: [] }]);
    await runBatches(system, marked(context, again, { loads: false }), true);
  }
}

/** Makes the backend load the files that are written. */
async function load(context: ApplyContext, changes: readonly EniChange[], tolerant: boolean): Promise<void> {
  const noteLoaded = await installGenerated(context, changes, () =>
    runPhase(context, 'validate', changes, tolerant).then(() => undefined),
  );
  await runPhase(context, 'after-write', changes, tolerant);
  await noteLoaded();
}

/** The first of two steps, where rules change (bridge.ts). Verify judges the end, so nothing here fails but a command. */
async function goByBridge(context: ApplyContext, change: Work, tolerant: boolean): Promise<void> {
  const { system, renderer, facts } = context;
  const changes = bridgeChanges(change.changes);
  if (changes.length === 0) return;
  const both = new Map(bridgeFiles(changes, renderer, facts).map(f => [f.path, f.content]));
  for (const file of change.files)
    if (both.has(file.path)) await putFile(context, { ...file, after: both.get(file.path) }, tolerant);
  await load(context, changes, tolerant);
  for (let round = 0; round < 50 && !isBridged(await readKernelState(system), changes); round++)
    await system.sleep(20);
}

/** Runs the backend's commands of one phase; false if there is none. Throws `command-failed` at the first that fails and may not. */
export async function runPhase(
  context: ApplyContext,
  phase: Phase,
  changes: readonly EniChange[],
  tolerant = false,
): Promise<boolean> {
  const { renderer, facts, reloadHazard } = context;
  const wanted = renderer.activate(changes, facts, reloadHazard).filter(c => c.phase === phase);
  const commands = await withoutOthersLinks(context, wanted, changes);
  for (const command of commands) {
    const { argv, outside = false } = command;
    const result = await context.system.run(argv, { timeoutMs: activationMs, outside });
    const words = argv.join(' ');
    context.log.debug({ command: words, exit: result.exitCode }, 'ran');
    if (result.exitCode === 0 || command.mayFail || tolerant) continue;
    // The last line is often only "failed to bring up eth1"; why stands above it.
    const said = result.stderr.split('\n').filter(line => line.trim() !== '');
    const cause = said.slice(-3).join('; ') || 'no output';
    const isFor = (change: EniChange) =>
      renderer.activate([change], facts, reloadHazard).some(c => c.argv.join(' ') === words);
    throw new AgentError('command-failed', `"${words}" failed (exit ${result.exitCode}): ${cause}`, {
      enis: changes.filter(isFor).map(change => eniOf(change).mac),
    });
  }
  return commands.length > 0;
}
