// `eni-agent remove`: everything that is ours goes, before the package goes, or before the disk becomes an image.

import { isDaemonAlive } from '../../daemon/liveness.ts';
import { metricsPath } from '../../daemon/metrics/file.ts';
import { readReport } from '../../daemon/report.ts';
import { daemonLockPath } from '../../daemon/requests.ts';
import { AgentError } from '../../errors.ts';
import { withLock } from '../../pass/lock.ts';
import type { PassContext } from '../../pass/pass.ts';
import { forgetMachine, notesForImage } from '../../removal/forget-machine.ts';
import { removeAll } from '../../removal/remove-all.ts';
import {
  activeStarters,
  bootStarters,
  disableCommand,
  type Stopped,
  stopCommand,
  stopStarters,
} from '../../removal/starters.ts';
import { undoScript } from '../../removal/undo-script.ts';
import type { System } from '../../system/system.ts';
import { type CliCommand, type CommandContext, exitCodes } from '../command.ts';
import { settingsInForce } from '../configuration.ts';
import { asLines } from '../layout.ts';

export const remove: CliCommand = {
  name: 'remove',
  summary: 'remove everything that eni-agent configured on this machine',
  description: `
Removes the files that eni-agent wrote for the ENIs, and their addresses, routes and rules from the
kernel. The primary ENI and the files of others stay as they are.

It refuses while the daemon, or a unit that starts passes, is active: that would configure the ENIs
again within seconds. With --stop it first stops and disables all of them, also for the next boot, and
then says how to get them back.

Uninstalling the package keeps the ENIs configured, unless ENI_AGENT_REMOVE=yes is in its
environment; a purge runs the script that --script printed.

With --image it also removes what the agent keeps about this instance: state, slots, backups (also
those of "migrate"), caches, requests and its own log file. Use it as the last step before an image
is made of the disk. The daemon starts fresh on each machine made from the image. The configuration
of eni-agent stays.

With --script it changes nothing, and prints a shell script that removes the same without eni-agent,
for a purge after the program is gone.`,
  options: {
    image: {
      type: 'boolean',
      help: 'also remove the state of this instance, before an image is made of the disk',
    },
    stop: {
      type: 'boolean',
      help: 'first stop and disable what would configure the ENIs again: the daemon and its units',
    },
    script: { type: 'boolean', help: 'print a shell script that does this without eni-agent' },
  },
  examples: ['eni-agent remove --stop', 'systemctl stop eni-agent && eni-agent remove --image'],
  needsRoot: true,
  withoutRoot: '"eni-agent status" shows the state of the ENIs without root',
  changes: true,
  async run(context, values) {
    const modes = ['image', 'script', 'stop'].filter(name => values[name] === true);
    if (modes.length > 1)
      throw new AgentError('usage', `remove: --${modes.join(' and --')} cannot be used together`);
    const settings = await settingsInForce(context);
    const log = await context.log(settings);
    const pass: PassContext = { system: context.system, settings, log, by: 'remove' };
    if (values.script === true) context.print(await undoScript(pass));
    else if (values.image === true) await removeForImage(context, pass);
    else await removeForGood(context, pass, values.stop === true);
    return exitCodes.done;
  },
};

const nothingStopped: Stopped = { stopped: [], disabled: [], undo: [] };

async function removeForGood(context: CommandContext, pass: PassContext, stop: boolean): Promise<void> {
  const { system } = pass;
  const stopped = stop ? await stopStarters(system) : nothingStopped;
  // Before the removal: should that fail, they are stopped all the same.
  if (!context.json) for (const line of describeStopped(stopped)) context.print(`${line}\n`);
  const release = await holdDaemon(system, active => ({
    why: `${active.join(', ')} would configure the ENIs again`,
    hint: '"eni-agent remove --stop" stops and disables that first',
  }));
  try {
    const removed = await removeOurs(pass);
    const meanwhile = await activeStarters(system);
    if (meanwhile.length > 0)
      throw new AgentError('lock-held', `${meanwhile.join(', ')} was started during the removal`, {
        hint: 'the ENIs may be configured again; "eni-agent remove --stop" stops and disables that first',
      });
    // Nobody writes it anew: a monitor would take its last words for those of a daemon that has died.
    if (await system.exists(metricsPath)) await system.removeFile(metricsPath);
    const notes = stop ? undoNotes(stopped) : await bootNotes(system);
    const lines = [...describe(removed), ...notes.map(note => `note: ${note}`)];
    print(context, { removed, stopped: stopped.stopped, disabled: stopped.disabled, notes }, lines);
  } finally {
    await release();
  }
}

function describeStopped({ stopped, disabled }: Stopped): readonly string[] {
  return [
    ...(stopped.length === 0 ? [] : [`Stopped ${stopped.join(', ')}.`]),
    ...(disabled.length === 0 ? [] : [`Disabled ${disabled.join(', ')}.`]),
  ];
}

function undoNotes({ undo }: Stopped): readonly string[] {
  return undo.length === 0 ? [] : [`to have the ENIs configured again: ${undo.join(' && ')}`];
}

async function bootNotes(system: System): Promise<readonly string[]> {
  const enabled = await bootStarters(system);
  if (enabled.length === 0) return [];
  const command = await disableCommand(system, enabled);
  return [`${enabled.join(', ')} will configure the ENIs again at the next boot; against that: ${command}`];
}

async function removeForImage(context: CommandContext, pass: PassContext): Promise<void> {
  const { system, settings } = pass;
  const release = await holdDaemon(system, active => ({
    why: `${active.join(', ')} would configure the ENIs again before the image is made`,
    hint: `${stopCommand(active)}; what is enabled starts again on each machine made from the image`,
  }));
  try {
    const removed = await removeOurs(pass);
    const forgotten = await withLock(system, () => forgetMachine(system));
    const notes = await notesForImage(system, settings);
    print(context, { removed, forgotten, notes }, [
      ...describe(removed),
      ...(forgotten.length === 0
        ? []
        : ['Removed the state of this instance:', ...forgotten.map(p => `  ${p}`)]),
      ...notes.map(note => `note: ${note}`),
    ]);
  } finally {
    await release();
  }
}

function removeOurs(pass: PassContext): Promise<readonly string[]> {
  return withLock(pass.system, () => removeAll(pass));
}

function print({ json, print }: CommandContext, result: object, lines: readonly string[]): void {
  print(json ? `${JSON.stringify({ version: 1, ...result }, null, 2)}\n` : `${asLines(lines).join('\n')}\n`);
}

function describe(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return ['Found no files of eni-agent to remove.'];
  return ['Removed these files and what they configured:', ...paths.map(p => `  ${p}`)];
}

/** No daemon runs, and none can start before the release. Throws `lock-held`. */
async function holdDaemon(
  system: System,
  refusal: (active: readonly string[]) => { readonly why: string; readonly hint: string },
): Promise<() => Promise<void>> {
  const active = await activeStarters(system);
  if (active.length > 0) {
    const { why, hint } = refusal(active);
    throw new AgentError('lock-held', why, { hint });
  }
  const release = await system.lock(daemonLockPath, 0);
  if (release !== undefined) return release;
  const report = await readReport(system);
  const isKnown = report !== undefined && (await isDaemonAlive(system, report));
  throw new AgentError('lock-held', 'the eni-agent daemon is running and would configure the ENIs again', {
    hint: `stop it where it was started${isKnown ? `, or with "kill ${report.pid}"` : ''}; no unit of eni-agent has started it`,
  });
}
