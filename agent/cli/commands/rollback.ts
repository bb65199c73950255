// `eni-agent rollback`: takes the last change back, once.
import { eniOf } from '../../../renderers/renderer.ts';
import { checkpointPath, inverse, lastChangePath, writeCheckpoint } from '../../apply/checkpoint.ts';
import { fingerprint } from '../../apply/fingerprint.ts';
import { noteChange } from '../../apply/log/note-change.ts';
import { reloadRemedy } from '../../apply/netplan/loaded.ts';
import { rollBack } from '../../apply/rollback.ts';
import { statePath, writeState } from '../../apply/state-file.ts';
import { AgentError } from '../../errors.ts';
import { withFields } from '../../log.ts';
import { clockTime } from '../../model/time-text.ts';
import { describeReverted, previewRollback, readLastChange } from '../../pass/last-change.ts';
import { withLock } from '../../pass/lock.ts';
import { applyContext, type MachineContext, readMachine } from '../../pass/machine.ts';
import { putUnusableAside } from '../../pass/records/put-aside.ts';
import { type CliCommand, type CommandContext, exitCodes } from '../command.ts';
import { settingsInForce } from '../configuration.ts';
import { bold, describeCommands, describeFiles, yellow } from '../describe.ts';
import { asLines, fold } from '../layout.ts';
import { octal } from '../pass-json.ts';

export const rollback: CliCommand = {
  name: 'rollback',
  summary: 'undo the last change: files, kernel and state as they were before it',
  description: `
Rolls back the last change, whether the daemon, "eni-agent once" or "eni-agent remove" made it, and
verifies that. The same plan is then not applied again, until the metadata or the configuration asks
for something else, or until "eni-agent once --force". Also finishes a rollback that failed.

With --dry-run it shows what it would do to the machine as it is now, and changes nothing.

Exit code 0: rolled back. 2: with --dry-run, there is something to roll back. 1: failed, or there is
nothing to roll back.`,
  options: {
    'dry-run': { type: 'boolean', help: 'show files, kernel objects and commands; change nothing' },
  },
  examples: ['eni-agent rollback --dry-run', 'eni-agent rollback'],
  needsRoot: true,
  withoutRoot: '"eni-agent status" shows the state of the ENIs without root',
  changes: true,
  async run(context, values) {
    const { system } = context;
    const settings = await settingsInForce(context);
    const log = withFields(await context.log(settings), { trigger: 'rollback' });
    if (values['dry-run'] === true) return preview(context, { system, settings, log });
    const taken = await withLock(system, async () => {
      await putUnusableAside({ system, log }, [statePath, checkpointPath, lastChangePath]);
      const { change, state } = await readLastChange(system);
      const refused = state.wanted ?? (await fingerprint(state.applied));
      const machine = await readMachine(
        { system, settings, log },
        { backend: () => change.backend, touch: true },
      );
      // From here on a crash is an interrupted apply like any other: the next start takes it back.
      await writeCheckpoint(system, change);
      const apply = applyContext({ system, settings, log, by: 'rollback' }, machine);
      const wish = new AgentError('verify-failed', `the change of ${change.time} was to be rolled back`);
      const reverted = inverse(change, () => true);
      await rollBack(apply, change, wish).catch(async error => {
        await noteChange(apply, { ...reverted, result: 'rollback-failed', error });
        throw error;
      });
      if (machine.reloadHazard !== undefined)
        log.warn(
          { reason: machine.reloadHazard },
          `rolled back in the kernel, without a reload of the network service; ${reloadRemedy}`,
        );
      await writeState(system, { ...change.stateBefore, refused });
      await system.removeFile(lastChangePath);
      await noteChange(apply, { ...reverted, result: 'rolled-back-by-hand' });
      return change;
    });
    const files = taken.files.map(f => f.path);
    if (context.json)
      context.print(`${JSON.stringify({ version: 1, rolledBack: taken.time, files }, null, 2)}\n`);
    else context.print(`${fold(doneLines(clockTime(taken.time), files), context).join('\n')}\n`);
    return exitCodes.done;
  },
};

function doneLines(time: string, files: readonly string[]): readonly string[] {
  return [
    `Rolled back the change of ${time}${files.length === 0 ? '.' : ':'}`,
    ...files.map(path => `  ${path}`),
    'It is not applied again by itself until the plan changes; "eni-agent once --force" applies it.',
  ];
}

async function preview(context: CommandContext, by: MachineContext): Promise<number> {
  const { change } = await readLastChange(by.system);
  const seen = await previewRollback(by, change);
  if (context.json) {
    const enis = seen.enis.map(({ change: inverted, added, removed }) => {
      const { eniId, mac, link } = eniOf(inverted);
      return { kind: inverted.kind, eniId: eniId ?? null, mac, link, added, removed };
    });
    const files = seen.files.map(f => ({
      ...f,
      mode: octal(f.mode),
      before: f.before ?? null,
      after: f.after ?? null,
    }));
    const { kept, commands, kernelChanges: kernel } = seen;
    const document = { version: 1, wouldRollBack: change.time, enis, files, kept, commands, kernel };
    context.print(`${JSON.stringify(document, null, 2)}\n`);
    return exitCodes.attention;
  }
  const commands = describeCommands(seen);
  const lines = [
    `The change of ${clockTime(change.time)} would be rolled back:`,
    ...seen.enis.flatMap(eni => [
      `  ${describeReverted(eni)}`,
      ...eni.added.map(key => `    + ${key}`),
      ...eni.removed.map(key => `    - ${key}`),
    ]),
    ...(seen.files.length === 0 ? [] : ['', bold(context, 'Files'), ...describeFiles(seen.files, context)]),
    ...(commands.length === 0 ? [] : ['', bold(context, 'Commands'), ...commands.map(line => `  ${line}`)]),
    ...seen.kept.map(path => yellow(context, `${path} was replaced by another program; it stays`)),
    ...(seen.reloadHazard === undefined
      ? []
      : [yellow(context, `without a reload of the network service: ${seen.reloadHazard}`)]),
    '',
    'Nothing was changed; "eni-agent rollback" does this.',
  ];
  context.print(`${asLines(lines).join('\n')}\n`);
  return exitCodes.attention;
}
