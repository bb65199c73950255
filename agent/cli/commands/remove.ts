// `eni-agent remove`: everything that is ours goes, before the package goes, or before the disk becomes an image.
import { daemonLockPath } from '../../daemon/requests.ts';
import { AgentError } from '../../errors.ts';
import { withLock } from '../../pass/lock.ts';
import type { PassContext } from '../../pass/pass.ts';
import { forgetMachine, notesForImage } from '../../removal/forget-machine.ts';
import { removeAll } from '../../removal/remove-all.ts';
import { undoScript } from '../../removal/undo-script.ts';
import type { System } from '../../system/system.ts';
import { readUnits } from '../../system/units.ts';
import { type CliCommand, type CommandContext, exitCodes } from '../command.ts';

/** What would make a pass on its own account, and write all of it anew. */
const units = ['eni-agent.service', 'eni-agent-once.timer', 'eni-agent-once.path', 'eni-agent-once.service'];

export const remove: CliCommand = {
  name: 'remove',
  summary: 'remove everything that eni-agent configured on this machine',
  description: `
Removes the files that eni-agent wrote for the ENIs, and their addresses, routes and rules from the
kernel. Stop the daemon first: a running one configures the ENIs again. The primary ENI and the files
of others stay as they are. Uninstalling the package keeps the ENIs configured, unless
ENI_AGENT_REMOVE=yes is in its environment; a purge runs the script that --script printed.

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
    script: { type: 'boolean', help: 'print a shell script that does this without eni-agent' },
  },
  examples: [
    'systemctl disable --now eni-agent && eni-agent remove',
    'systemctl stop eni-agent && eni-agent remove --image',
  ],
  needsRoot: true,
  async run(context, values) {
    if (values.image === true && values.script === true)
      throw new AgentError('usage', 'remove: --image and --script cannot be used together');
    const settings = await context.settings();
    const pass: PassContext = { system: context.system, settings, log: await context.log(settings) };
    if (values.script === true) context.print(await undoScript(pass));
    else if (values.image === true) await removeForImage(context, pass);
    else {
      const removed = await removeOurs(pass);
      print(context, { removed }, describe(removed));
    }
    return exitCodes.done;
  },
};

async function removeForImage(context: CommandContext, pass: PassContext): Promise<void> {
  const { system, settings } = pass;
  const release = await holdDaemon(system);
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
  print(json ? `${JSON.stringify({ version: 1, ...result }, null, 2)}\n` : `${lines.join('\n')}\n`);
}

function describe(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return ['Found no files of eni-agent to remove.'];
  return ['Removed these files and what they configured:', ...paths.map(p => `  ${p}`)];
}

/** No daemon runs, and none can start before the release. Throws `lock-held`. */
async function holdDaemon(system: System): Promise<() => Promise<void>> {
  const states = await readUnits(system, units);
  const active = units.filter(unit => states.get(unit)?.active === true);
  if (active.length > 0)
    throw new AgentError(
      'lock-held',
      `${active.join(', ')} would configure the ENIs again before the image is made`,
      {
        hint: `systemctl stop ${active.join(' ')}; they start again on each machine made from the image`,
      },
    );
  const release = await system.lock(daemonLockPath, 0);
  if (release !== undefined) return release;
  throw new AgentError('lock-held', 'the eni-agent daemon is running and would configure the ENIs again', {
    hint: 'stop it first: "service eni-agent stop", or send it SIGTERM',
  });
}
