// `eni-agent migrate`: from multi-nic-util to this program, and back.
import { AgentError } from '../../errors.ts';
import { withLock } from '../../lock.ts';
import { performMigration, undoMigration } from '../../migrate/perform.ts';
import { type MigrationRecord, migrationFolder, readRecord, writeRecord } from '../../migrate/record.ts';
import { agentUnit, recordOf, rulesOfOthers, type Survey, surveyMigration } from '../../migrate/survey.ts';
import type { PassContext } from '../../reconcile.ts';
import { readUnits, systemctl } from '../../system/units.ts';
import { type CliCommand, type CommandContext, exitCodes, metadataOptions } from '../command.ts';
import { describeMigration, migrationJson } from '../describe-migration.ts';

export const migrate: CliCommand = {
  name: 'migrate',
  summary: 'replace multi-nic-util (eni.service): show what would be done, do it, or undo it',
  description: `
Looks for multi-nic-util of Alibaba Cloud and shows what would be done about it: which of its files
are moved aside, which ENIs are taken over, with a diff and the commands. Changes nothing.

With --apply it stops eni.service, moves those files to ${migrationFolder},
configures the ENIs and verifies that, then enables and starts eni-agent. An ENI that is taken over
is down for the moment between the two. If anything fails, all of it is undone. Files of the
distribution and the primary ENI are never touched. --undo puts everything back as it was.

Exit code 0: nothing to do, or done. 2: something is pending or needs attention. 1: failed.`,
  options: {
    ...metadataOptions,
    apply: { type: 'boolean', help: 'do it' },
    undo: { type: 'boolean', help: 'take the migration back: its files, its service, its ENIs' },
  },
  examples: ['eni-agent migrate', 'eni-agent migrate --apply', 'eni-agent migrate --undo'],
  needsRoot: true,
  async run(context, values) {
    if (values.apply === true && values.undo === true)
      throw new AgentError('usage', 'migrate: --apply and --undo exclude each other');
    const settings = await context.settings();
    const pass: PassContext = { system: context.system, settings, log: await context.log(settings) };
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
    throw new AgentError('usage', 'migrate: a migration is being undone, and was interrupted', {
      hint: '"eni-agent migrate --undo" finishes that; then --apply can begin anew',
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
    throw new AgentError('nothing-to-roll-back', 'there is no migration to take back', {
      hint: '"eni-agent migrate" shows whether there is one to do',
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
  const lines = [`Took back the migration of ${record.time}:`, ...files.map(f => `  ${f}`)];
  context.print(`${[...lines, ...problems.map(p => `warning: ${p}`), ''].join('\n')}`);
}

function report(
  context: CommandContext,
  survey: Survey,
  outcome: Parameters<typeof migrationJson>[1],
): number {
  const json = migrationJson(survey, outcome);
  if (context.json) context.print(`${JSON.stringify(json, null, 2)}\n`);
  else context.print(`${describeMigration(survey, outcome, context).join('\n')}\n`);
  const isFine = outcome !== 'pending' && outcome !== 'interrupted' && json.degraded.length === 0;
  return isFine ? exitCodes.done : exitCodes.attention;
}
