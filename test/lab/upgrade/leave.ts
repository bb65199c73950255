// Makes a machine that today's agent has configured one that the version before it has: its files, its state, and after a boot its rules in the
// kernel. The files are today's renderer's for the rules of then, so that nothing but the rules is another thing.
import { planOfToday } from '../../../agent/apply/earlier-plans.ts';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../../agent/apply/normal-form.ts';
import { type State, statePath } from '../../../agent/apply/state-file.ts';
import type { Cidr } from '../../../agent/model/address.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { EniPlan, NetworkPlan } from '../../../agent/model/network-plan.ts';
import { kernelProbeFile } from '../../../agent/system/kernel/probe.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import type { AgentHost } from '../agent-host.ts';
import { waitFor } from '../command.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from '../guest-files.ts';
import { rebootGuest } from '../guest-power.ts';
import type { ImageName } from '../images.ts';
import { kernelOfGuest } from '../proofs/proof-guest.ts';
import { type EarlierPlan, firstEdition } from './first-edition.ts';

export const groupRule = '/etc/udev/rules.d/70-eni-agent-primary.rules';

/** Of the guest's tree, as far as a renderer asks for them. */
const versions = {
  bookworm: {
    ifupdown: '0.8.41',
    iproute2: '6.1.0',
    kernel: '6.1.0',
    netplan: '0.106',
    networkmanager: '1.42.4',
    systemd: '252',
  },
  trixie: {
    ifupdown: '0.8.44',
    iproute2: '6.15.0',
    kernel: '6.12.0',
    netplan: '1.1.2',
    networkmanager: '1.52.1',
    systemd: '257',
  },
};
export type UpgradeSuite = keyof typeof versions;

export function readApplied(host: AgentHost): State {
  return JSON.parse(readGuestFile(host.guest, statePath) ?? '{}') as State;
}

export function planOf(enis: readonly EniPlan[]): NetworkPlan {
  return { primaryLink: 'eth0', enis, skipped: [] };
}

/** What the kernel has and the plan has not, and the other way round. */
export async function differences(host: AgentHost, plan: NetworkPlan): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  const wanted = normalFormOfPlan(plan);
  await waitFor(async () => {
    lines = diffNormalForms(wanted, normalFormOfKernel(await kernelOfGuest(host.vpc), plan));
    return lines.length === 0;
  }, 10_000);
  return lines;
}

/** @returns the plans as the version before had them */
export async function leaveFirstEdition(
  host: AgentHost,
  image: ImageName,
  suite: UpgradeSuite,
): Promise<NetworkPlan> {
  const { guest, vpc } = host;
  const facts: HostFacts = { ...factsForBackend(image), versions: versions[suite] };
  const render = (enis: readonly EniPlan[]) => renderers[image].render(enis, facts);
  const state = readApplied(host);
  const ofPrimary: readonly Cidr[] = [...vpc.enis.values()][0]!.subnets.map(s => s.subnet);
  const earlier: readonly EarlierPlan[] = state.applied.map(plan => firstEdition(plan, ofPrimary));
  const before = earlier.map(plan => planOfToday(plan as unknown as EniPlan));
  for (const { path, content } of render(state.applied)) {
    // The facts fit this guest, if its files are the same.
    if (readGuestFile(guest, path) !== content)
      throw new Error(`${path} is not what these facts make:\n${readGuestFile(guest, path)}\n${content}`);
    removeGuestFile(guest, path);
  }
  removeGuestFile(guest, groupRule);
  for (const { path, content, mode } of render(before)) writeGuestFile(guest, path, content, mode);
  writeGuestFile(guest, statePath, `${JSON.stringify({ ...state, applied: earlier }, null, 1)}\n`);
  // What the version before has asked the kernel in this boot: nothing about groups.
  const { suppressGroup: _, ...probe } = JSON.parse(readGuestFile(guest, kernelProbeFile) ?? '{}');
  await rebootGuest(guest);
  writeGuestFile(guest, kernelProbeFile, JSON.stringify(probe));
  return planOf(before);
}
