// A look without a touch: the machine against the plan, per ENI, for `status` and `doctor`. Falls back to the last applied plan
// when the metadata does not answer, because that is when people ask.

import type { Selection } from '../../renderers/detect/select.ts';
import { compareEni, compareOptions, type Difference } from '../apply/compare.ts';
import { lacking, wishOf } from '../apply/primary/addresses.ts';
import { missingOf } from '../apply/published/loaded.ts';
import { marksOf } from '../apply/published/marks.ts';
import { readState, type State } from '../apply/state-file.ts';
import { AgentError } from '../errors.ts';
import type { Cidr, Family, Ip, Mac } from '../model/address.ts';
import type { BackendName, HostFacts } from '../model/host.ts';
import { type Eni, type EniFamily, type Instance, type ProviderName, valueOr } from '../model/instance.ts';
import type { KernelState } from '../model/kernel-state.ts';
import type { LiveOnly } from '../model/live-only.ts';
import type { EniPlan, SkippedEni } from '../model/network-plan.ts';
import type { Settings } from '../model/settings.ts';
import { lookOnly } from '../system/look-only.ts';
import { recogniseMachine, takeReadings } from './machine.ts';
import type { PassContext, PassResult } from './pass.ts';
import { reconcile } from './reconcile.ts';

export interface Comparison {
  readonly plan: EniPlan;
  readonly difference: Difference;
  readonly filesDiffer: boolean;
}

export interface Inspection {
  /** What the metadata said; undefined if there was no pass, and the last applied plan took its place. */
  readonly cloud: { readonly provider: ProviderName; readonly instanceId: string | undefined } | undefined;
  /** Why there was no pass: the metadata did not answer, or, with any other code, it was not even asked. */
  readonly failure: AgentError | undefined;
  readonly selection: Selection;
  /** What configures the ENIs: named in the configuration, or selected. Undefined: it cannot be told. */
  readonly backend: BackendName | undefined;
  readonly primaryLink: string | undefined;
  /** As the metadata, or else its last good answer, names it. */
  readonly primary: { readonly mac: Mac; readonly eniId: string | undefined } | undefined;
  /** The family without which the primary is of no use: IPv4 if it has an address of that in the cloud. Undefined: not known. */
  readonly primaryFamily: Family | undefined;
  readonly onPrimary: OnPrimary;
  /** What is missing of the marks of published ports. */
  readonly unmarked: readonly string[];
  readonly enis: readonly Comparison[];
  /** What skipped ENIs keep of an earlier plan, because they are left alone for now only. */
  readonly held: readonly EniPlan[];
  /** `rollback` took this very plan back: it is not applied by itself. */
  readonly refused: boolean;
  /** Configured here, but no longer attached. */
  readonly leftOver: readonly EniPlan[];
  readonly skipped: readonly SkippedEni[];
  readonly degraded: readonly string[];
  /** ENIs that the network service has not loaded: said in `degraded` as well. */
  readonly liveOnly: LiveOnly | undefined;
  /** What this user may not read, and so was not compared: paths, and `the journal`. */
  readonly notRead: readonly string[];
  readonly facts: HostFacts;
  readonly kernel: KernelState;
}

/** What the cloud has for the primary beside its first address. */
export interface OnPrimary {
  /** `primary-addresses = yes`. */
  readonly kept: boolean;
  /** Addresses that no link has, whatever the option says. */
  readonly lacking: readonly Ip[];
  /** Delegated to it: nobody sets anything for them. */
  readonly prefixes: readonly Cidr[];
}

export const nothingOnPrimary: OnPrimary = { kept: false, lacking: [], prefixes: [] };

function onPrimaryOf(
  instance: Instance,
  kernel: KernelState,
  primaryLink: string | undefined,
  { agent }: Settings,
): OnPrimary {
  const primary = instance.enis.find(eni => eni.primary);
  return {
    kept: agent.primaryAddresses,
    lacking: lacking(kernel, wishOf(instance, primaryLink, true)),
    prefixes: [primary?.ipv4, primary?.ipv6].flatMap(p => (p === undefined ? [] : valueOr(p.prefixes, []))),
  };
}

/** Throws `state-unreadable`; a wrong configuration was thrown before. */
export async function inspect(context: PassContext): Promise<Inspection> {
  const { system, denied } = lookOnly(context.system);
  const found = await lookAt({ ...context, system });
  return { ...found, notRead: denied() };
}

