// The machine of one column, and the questions that each step asks: is the kernel what the plan says, to the line, does every address
// answer, did the primary hear nothing, is what others own untouched?
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import type { RuleWords } from '../../agent/model/rule-words.ts';
import { readHostFacts, withPrimaryLink } from '../../agent/system/facts/host-facts.ts';
import { selectBackend } from '../../renderers/detect/select.ts';
import { holdAdvertisements, letAdvertisementsGo } from '../lab/advertisements.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from '../lab/agent-host.ts';
import { waitFor } from '../lab/command.ts';
import { countEvents, type Events } from '../lab/event-counter.ts';
import { runAgent } from '../lab/guest-commands.ts';
import { guestSystem } from '../lab/guest-system.ts';
import type { ImageName } from '../lab/images.ts';
import { failedPings, pingMatrix, renderMatrix } from '../lab/ping-matrix.ts';
import { kernelOfGuest } from '../lab/proofs/proof-guest.ts';
import { attachEni } from '../lab/vpc.ts';
import type { EniSpec } from '../lab/vpc-spec.ts';
import { wordsFor } from '../support/recorded-proofs.ts';
import { type Column, vpcNameOf } from './columns.ts';
import { eniSections, first, primary, second } from './enis.ts';
import { foreignLines, missingForeign } from './foreign.ts';
import { disagreements } from './lives/agreement.ts';
import { imageOf } from './lives/images.ts';
import { lossesBeyond, type Traffic } from './steady.ts';
import { changedSource, inWordsOf, lostAtChange } from './steps.ts';

const expectedRoot = join(import.meta.dirname, 'expected');

/** What one step has seen, for the recording of a life. */
export interface Notes {
  primaryEvents?: number;
  lostPings?: Readonly<Record<string, number>>;
  /** What was expected, and found in the kernel, last. */
  planned?: { readonly step: string; readonly plan: NetworkPlan; readonly kernel: readonly string[] };
}

export interface Machine extends AgentHost {
  /** Before the first pass of the agent. */
  readonly facts: HostFacts;
  readonly words: RuleWords;
  /** Pings that an ENI may lose at a change of its files. */
  readonly mayLose: number;
  /** Of the step that is under way. */
  notes: Notes;
}

/** Boots it. Throws where the tree of a life is not of its release. */
export async function createMachine(column: Column): Promise<Machine> {
  const host = await createHost(column);
  try {
    const system = guestSystem(host.guest);
    const facts = await withPrimaryLink(system, await readHostFacts(system), primary.link);
    const { image, life } = column;
    const found = life === undefined ? [] : disagreements(life, facts, selectBackend(facts).backend);
    if (found.length > 0)
      throw new Error(
        `this tree does not stand for ${life?.release} with ${life?.backend}: ${found.join('; ')}`,
      );
    return { ...host, facts, words: wordsFor(image, facts), mayLose: lostAtChange(image, facts), notes: {} };
  } catch (error) {
    await destroyAgentHost(host);
    throw error;
  }
}

function createHost(column: Column): Promise<AgentHost> {
  const { image, suite, addressing, life } = column;
  return createAgentHost(
    {
      name: vpcNameOf(column),
      provider: 'aws',
      enis: [primary, first, second],
      // Until the agent has configured the ENI, that is: `plug` and `pass`.
      holdAdvertisements: true,
    },
    {
      ...(life === undefined
        ? { image: image as ImageName, suite }
        : { brought: { tree: life.tree, image: imageOf(life) } }),
      agentKeys: ['allow-unproven = yes'],
      // Longer than usual: a lease of dhcpcd takes 5 s, on a machine that has nothing else to do.
      agentConfig: `verify-timeout = 30\n${coexistence[image] ?? ''}${eniSections(addressing)}`,
    },
  );
}

/**
 * Without it NetworkManager activates "Wired connection N" on an ENI that is plugged in, before there is any pass: the default route that
 * comes with it takes the primary's answers for a moment. The first two ENIs are there before it is set and are taken over from it.
 */
const primaryOnly = '[coexistence]\nnetworkmanager-auto-default = primary-only\n\n';
const coexistence: Readonly<Partial<Record<BackendName, string>>> = {
  'networkmanager-ifcfg': primaryOnly,
  'networkmanager-keyfile': primaryOnly,
};

