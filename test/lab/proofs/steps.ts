// The three things that a network service must do with our files: load them at boot, take them in while the machine runs, and let
// go of them. Each is done in the order of apply/transaction.ts, and what the kernel has afterwards is written down.
import { differencesOf } from '../../../agent/apply/eni-changes.ts';
import { type Batch, removals, runBatches } from '../../../agent/apply/live.ts';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../../agent/apply/normal-form.ts';
import { primaryGroupCommands } from '../../../agent/apply/primary/group.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import type { EniChange, Phase, RenderedFile, Renderer } from '../../../renderers/renderer.ts';
import type { RecordedStep } from '../../support/recorded-proofs.ts';
import { waitFor } from '../command.ts';
import { dhcpNameServer } from '../dhcp-server.ts';
import { countEvents } from '../event-counter.ts';
import type { Guest } from '../guest.ts';
import { failedPings, pingMatrix } from '../ping-matrix.ts';
import type { VpcEni } from '../vpc-spec.ts';
import { kernelOfGuest, putFile, readResolvConf, removeFile, runProgram, viewOf } from './proof-guest.ts';

export interface Subject {
  readonly renderer: Renderer;
  readonly facts: HostFacts;
  readonly plan: NetworkPlan;
  readonly files: readonly RenderedFile[];
  /** The program of the tree that boots the network. */
  readonly boot: readonly string[];
}

/** The rest of a recorded step; what has no place at boot is empty. */
type Seen = Pick<RecordedStep, 'commands' | 'milliseconds' | 'normalForm' | 'help' | 'normalFormAfterHelp'>;

const nothing: NetworkPlan = { primaryLink: 'eth0', enis: [], skipped: [] };
const waitMs = 30_000;
/** How long a form with nothing missing, but something too much, must stay the same to be taken for the last one. */
const stableMs = 3000;
/** Whoever listens to router advertisements hears one in this time (the lab's router sends every 4 s), and daemons have second thoughts. */
const lingerMs = 5000;

/** Our files are there when the network comes up. */
export async function bootStep(guest: Guest, subject: Subject): Promise<RecordedStep> {
  for (const file of subject.files) await putFile(guest, file);
  await groupPrimary(guest, subject.plan);
  const start = Date.now();
  const commands = [await runCommand(guest, 'boot', subject.boot)];
  await awaitForm(guest, subject.plan);
  const milliseconds = Date.now() - start;
  const seen = { commands, milliseconds, normalForm: await readLater(guest, subject.plan), help: [] };
  return { name: 'boot', ...seen, primaryEvents: [], ...(await afterwards(guest, subject.plan)) };
}

/** The network comes up without our files; the primary has to answer before anything is tried. */
export async function bootBare(guest: Guest, subject: Subject): Promise<void> {
  await runCommand(guest, 'boot', subject.boot);
  const has = async () =>
    (await kernelOfGuest(guest.vpc)).addresses.some(a => a.link === 'eth0' && a.family === 4);
  if (!(await waitFor(has, waitMs))) throw new Error('the tree did not bring up eth0');
}

/** The files arrive while the machine runs, as in an apply. */
export function activateStep(guest: Guest, subject: Subject): Promise<RecordedStep> {
  const changes = subject.plan.enis.map(after => ({ kind: 'added' as const, after }));
  return changeStep(guest, subject, 'activate', changes);
}

/** They go again: nothing of ours may stay, but the links may be up. */
export function removeStep(guest: Guest, subject: Subject): Promise<RecordedStep> {
  const changes = subject.plan.enis.map(before => ({ kind: 'removed' as const, before, linkPresent: true }));
  return changeStep(guest, subject, 'remove', changes);
}

async function changeStep(
  guest: Guest,
  subject: Subject,
  name: 'activate' | 'remove',
  changes: readonly EniChange[],
): Promise<RecordedStep> {
  const { result, events } = await countEvents(guest.vpc, () => change(guest, subject, name, changes), {
    settle: ['eth0'],
  });
  // The time stamp says nothing.
  const primaryEvents = events.of('eth0').map(line => line.replace(/^\[[^\]]*\] */, ''));
  const wanted = name === 'remove' ? nothing : subject.plan;
  return { name, ...result, primaryEvents, ...(await afterwards(guest, wanted, name === 'remove')) };
}

/**
 * The link group of the primary as these ENIs want it: at boot udev sets it, of which there is none here, in an apply the agent does. By the
 * lab's own `ip`, since that of an old tree may not know the word.
 */
