// ONE pass: discover -> plan -> render -> diff -> apply. Read this file first. It is level-triggered: whatever started it, it
// looks at everything again and does only what is missing. All other files are steps of it.

import { type Command, eniOf, type Renderer } from '../../renderers/renderer.ts';
import { settleAltNames } from '../apply/altnames.ts';
import { fingerprint } from '../apply/fingerprint.ts';
import { logChanges } from '../apply/log/log-change.ts';
import { readLiveOnly } from '../apply/netplan/live-only.ts';
import {
  primaryAddressBatches,
  readGiven,
  settlePrimaryAddresses,
  wishOf,
} from '../apply/primary/addresses.ts';
import { settlePrimaryGroup } from '../apply/primary/group.ts';
import { scriptPath } from '../apply/published/script.ts';
import { lackingTools, publishedCommands, settlePublished } from '../apply/published/settle.ts';
import { type State, writeState } from '../apply/state-file.ts';
import { applyChange } from '../apply/transaction.ts';
import { recordProblem, tryToKeep } from '../apply/unrecorded/record.ts';
import { AgentError } from '../errors.ts';
import type { Instance } from '../model/instance.ts';
import type { LinkIdentity } from '../model/link-identity.ts';
import { readHostFacts } from '../system/facts/host-facts.ts';
import { type Desired, degradations, planDesired } from './desired.ts';
import { diff } from './differences.ts';
import { finishInterrupted } from './finish-interrupted.ts';
import { applyContext, mustBeRecognisable, recogniseMachine, takeReadings, withBackend } from './machine.ts';
import type { PassContext, PassOptions, PassResult } from './pass.ts';
import { metadataAddressOf, readTrusted } from './read-trusted.ts';
import { mustBeSamePrimary } from './same-primary.ts';

