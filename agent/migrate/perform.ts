// Does a migration, and takes it back. Every step can be done again, so that a crash at any moment is mended by doing all of them once
// more, in either direction. The caller holds the lock.
import { AgentError, reasonOf } from '../errors.ts';
import type { PassContext, PassResult } from '../pass/pass.ts';
import { reconcile } from '../pass/reconcile.ts';
import { removeAll } from '../removal/remove-all.ts';
import type { System } from '../system/system.ts';
import { readUnits, systemctl } from '../system/units.ts';
import { isOurs } from './footprint.ts';
import { unitName } from './footprint-table.ts';
import { copyOf, type MigrationRecord, migrationFolder, recordPath, writeRecord } from './record.ts';
import { agentUnit } from './survey.ts';

/** ifup may wait for DHCP. */
const networkMs = 120_000;

/**
 * Copies, turns the program off, takes the links over and makes the pass. If that fails all of it is taken back, and what failed is thrown.
 *
 * @returns the pass that configured the ENIs
 */
export async function performMigration(context: PassContext, record: MigrationRecord): Promise<PassResult> {
  const { system, log } = context;
  await writeRecord(system, { ...record, phase: 'applying' });
  try {
    // Stopped first: nothing changes the files between the copy and their end.
    await stopTheirs(system, record);
    for (const { path } of record.files)
      if (await isTheirs(system, path)) await system.copy(path, copyOf(path));
    for (const { path } of record.files.filter(f => f.link === undefined)) await removeTheirs(system, path);
    for (const { path } of record.folders)
      if ((await system.listFolder(path)).length === 0) await system.removeTree(path);
    await reload(context, record);
    // Not started, but from here on a machine that loses its power comes up with the agent, which looks after its ENIs.
    if (record.agent !== undefined) await systemctl(system, 'enable', agentUnit);
    for (const link of linksOf(record)) await letGo(context, record, link);
    const pass = await reconcile(context, { apply: true, force: true });
    const lost = record.links.filter(link => !pass.desired.plan.enis.some(e => e.link === link));
    if (lost.length > 0)
      throw new AgentError(
        'verify-failed',
        `the agent leaves ${lost.join(', ')} alone: ${pass.degraded[0] ?? 'there is no plan for it'}`,
      );
    return pass;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    log.error({ reason: error.message }, 'the migration failed; rolling it back');
    const takeOff = await isTakenOver(system, record);
    const problems = await undoMigration(context, record, { takeOff }).catch(again => {
      throw new AgentError(
        'rollback-failed',
        `${error.message}; the migration could not be rolled back: ${reasonOf(again)}`,
        {
          cause: error,
          hint: `fix that, then run "eni-agent migrate --undo"; copies of all moved files are in ${migrationFolder}`,
        },
      );
    });
    for (const problem of problems) log.warn({}, problem);
    throw new AgentError(error.code, `${error.message}; the migration was rolled back`, {
      cause: error,
      hint: error.hint,
    });
  }
}

/**
 * Puts every file back as it was, starts what ran. What cannot be started again, and files of others that stand there by now, are told.
 *
 * @param options.takeOff first take everything off the machine that is the agent's
 * @returns what needs attention
 */
