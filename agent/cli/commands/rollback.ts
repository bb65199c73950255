// `eni-agent rollback`: takes the last change back, once.
import { checkpointPath, lastChangePath, readCheckpoint, writeCheckpoint } from '../../apply/checkpoint.ts';
import { fingerprint } from '../../apply/fingerprint.ts';
import { reloadRemedy } from '../../apply/netplan/loaded.ts';
import { rollBack } from '../../apply/rollback.ts';
import { isOfThisMachine, readState, writeState } from '../../apply/state-file.ts';
import { AgentError } from '../../errors.ts';
import { withLock } from '../../pass/lock.ts';
import { applyContext, readMachine } from '../../pass/machine.ts';
import { type CliCommand, exitCodes } from '../command.ts';

export const rollback: CliCommand = {
  name: 'rollback',
  summary: 'undo the last change: files, kernel and state as they were before it',
  description: `
Rolls back the last change, whether the daemon, "eni-agent once" or "eni-agent remove" made it, and
verifies that. The same plan is then not applied again, until the metadata or the configuration asks
for something else, or until "eni-agent once --force". Also finishes a rollback that failed.`,
  options: {},
  examples: ['eni-agent rollback'],
  needsRoot: true,
  async run(context) {
    const { system } = context;
    const settings = await context.settings();
    const log = await context.log(settings);
    const taken = await withLock(system, async () => {
      const interrupted = await readCheckpoint(system, checkpointPath);
      const change = interrupted ?? (await readCheckpoint(system, lastChangePath));
      if (change === undefined)
        throw new AgentError('nothing-to-roll-back', 'there is no change to roll back');
      const state = await readState(system);
      // On a machine made of another one's disk the first change took that one's addresses away: they are not to come back.
      if (interrupted === undefined && !isOfThisMachine(change.stateBefore, state.instanceId))
        throw new AgentError(
          'nothing-to-roll-back',
          `the last change replaced the configuration of another instance, ${change.stateBefore.instanceId}, from whose disk this one was made`,
        );
      const refused = await fingerprint(state.applied);
      const machine = await readMachine(
        { system, settings, log },
        { backend: () => change.backend, touch: true },
      );
      // From here on a crash is an interrupted apply like any other: the next start takes it back.
      await writeCheckpoint(system, change);
      const apply = applyContext({ system, settings, log }, machine);
      await rollBack(
        apply,
        change,
        new AgentError('verify-failed', `the change of ${change.time} was to be rolled back`),
      );
      if (machine.reloadHazard !== undefined)
        log.warn(
          { reason: machine.reloadHazard },
          `rolled back in the kernel, without a reload of the network service; ${reloadRemedy}`,
        );
      await writeState(system, { ...change.stateBefore, refused });
      await system.removeFile(lastChangePath);
      return change;
    });
    const files = taken.files.map(f => f.path);
    if (context.json)
      context.print(`${JSON.stringify({ version: 1, rolledBack: taken.time, files }, null, 2)}\n`);
    else
      context.print([`Rolled back the change of ${taken.time}:`, ...files.map(f => `  ${f}`), ''].join('\n'));
    return exitCodes.done;
  },
};