async function groupPrimary({ vpc }: Guest, { primaryLink, enis }: NetworkPlan): Promise<void> {
  const { joins, releases } = primaryGroupCommands(await kernelOfGuest(vpc), {
    primaryLink,
    enis,
    base: 28000,
  });
  for (const command of [...joins, ...releases]) {
    const { exitCode, stderr } = await viewOf(vpc).run(command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.trim()}`);
  }
}

async function change(
  guest: Guest,
  subject: Subject,
  name: 'activate' | 'remove',
  changes: readonly EniChange[],
): Promise<Seen> {
  const { renderer, facts, files } = subject;
  const wanted = name === 'remove' ? nothing : subject.plan;
  const commands: string[] = [];
  const runPhase = async (phase: Phase) => {
    for (const command of renderer.activate(changes, facts).filter(c => c.phase === phase))
      commands.push(await runCommand(guest, phase, command.argv, command.mayFail));
  };
  const start = Date.now();
  if (name === 'activate') await runPhase('validate');
  await groupPrimary(guest, subject.plan);
  await runPhase('before-write');
  for (const file of files) await (name === 'activate' ? putFile(guest, file) : removeFile(guest, file.path));
  await runPhase('after-write');
  await awaitForm(guest, wanted, subject.plan);
  const milliseconds = Date.now() - start;
  // It goes after the last rule that asks for it.
  await groupPrimary(guest, wanted);
  const normalForm = await readLater(guest, wanted, subject.plan);
  const help = removals(
    differencesOf(await kernelOfGuest(guest.vpc), changes, { base: 28000, ruleProtocol: false }),
  );
  if (help.length === 0) return { commands, milliseconds, normalForm, help: [] };
  await runBatches(viewOf(guest.vpc), help, true);
  const normalFormAfterHelp = await readForm(guest, wanted, subject.plan);
  return { commands, milliseconds, normalForm, help: help.flatMap(lines), normalFormAfterHelp };
}

function lines(batch: Batch): readonly string[] {
  return batch.lines.map(line => `ip -${batch.family} ${line}`);
}

async function runCommand(
  guest: Guest,
  phase: string,
  argv: readonly string[],
  mayFail = false,
): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(guest, argv);
  const words = `${phase}: ${argv.join(' ')}`;
  if (exitCode === 0) return words;
  console.log(`    ${words}: exit ${exitCode}\n${`${stdout}${stderr}`.trim().slice(-2000)}`);
  return `${words} (exit ${exitCode}${mayFail ? ', may fail' : ''})`;
}

/** Until the kernel is as planned, at most 30 s. */
async function awaitForm(guest: Guest, wanted: NetworkPlan, before: NetworkPlan = nothing): Promise<void> {
  const planned = normalFormOfPlan(wanted);
  let form = '';
  let since = Date.now();
  await waitFor(
    async () => {
      const now = await readForm(guest, wanted, before);
      if (now.join('\n') !== form) since = Date.now();
      form = now.join('\n');
      const differences = diffNormalForms(planned, now);
      if (differences.length === 0) return true;
      return Date.now() - since > stableMs && !differences.some(d => d.startsWith('- '));
    },
    waitMs,
    50,
  );
}

async function readLater(guest: Guest, wanted: NetworkPlan, before: NetworkPlan = nothing) {
  await new Promise(resolve => setTimeout(resolve, lingerMs));
  return readForm(guest, wanted, before);
}

async function readForm(guest: Guest, wanted: NetworkPlan, before: NetworkPlan): Promise<readonly string[]> {
  return normalFormOfKernel(await kernelOfGuest(guest.vpc), wanted, { before });
}

/** Whether everything answers (after a removal: the primary), and whose name servers are in use. No service may touch the primary's link group. */
async function afterwards(
  guest: Guest,
  { primaryLink, enis }: NetworkPlan,
  primaryOnly = false,
): Promise<Pick<RecordedStep, 'failedPings' | 'leasedNameServers'>> {
  const kernel = await kernelOfGuest(guest.vpc);
  const { joins, releases } = primaryGroupCommands(kernel, { primaryLink, enis, base: 28000 });
  const group = [...joins, ...releases].map(words => words.join(' '));
  if (group.length > 0) throw new Error(`the primary has left its link group: ${group.join('; ')}`);
  const { addresses } = kernel;
  const has = (eni: VpcEni, ip: string) => addresses.some(a => a.link === eni.link && a.ip === ip);
  const pick = (eni: VpcEni, ip: string) => (eni.link === 'eth0' ? has(eni, ip) : !primaryOnly);
  const pings = failedPings(await pingMatrix(guest, { pick }));
  const secondaries = [...guest.vpc.enis.values()].filter(eni => eni.link !== 'eth0');
  const text = await readResolvConf(guest);
  return {
    failedPings: pings,
    leasedNameServers: secondaries.map(dhcpNameServer).filter(server => text.includes(server)),
  };
}