export async function reconcile(context: PassContext, options: PassOptions): Promise<PassResult> {
  const { system, settings, log } = context;
  const guessed = options.facts ?? (await readHostFacts(system));
  // Fails here, before the cloud is asked, where nothing on this machine can be recognised.
  await mustBeRecognisable(context, guessed);
  const mayFinish = options.apply || options.finish === true;
  const isOther = mayFinish && (await finishInterrupted(context));

  const readings = await takeReadings(context, isOther ? undefined : guessed);
  const { state, kernel } = readings;
  const reading = await readTrusted(context, state, kernel, options.reading);
  if (options.force !== true) await mustBeSamePrimary(context, state, kernel, reading);
  const known = await recogniseMachine(context, readings, reading.instance.enis);
  const machine = await withBackend(context, known, { touch: options.apply });
  const { renderer, selection, facts, reloadHazard } = machine;
  const { apart, contested } = options;
  const desired = await planDesired(system, { ...machine, ...reading, settings, apart, contested });
  const look = { links: desired.plan.enis.map(eni => eni.link), touch: options.apply };
  const liveOnly = await readLiveOnly(system, renderer, reloadHazard, look);
  const unloaded = reloadHazard === undefined ? (liveOnly?.links ?? []) : [];
  const { compare, ...ofEnis } = await diff(context, machine, desired, unloaded);
  const { primaryLink } = desired.plan;
  const addresses = wishOf(reading.instance, primaryLink, settings.agent.primaryAddresses);
  const onPrimary = primaryAddressBatches(kernel, addresses, await readGiven(system, kernel));
  const isNewScript = ofEnis.files.some(file => file.path === scriptPath && file.after !== undefined);
  const configured = [...desired.plan.enis, ...desired.held];
  const onFirewall = await publishedCommands(system, configured, isNewScript);
  const marking = onFirewall.map((argv): Command => ({ phase: 'after-write', argv }));
  const unmarkable = marking.length > 0 && !options.apply ? await lackingTools(system, configured) : [];
  const commands = [...ofEnis.commands, ...marking];
  const work = { ...ofEnis, commands, kernelChanges: together(ofEnis.kernelChanges, onPrimary) };
  // Forced once, it is a plan like any other: what is undone later is repaired again.
  const isRefused =
    options.force !== true &&
    state.refused !== undefined &&
    state.refused === (await fingerprint(desired.whole));
  const wanted = apart === undefined ? undefined : await fingerprint(desired.whole);
  const stateAfter = nextState(
    { ...state, refused: isRefused ? state.refused : undefined, wanted },
    reading.instance,
    renderer,
    desired,
  );
  const altNames = {
    enis: stateAfter.applied,
    on: settings.agent.altNames,
    facts,
    claims: (link: LinkIdentity) => renderer.claims(link, facts),
  };
  const result = {
    instance: reading.instance,
    requests: reading.requests,
    doubted: reading.doubted,
    backend: renderer.name,
    selection,
    facts,
    kernel,
    reloadHazard,
    liveOnly,
    desired,
    ...work,
    refused: isRefused,
    degraded: [...degradations(reading.instance, desired, liveOnly), ...unmarkable],
  };

  if (work.changes.length === 0 && work.files.length === 0) {
    // With no change of an ENI only the primary's link group and addresses can be left to set.
    const { add, remove } = work.kernelChanges;
    const isSet = add.length + remove.length + marking.length > 0;
    let unmarked: readonly string[] = [];
    let unkept: readonly string[] = [];
    if (options.apply) {
      const wish = { primaryLink, enis: stateAfter.applied, before: state.applied };
      await settlePrimaryGroup({ system, log, compare }, kernel, wish);
      // With an ENI's change it is a part of that.
      const group = ofEnis.kernelChanges;
      if (group.add.length + group.remove.length > 0)
        log.info({ link: primaryLink }, 'put link groups right');
      await settlePrimaryAddresses({ system, log }, addresses);
      await settleAltNames({ system, log }, kernel, altNames);
      unmarked = await settlePublished({ system, log }, configured, false);
      unkept = await keepState(context, stateAfter);
    }
    const degraded = [...result.degraded, ...unmarked, ...unkept];
    return { ...result, degraded, outcome: isSet && !options.apply ? 'pending' : 'unchanged' };
  }
  if (!options.apply) return { ...result, outcome: 'pending' };
  if (isRefused) {
    // Only the plan of the ENIs was taken back by hand.
    await settlePrimaryAddresses({ system, log }, addresses);
    const unmarked = await settlePublished({ system, log }, state.applied, false);
    return { ...result, degraded: [...result.degraded, ...unmarked], outcome: 'refused' };
  }
  if (!renderer.proven && !settings.agent.allowUnproven)
    throw new AgentError('backend-unproven', `${renderer.name} is not proven (docs/safety.md)`);
  const apply = { ...applyContext(context, machine, metadataAddressOf(reading, settings)), compare };
  const { why, driftOf } = options;
  const trigger = why?.trigger === undefined ? undefined : String(why.trigger);
  const unkept = await applyChange(
    { ...apply, trigger },
    {
      plan: desired.plan,
      ...work,
      stateBefore: state,
      stateAfter,
      seen: { kernel, at: machine.kernelAt },
      // Attached, and not to be configured: the link is somebody else's again. One that the cloud takes away is nobody's.
      returned: new Set(desired.plan.skipped.map(eni => eni.mac)),
    },
  );
  logChanges(log, {
    ...work,
    kernel,
    compare,
    ...(why === undefined ? {} : { why }),
    ...(driftOf === undefined ? {} : { driftOf: change => driftOf(eniOf(change).mac) }),
  });
  await settlePrimaryAddresses({ system, log }, addresses);
  await settleAltNames({ system, log }, kernel, altNames);
  const unmarked = await settlePublished({ system, log }, configured, isNewScript);
  const stillLive = await readLiveOnly(system, renderer, reloadHazard, look);
  const degraded = [...degradations(reading.instance, desired, stillLive), ...unmarked, ...unkept];
  return { ...result, liveOnly: stillLive, degraded, outcome: 'applied' };
}

/** Nothing on the machine depends on it. Where the disk was full a moment ago the same is written once more, to see whether it still is. */
async function keepState({ system, log }: PassContext, state: State): Promise<readonly string[]> {
  const force = recordProblem(log) !== undefined;
  const reason = await tryToKeep(log, () => writeState(system, state, { force }));
  return reason === undefined ? [] : [reason];
}

type KernelChanges = PassResult['kernelChanges'];

function together(a: KernelChanges, b: KernelChanges): KernelChanges {
  return { add: [...a.add, ...b.add], remove: [...a.remove, ...b.remove] };
}

function nextState(state: State, instance: Instance, renderer: Renderer, desired: Desired): State {
  const complete = instance.enis.filter(eni => !JSON.stringify(eni).includes('"state":"unknown"'));
  const applied = [...desired.plan.enis, ...desired.held].sort((a, b) => a.slot - b.slot);
  const isApplied = (mac: string) => applied.some(eni => eni.mac === mac);
  return {
    version: 1,
    instanceId: instance.instanceId ?? state.instanceId,
    backend: renderer.name,
    slots: Object.fromEntries(desired.slots),
    learnedSubnets: Object.fromEntries(desired.learnedSubnets),
    primary: instance.enis.find(eni => eni.primary)?.mac ?? state.primary,
    lastGood: complete,
    applied,
    refused: state.refused,
    wanted: state.wanted,
    taken: Object.fromEntries(Object.entries(state.taken).filter(([mac]) => isApplied(mac))),
  };
}
