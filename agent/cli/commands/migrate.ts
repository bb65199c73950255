// `eni-agent migrate`: from multi-nic-util to this program, and back.

import { AgentError } from '../../errors.ts';
import { performMigration, undoMigration } from '../../migrate/perform.ts';
import { type MigrationRecord, migrationFolder, readRecord, writeRecord } from '../../migrate/record.ts';
import { agentUnit, recordOf, rulesOfOthers, type Survey, surveyMigration } from '../../migrate/survey.ts';
import { withLock } from '../../pass/lock.ts';
import type { PassContext } from '../../pass/pass.ts';
import { readUnits, systemctl } from '../../system/units.ts';
import { type CliCommand, type CommandContext, exitCodes, metadataOptions } from '../command.ts';
import { describeMigration, migrationJson } from '../describe-migration.ts';
import { asLines } from '../layout.ts';

export const migrate: CliCommand = {
  name: 'migrate',
  summary: 'replace multi-nic-util (eni.service): show what would be done, do it, or undo it',
  description: `
Looks for multi-nic-util of Alibaba Cloud and shows what a migration would do: which of its files
are moved away, which ENIs are taken over, a diff of the files, and the commands. Changes nothing.

With --apply it stops eni.service, moves those files to ${migrationFolder},
configures the ENIs, verifies that, and starts eni-agent. A link that is taken over is down in
between. If this fails before eni-agent is started, the migration is rolled back. Files that belong
to a package, and those of the primary ENI, stay where they are. --undo puts the files and the
service back, and says what it could not restore.

Exit code 0: nothing to do, or done. 2: something is pending or needs attention. 1: failed.`,
  options: {
    ...metadataOptions,
    apply: { type: 'boolean', help: 'migrate now' },
    undo: { type: 'boolean', help: 'undo the migration: put back the files, the service and the ENIs' },
  },
  examples: ['eni-agent migrate', 'eni-agent migrate --apply', 'eni-agent migrate --undo'],
  needsRoot: true,
  changes: true,
  async run(context, values) {
    if (values.apply === true && values.undo === true)
      throw new AgentError('usage', 'migrate: --apply and --undo cannot be used together');
    const settings = await context.settings();
    const log = await context.log(settings);
    const pass: PassContext = { system: context.system, settings, log, by: 'migrate' };
    if (values.undo === true) return undo(context, pass);
    const survey = await surveyMigration(pass);
    if (values.apply === true && (survey.files.length > 0 || survey.record?.phase === 'applying'))
      return apply(context, pass, survey);
    return report(context, survey, survey.files.length > 0 ? 'pending' : restOf(survey));
  },
};

/** Of a machine on which nothing is left to move. */
function restOf({ record }: Survey): 'nothing' | 'interrupted' | 'done' {
  if (record === undefined) return 'nothing';
  return record.phase === 'done' ? 'done' : 'interrupted';
}

async function apply(context: CommandContext, pass: PassContext, survey: Survey): Promise<number> {
  const { system } = context;
  if (survey.record?.phase === 'undoing')
    throw new AgentError('usage', 'migrate: an earlier --undo was interrupted', {
      hint: '"eni-agent migrate --undo" finishes it; then --apply can start again',
    });
  const { record, result } = await withLock(system, async () => {
    const begun = await recordOf(pass, survey);
    return { record: begun, result: await performMigration(pass, begun) };
  });
  // Without the lock: the daemon's first pass needs it.
  if (survey.agent !== undefined) await systemctl(system, 'start', agentUnit);
  await writeRecord(system, { ...record, phase: 'done' });
  const after = { pass: result, links: record.links, leftRules: rulesOfOthers(result) };
  return report(context, { ...survey, ...after }, 'applied');
}

async function undo(context: CommandContext, pass: PassContext): Promise<number> {
  const { system } = context;
  const record = await readRecord(system);
  if (record === undefined)
    throw new AgentError('nothing-to-roll-back', 'there is no migration to undo', {
      hint: '"eni-agent migrate" shows whether there is anything to migrate',
    });
  const agent = (await readUnits(system, [agentUnit])).get(agentUnit);
  // Before the lock, which a pass of it may hold.
  if (agent !== undefined) await systemctl(system, 'stop', agentUnit);
  const problems = await withLock(system, () => undoMigration(pass, record, { takeOff: true }));
  if (agent !== undefined && record.agent?.active === true) await systemctl(system, 'start', agentUnit);
  printUndone(context, record, problems);
  return problems.length > 0 ? exitCodes.attention : exitCodes.done;
}

function printUndone(context: CommandContext, record: MigrationRecord, problems: readonly string[]): void {
  const files = record.files.map(f => f.path);
  if (context.json) {
    const undone = { version: 1, outcome: 'undone', restored: files, degraded: problems };
    context.print(`${JSON.stringify(undone, null, 2)}\n`);
    return;
  }
  const lines = [`Undid the migration of ${record.time}:`, ...files.map(f => `  ${f}`)];
  context.print(`${asLines([...lines, ...problems.map(p => `warning: ${p}`), '']).join('\n')}`);
}

function report(
  context: CommandContext,
  survey: Survey,
  outcome: Parameters<typeof migrationJson>[1],
): number {
  const json = migrationJson(survey, outcome);
  if (context.json) context.print(`${JSON.stringify(json, null, 2)}\n`);
  else context.print(`${asLines(describeMigration(survey, outcome, context)).join('\n')}\n`);
  const isFine = outcome !== 'pending' && outcome !== 'interrupted' && json.degraded.length === 0;
  return isFine ? exitCodes.done : exitCodes.attention;
}