async function lookAt(context: PassContext): Promise<Omit<Inspection, 'notRead'>> {
  const state = await readState(context.system);
  const pass = await tryPass(context);
  // Without metadata there is no pass, but there is a machine.
  const { facts, kernel, selection } =
    pass instanceof AgentError ? await recogniseMachine(context, await takeReadings(context)) : pass;
  const reloadHazard = pass instanceof AgentError ? undefined : pass.reloadHazard;
  const options = compareOptions(context.settings, facts, reloadHazard);
  const planned =
    pass instanceof AgentError ? state.applied : [...pass.desired.plan.enis, ...pass.desired.held];
  const unmarked = await missingOf(context.system, marksOf(planned));
  const common = { selection, facts, kernel, unmarked };
  if (pass instanceof AgentError) {
    return {
      ...common,
      cloud: undefined,
      failure: pass,
      backend: context.settings.agent.backend ?? state.backend ?? selection.backend,
      primaryLink: facts.primaryLink,
      primary: primaryOf(state),
      primaryFamily: familyOfPrimary(state.lastGood),
      enis: state.applied.map(plan => ({
        plan,
        difference: compareEni(kernel, plan, undefined, options),
        filesDiffer: false,
      })),
      onPrimary: { ...nothingOnPrimary, kept: context.settings.agent.primaryAddresses },
      held: [],
      refused: false,
      leftOver: [],
      skipped: [],
      degraded: [`${pass.message}: ${pass.hint}`, ...unmarked],
      liveOnly: undefined,
    };
  }
  const { instance, desired } = pass;
  return {
    ...common,
    cloud: { provider: instance.provider, instanceId: instance.instanceId },
    failure: undefined,
    backend: pass.backend,
    primaryLink: desired.plan.primaryLink,
    primary: desired.plan.skipped.find(s => s.reason === 'primary'),
    primaryFamily: familyOfPrimary(instance.enis),
    onPrimary: onPrimaryOf(instance, kernel, desired.plan.primaryLink, context.settings),
    held: desired.held,
    refused: pass.refused,
    enis: desired.plan.enis.map(plan => ({
      plan,
      difference: compareEni(
        kernel,
        plan,
        state.applied.find(e => e.mac === plan.mac),
        options,
      ),
      filesDiffer: filesDiffer(pass, plan),
    })),
    // One that is removed in order to be added anew (renamed, set down) is still attached.
    leftOver: pass.changes.flatMap(c =>
      c.kind === 'removed' && !desired.plan.enis.some(e => e.mac === c.before.mac) ? [c.before] : [],
    ),
    skipped: desired.plan.skipped.filter(s => s.reason !== 'primary'),
    degraded: [...pass.degraded, ...unmarked],
    liveOnly: pass.liveOnly,
  };
}

function familyOfPrimary(enis: readonly Eni[]): Family | undefined {
  const primary = enis.find(eni => eni.primary);
  const has = (family: EniFamily | undefined) =>
    family !== undefined && valueOr(family.addresses, []).length > 0;
  if (has(primary?.ipv4)) return 4;
  return has(primary?.ipv6) ? 6 : undefined;
}

function primaryOf({ lastGood }: State): Inspection['primary'] {
  const eni = lastGood.find(e => e.primary);
  return eni && { mac: eni.mac, eniId: eni.id };
}

/** One line for a person. */
export function describeCloud({ cloud, failure }: Pick<Inspection, 'cloud' | 'failure'>): string {
  if (cloud === undefined)
    return `${isMetadataFailure(failure) ? 'no answer' : 'not asked'}; compared with the last applied plan`;
  return cloud.instanceId === undefined ? cloud.provider : `${cloud.provider}, ${cloud.instanceId}`;
}

/** True where the metadata was asked, and is why there is no plan. */
export function isMetadataFailure(failure: AgentError | undefined): boolean {
  return ['metadata-unreachable', 'metadata-invalid', 'provider-unknown'].includes(failure?.code ?? '');
}

async function tryPass(context: PassContext): Promise<PassResult | AgentError> {
  try {
    return await reconcile(context, { apply: false });
  } catch (error) {
    if (error instanceof AgentError && error.code !== 'config-invalid' && error.code !== 'usage')
      return error;
    throw error;
  }
}

function filesDiffer({ files, desired }: PassResult, { mac }: EniPlan): boolean {
  const touched = new Set(files.map(f => f.path));
  return desired.files.some(file => file.enis.includes(mac) && touched.has(file.path));
}
