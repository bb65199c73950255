// The end of a made-up life: everything that was wrong outside of the agent is mended, and some time later the machine must be what the
// cloud's truth asks for. What it should be is worked out here from that truth, not from anything that the daemon believes.

import { checkpointPath } from '../../agent/apply/checkpoint.ts';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import { readState } from '../../agent/apply/state-file.ts';
import { readSettings } from '../../agent/config/read-settings.ts';
import { providerNamed } from '../../agent/metadata/registry.ts';
import type { Instance } from '../../agent/model/instance.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import { mainRoutesOfOthers } from '../../agent/plan/own-networks.ts';
import { planNetwork } from '../../agent/plan/plan-network.ts';
import { readHostFacts } from '../../agent/system/facts/host-facts.ts';
import { readKernelState } from '../../agent/system/kernel/reader.ts';
import { ifupdown } from '../../renderers/ifupdown/renderer.ts';
import { isMarked, marker } from '../../renderers/renderer.ts';
import { allWords } from './example-plans.ts';
import { FakeKernel } from './fake-kernel.ts';
import { FakeSystem } from './fake-system.ts';
import { start } from './life-acts.ts';
import { lifePrimary, lifeSecondaries } from './life-enis.ts';
import type { Life } from './life-ledger.ts';

const groupPath = '/etc/udev/rules.d/70-eni-agent-primary.rules';
const groupRule = `# ${marker}
# Puts the primary into link group 28000. A VLAN or a bridge has the same MAC, and no driver.
ACTION=="add", SUBSYSTEM=="net", DRIVERS=="?*", ATTR{address}=="${lifePrimary.mac}", ATTR{netdev_group}="28000"
`;

/** Ends every fault, takes away what keeps the agent from an ENI, and brings links and cloud together. */
export async function heal(life: Life): Promise<void> {
  const { machine, ledger, claims } = life;
  const { system, cloud } = machine;
  machine.killInNextApply(undefined);
  system.heal();
  cloud.faults = [];
  for (const path of claims) {
    system.files.delete(path);
    ledger.files.delete(path);
  }
  system.kernel.routes = system.kernel.routes.filter(r => !ledger.defaults.includes(r));
  for (const eni of lifeSecondaries) {
    const link = machine.linkOf(eni);
    if (cloud.isAttached(eni) && link === undefined) machine.plug(eni, `new${eni.number}`);
    if (!cloud.isAttached(eni) && link !== undefined) system.kernel.removeLink(link);
  }
  ledger.forgetGone();
  if (life.config.broken) machine.writeConfig(life.config.ignored, false);
  life.config.broken = false;
  await start(life);
}

/** What is not as it should be; empty when the machine is at rest. */
export async function restFaults(life: Life): Promise<readonly string[]> {
  const { system, cloud } = life.machine;
  const provider = providerNamed(cloud.provider);
  const instance = provider.parse(await provider.read(cloud.honest()));
  const plan = await planOf(life, instance);
  return [
    ...(await kernelFaults(life, plan)),
    ...(await fileFaults(life, plan)),
    ...groupFaults(life, plan),
    ...(await stateFaults(life, plan, instance)),
    ...reportFaults(life, plan),
    ...system.unknown.map(command => `not modelled: ${command}`),
  ];
}

async function planOf({ machine: { system } }: Life, instance: Instance): Promise<NetworkPlan> {
  const kernel = await readKernelState(system);
  const { links, addresses } = kernel;
  const { slots } = await readState(system);
  const { plan } = planNetwork({
    instance,
    links,
    addresses,
    settings: await readSettings(system),
    // Which number an ENI has is its history; that they are sound the plan's own checks tell.
    keptSlots: new Map(Object.entries(slots)) as never,
    occupiedSlots: new Set(),
    leases: new Map(),
    learnedSubnets: new Map(),
    words: allWords,
    mainRoutes: mainRoutesOfOthers(kernel),
    claims: new Map(),
  });
  return plan;
}