export async function undoMigration(
  context: PassContext,
  record: MigrationRecord,
  options: { readonly takeOff: boolean },
): Promise<readonly string[]> {
  const { system } = context;
  await writeRecord(system, { ...record, phase: 'undoing' });
  if (options.takeOff) await removeAll(context);
  // Its alias has the name of their unit.
  if (record.agent?.enabled === false) await systemctl(system, 'disable', agentUnit);
  const occupied: string[] = [];
  for (const { path } of record.files) {
    if (!(await system.exists(copyOf(path)))) continue;
    if (await isTheirs(system, path)) {
      if (await isCopied(system, path)) continue;
      occupied.push(`${path} was replaced by another file, which stays; the original is ${copyOf(path)}`);
    } else await system.copy(copyOf(path), path);
  }
  for (const { path, mode } of record.folders) {
    const now = (await system.stat(path))?.mode;
    if (now !== undefined && (now & 0o7777) !== mode) await system.run(['chmod', mode.toString(8), path]);
  }
  await reload(context, record);
  const problems = [...occupied];
  for (const link of record.links) problems.push(...(await runQuietly(system, ['ifup', link])));
  if (record.wasActive === true)
    problems.push(...(await runQuietly(system, ['systemctl', 'start', unitName])));
  // The record last: what is interrupted before is done again.
  if (occupied.length === 0) await system.removeTree(`${migrationFolder}/files`);
  await system.removeFile(recordPath);
  if (occupied.length === 0) await system.removeTree(migrationFolder);
  return problems;
}

/** After an interrupted migration the name may be gone, or lead to the agent. */
async function stopTheirs(system: System, record: MigrationRecord): Promise<void> {
  if (record.wasActive === undefined) return;
  const unit = (await readUnits(system, [unitName])).get(unitName);
  if (unit?.active === true) await systemctl(system, 'stop', unitName);
}

/** Something is there that the agent has not written. */
async function isTheirs(system: System, path: string): Promise<boolean> {
  return (await system.exists(path)) && !(await isOurs(system, path));
}

async function isCopied(system: System, path: string): Promise<boolean> {
  const same = await Promise.all(
    [path, copyOf(path)].map(async p => `${await system.readLink(p)} ${await system.readFile(p)}`),
  );
  return same[0] === same[1];
}

/** Never without a copy. */
async function removeTheirs(system: System, path: string): Promise<void> {
  if ((await isTheirs(system, path)) && (await isCopied(system, path))) await system.removeFile(path);
}

/** Ours stands where theirs was. */
async function isTakenOver(system: System, record: MigrationRecord): Promise<boolean> {
  for (const { path, link } of record.files)
    if (link !== undefined && (await system.exists(path)) && (await isOurs(system, path))) return true;
  return false;
}

function linksOf(record: MigrationRecord): readonly string[] {
  return [...new Set(record.files.flatMap(f => f.link ?? []))];
}

/**
 * The service takes the link down by the old files, which ends their DHCP client: left alone it would take the address away when its
 * lease ends. From here to the end of the pass the ENI is down.
 */
async function letGo({ system }: PassContext, record: MigrationRecord, link: string): Promise<void> {
  const paths = record.files.filter(f => f.link === link).map(f => f.path);
  const left = await Promise.all(paths.map(path => isTheirs(system, path)));
  if (!left.includes(true)) return;
  // It ends with 1 where the client had died before (initscripts 9.49), and has taken the link down all the same.
  if (record.links.includes(link)) await system.run(['ifdown', link], { timeoutMs: networkMs });
  // ifcfg-LINK, the first, goes last: after a crash in between ifdown needs it once more.
  for (const path of paths.toReversed()) await removeTheirs(system, path);
}

async function reload({ system }: PassContext, record: MigrationRecord): Promise<void> {
  const has = (pattern: RegExp) => record.files.some(f => pattern.test(f.path));
  if (has(/\/systemd\/system\//) && record.wasActive !== undefined) await systemctl(system, 'daemon-reload');
  // udev looks at its folders by itself as well, only not at once; where it does not run there is nothing to tell.
  if (has(/\/rules\.d\//)) await system.run(['udevadm', 'control', '--reload-rules']);
}

async function runQuietly(system: System, argv: readonly [string, ...string[]]): Promise<readonly string[]> {
  const { exitCode, stderr } = await system.run(argv, { timeoutMs: networkMs });
  if (exitCode === 0) return [];
  return [
    `"${argv.join(' ')}" failed (exit ${exitCode}): ${stderr.trim().split('\n').at(-1) || 'no output'}`,
  ];
}
