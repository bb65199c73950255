// Has the packets of published ports marked, and ends it. What is there is told by loaded.ts; a failure changes no ENI, and the next pass tries it
// again.
import type { EniPlan } from '../../model/network-plan.ts';
import type { System } from '../../system/system.ts';
import type { ApplyContext } from '../apply-context.ts';
import { missingOf, readNote } from './loaded.ts';
import { marksOf } from './marks.ts';
import { chain, nftTable, notePath, publishedScript, scriptPath, toolFolders } from './script.ts';

/** A firewall tool that hangs must not hold up what else a pass does. */
export const timeoutMs = 10_000;

type Settler = Pick<ApplyContext, 'system' | 'log'>;
export type Argv = readonly [string, ...string[]];

/**
 * What would be run: nothing where all is there, and on a machine that has never had it.
 *
 * @param enis all that are configured, those that are held too
 * @param isNew the script is about to be another one
 */
export async function publishedCommands(
  system: System,
  enis: readonly EniPlan[],
  isNew: boolean,
): Promise<readonly Argv[]> {
  const marks = marksOf(enis);
  if (marks.length === 0) return endCommands(system);
  const isDone = !isNew && (await missingOf(system, marks)).length === 0;
  return isDone ? [] : [['sh', scriptPath]];
}

/** Where nothing on the machine can mark packets, before the script is run in vain: a line for `degraded`. */
export async function lackingTools(system: System, enis: readonly EniPlan[]): Promise<readonly string[]> {
  if (marksOf(enis).length === 0) return [];
  const programs = ['nft', 'iptables'].flatMap(name => toolFolders.map(folder => `${folder}/${name}`));
  const present = await Promise.all(programs.map(program => system.exists(program)));
  return present.includes(true)
    ? []
    : [
        'published-ports: there is neither nft nor iptables to mark packets with; install nftables or iptables',
      ];
}

/** By what the script has noted; after a boot there is nothing to end. */
async function endCommands(system: System): Promise<readonly Argv[]> {
  const { tools, links } = await readNote(system);
  return tools.length + links.length === 0 ? [] : endOf(tools, links);
}

/** Of all there may be, each may be missing. */
export function endOf(tools: readonly string[], links: readonly string[]): readonly Argv[] {
  const tables = (program: string): readonly Argv[] => [
    [program, '-t', 'mangle', '-D', 'PREROUTING', '-j', chain],
    [program, '-t', 'mangle', '-F', chain],
    [program, '-t', 'mangle', '-X', chain],
  ];
  return [
    ...(tools.includes('nft') ? [['nft', 'delete', 'table', 'inet', nftTable] as const] : []),
    ...(tools.includes('iptables') ? [...tables('iptables'), ...tables('ip6tables')] : []),
    ...links.map(link => ['sysctl', '-q', '-e', '-w', `net/ipv4/conf/${link}/src_valid_mark=0`] as const),
  ];
}

/**
 * @param isNew the script was written by this very pass
 * @returns what went wrong, for `degraded`
 */
export async function settlePublished(
  { system, log }: Settler,
  enis: readonly EniPlan[],
  isNew: boolean,
): Promise<readonly string[]> {
  const commands = await publishedCommands(system, enis, isNew);
  if (commands.length === 0) return [];
  const [script] = publishedScript(enis);
  if (script === undefined) return end({ system, log }, commands);
  // Somebody's file in its place is not run.
  if ((await system.readFile(scriptPath)) !== script.content)
    return [`published-ports: ${scriptPath} is not the one that eni-agent writes`];
  for (const command of commands) {
    // Outside: iptables of the old kind asks for a raw socket, which the sandbox has not.
    const { exitCode, stderr } = await system.run(command, { outside: true, timeoutMs });
    const reason = stderr.trim().split('\n').slice(-2).join('; ');
    if (exitCode !== 0) {
      log.warn({ command: command.join(' '), reason }, 'cannot mark the packets of published ports');
      return [`published-ports: ${scriptPath} failed: ${reason || `exit ${exitCode}`}`];
    }
  }
  log.info({ links: marksOf(enis).map(m => m.link) }, 'marks the packets of published ports');
  return [];
}

async function end({ system, log }: Settler, commands: readonly Argv[]): Promise<readonly string[]> {
  for (const command of commands) {
    const { exitCode, stderr } = await system.run(command, { outside: true, timeoutMs });
    // One that somebody has taken away already, or a tool that is gone with its rules.
    if (exitCode === 0 || /no such file|no chain|does not exist|bad rule/i.test(stderr)) continue;
    const reason = stderr.trim().split('\n').at(-1) || `exit ${exitCode}`;
    log.warn({ command: command.join(' '), reason }, 'cannot take back the marks of published ports');
    // The note stays: the next pass tries it again.
    return [`published-ports: ${command.join(' ')} failed: ${reason}`];
  }
  await system.removeFile(notePath);
  log.info({}, 'no longer marks the packets of published ports');
  return [];
}