async function kernelFaults(life: Life, plan: NetworkPlan): Promise<readonly string[]> {
  const { machine, ledger } = life;
  const { kernel } = machine.system;
  const state = await readKernelState(machine.system);
  const others = new FakeSystem();
  // An address of others that was on a link which had to be taken down may be there still, or not.
  const addresses = kernel.addresses.filter(a => a.ip.startsWith('198.19.'));
  others.kernel = Object.assign(new FakeKernel(), ledger.foreign, { links: kernel.links, addresses });
  const isObject = (line: string) => /^(address|route|rule) /.test(line);
  const foreign = new Set(normalFormOfKernel(await readKernelState(others), plan).filter(isObject));
  const tables = new Set(plan.enis.map(e => e.table));
  const links = new Set(plan.enis.map(e => e.link));
  // What was taken from an ENI after its link was renamed and before we noticed may stay under the new name: only the old one is known.
  const strays = new Set([...life.renamed].map(eni => machine.linkOf(eni)));
  return [
    ...diffNormalForms(normalFormOfPlan(plan), normalFormOfKernel(state, plan, { foreign })).filter(
      line => !(line.startsWith('+ address ') && strays.has(line.split(' ')[2])),
    ),
    ...kernel.routes
      .filter(r => r.table >= 28_000 && r.table < 28_256 && !tables.has(r.table) && !strays.has(r.link))
      .map(r => `+ route of nobody: ${JSON.stringify(r)}`),
    ...kernel.addresses
      .filter(
        a =>
          machine.isSecondary(a.link) && !links.has(a.link) && !addresses.includes(a) && !strays.has(a.link),
      )
      .map(a => `+ address of nobody: ${a.ip} on ${a.link}`),
  ];
}

async function fileFaults({ machine: { system } }: Life, plan: NetworkPlan): Promise<readonly string[]> {
  const rendered = ifupdown.render(plan.enis, await readHostFacts(system));
  const wanted = new Map(rendered.map(f => [f.path, f.content]));
  if (plan.enis.length > 0) wanted.set(groupPath, groupRule);
  const found = [...system.files].filter(
    ([path, { content }]) => path.startsWith('/etc/') && isMarked(content),
  );
  return [
    ...found
      .filter(([path, { content }]) => wanted.get(path) !== content)
      .map(([path]) => `wrong file ${path}`),
    ...[...wanted.keys()].filter(path => !system.files.has(path)).map(path => `no file ${path}`),
    ...[...system.files.keys()]
      .filter(
        path => path === checkpointPath || path.includes('.eni-agent.tmp') || path.includes('/triggers/'),
      )
      .map(path => `left behind: ${path}`),
  ];
}

/** The primary is in its group for as long as there is an ENI, and no longer. */
function groupFaults({ machine: { system } }: Life, plan: NetworkPlan): readonly string[] {
  const wanted = plan.enis.length > 0 ? 28_000 : 0;
  const { group } = system.kernel.link('eth0');
  return group === wanted ? [] : [`the primary is in group ${group}, not in ${wanted}`];
}

async function stateFaults(
  { machine: { system } }: Life,
  plan: NetworkPlan,
  instance: Instance,
): Promise<readonly string[]> {
  const state = await readState(system);
  const sorted = (list: readonly { readonly mac: string }[]) =>
    JSON.stringify(list.toSorted((a, b) => (a.mac < b.mac ? -1 : 1)));
  const differs = (what: string, a: unknown, b: unknown) =>
    a === b ? [] : [`${what} of the state file: ${a}, should be ${b}`];
  return [
    ...differs('the instance', state.instanceId, instance.instanceId),
    ...differs('lastGood', sorted(state.lastGood), sorted(instance.enis)),
    ...differs('applied', sorted(state.applied), sorted(plan.enis)),
    ...differs('slots', new Set(Object.values(state.slots)).size, Object.keys(state.slots).length),
  ];
}

function reportFaults({ machine: { daemon } }: Life, plan: NetworkPlan): readonly string[] {
  if (daemon === undefined) return ['no daemon'];
  const { mood, error, brake, configProblem, enis, waitingFor, problems } = daemon.report();
  const working = enis.filter(e => e.state === 'working').map(e => e.mac);
  const should = plan.enis.map(e => e.mac);
  return [
    ...(mood === 'quiet' || mood === 'watchful' ? [] : [`the mood is ${mood}: ${waitingFor.join('; ')}`]),
    ...(error === null ? [] : [`the report has an error: ${error.message}`]),
    ...(brake === null ? [] : [`the brake is on: ${brake.text}`]),
    ...(working.toSorted().join() === should.toSorted().join()
      ? []
      : [`working are ${working}, not ${should}`]),
    ...(configProblem === null ? [] : [`the configuration is wrong: ${configProblem.message}`]),
    ...problems,
  ];
}
