import { expect } from 'vitest';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import type { RuleWords } from '../../agent/model/rule-words.ts';
import { readHostFacts, withPrimaryLink } from '../../agent/system/facts/host-facts.ts';
import { selectBackend } from '../../renderers/detect/select.ts';
import { holdAdvertisements } from '../lab/advertisements.ts';
import { type AgentHost, createAgentHost, destroyAgentHost } from '../lab/agent-host.ts';
import { runAgent } from '../lab/guest-commands.ts';
import { guestSystem } from '../lab/guest-system.ts';
import type { ImageName } from '../lab/images.ts';
import { attachEni } from '../lab/vpc.ts';
import type { EniSpec } from '../lab/vpc-spec.ts';
import { wordsFor } from '../support/recorded-proofs.ts';
import { type Column, vpcNameOf } from './columns.ts';
import { eniSections, first, primary, second } from './enis.ts';
import { disagreements } from './lives/agreement.ts';
import { imageOf } from './lives/images.ts';
import { lostAtChange } from './steps.ts';

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
        `this tree does not stand for ${life?.release} with ${life?.backend}: ${found.join('; ')}. Give the release of its versions; renderers/releases/table.ts has them`,
      );
    return {
      ...host,
      facts,
      words: wordsFor(image, facts),
      mayLose: lostAtChange(image, facts, column.addressing),
      notes: {},
    };
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