/** The plan of now, as the agent tells it. */
export async function planOf(host: AgentHost): Promise<NetworkPlan> {
  const { stdout, stderr } = await runAgent(host.guest, ['plan', '--json']);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout).plan;
}

/**
 * Which of the service's files the choice of the backend rests on. With a catch-all each NIC has a default route of the same metric, and any
 * of them comes first; it has to be the primary's file all the same.
 */
export async function evidenceOf(host: AgentHost): Promise<string> {
  const { stdout, stderr } = await runAgent(host.guest, ['plan', '--json']);
  expect(stdout, stderr).not.toBe('');
  return JSON.stringify(JSON.parse(stdout).backend.evidence);
}

/** The primary's own definition, as the service names it. */
export const primaryEvidence: Readonly<Record<BackendName, string>> = {
  ifupdown: 'eth0=eth0',
  initscripts: 'ifcfg-eth0',
  netplan: '10-netplan-05-primary.network',
  networkd: '10-primary.network',
  'networkmanager-ifcfg': 'ifcfg-eth0',
  'networkmanager-keyfile': 'cloud-init-eth0.nmconnection',
  sles11: 'ifcfg-eth0',
  wicked: 'wicked',
};

/** Hot-plugs an ENI, with no router advertisement before the next pass. */
export async function plug(host: AgentHost, eni: EniSpec): Promise<void> {
  await holdAdvertisements(host.vpc);
  await attachEni(host.vpc, eni);
}

/** A pass that must end well; returns its events, of which the primary must have none. */
export async function pass(host: Machine, settle: readonly string[] = ['eth0']): Promise<Events> {
  const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']), { settle });
  noteEvents(host, events);
  expect(events.of('eth0'), 'events of the primary').toEqual([]);
  await letAdvertisementsGo(host.vpc);
  return events;
}

export function noteEvents({ notes }: Machine, events: Events): void {
  notes.primaryEvents = (notes.primaryEvents ?? 0) + events.of('eth0').length;
}

/** @param changes of the files of the first ENI meanwhile */
export function expectNothingLost({ notes, mayLose }: Machine, traffic: Traffic, changes: number): void {
  notes.lostPings = traffic.lostPings;
  expect(lossesBeyond(traffic, { [changedSource]: changes * mayLose })).toEqual([]);
}

/**
 * The kernel equals the plan line by line, which is the same for each backend (expected/STEP-ADDRESSING.txt), every address answers in
 * all directions, and what others own is there.
 */
export async function expectPlanned(host: Machine, column: Column, step: string): Promise<void> {
  const plan = await planOf(host);
  const wanted = normalFormOfPlan(plan);
  expectSame(`${step}-${column.addressing}.txt`, wanted, host.words);
  let found: readonly string[] = [];
  let differences: readonly string[] = [];
  // A service that has just booted, or was restarted by the step, may need a moment; the agent itself has verified.
  await waitFor(
    async () => {
      found = normalFormOfKernel(await kernelOfGuest(host.vpc), plan, { foreign: foreignLines });
      differences = diffNormalForms(wanted, found);
      return differences.length === 0;
    },
    5000,
    100,
  );
  expect(differences).toEqual([]);
  host.notes.planned = { step, plan, kernel: found };
  const results = await pingMatrix(host.guest);
  expect(failedPings(results), renderMatrix(results)).toEqual([]);
}

/** @param gone what is known to go in this step */
export async function expectForeign(
  host: AgentHost,
  column: Column,
  gone: readonly string[] = [],
): Promise<void> {
  expect(await missingForeign(host, column.image), 'of the administrator').toEqual(gone);
}

/** One file for all backends; GOLDEN=write writes it anew, where every word of it is known. */
function expectSame(name: string, lines: readonly string[], words: RuleWords): void {
  const file = join(expectedRoot, name);
  const text = `${lines.join('\n')}\n`;
  const isWhole =
    words.suppressPrefixLength && words.links && words.boundSockets && words.primaryGroup !== undefined;
  if (process.env.GOLDEN === 'write' && isWhole) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const expected = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  expect(lines, `${name}: GOLDEN=write npm run matrix writes it`).toEqual(inWordsOf(expected, words));
}
