// Where another program makes the service's files out of ours (netplan): is it there, and does it work? Without it every apply fails, and no
// other check would say why.
import { renderers } from '../../renderers/registry.ts';
import type { Inspection } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import { type Finding, ok } from './finding.ts';

export const generatorCheckName = 'generator';
const scratch = '/run/eni-agent/netplan-check';
const hint =
  'netplan cannot configure any ENI until it works; reinstall the package netplan-generator (before netplan 1.0: netplan.io), then run "eni-agent once"';

/** Runs it on an empty private folder, which is removed: nothing of the machine is read or written. */
export async function generatorCheck(
  { backend, facts }: Pick<Inspection, 'backend' | 'facts'>,
  { system }: Pick<PassContext, 'system'>,
): Promise<readonly Finding[]> {
  const generator = backend === undefined ? undefined : renderers[backend].netplanGenerator;
  if (generator === undefined) return [];
  const check = generatorCheckName;
  const argv = generator.generate(facts, scratch);
  const [program] = argv;
  if (!facts.paths.includes(program))
    return [{ check, verdict: 'failure', saw: `${program} does not exist`, hint }];
  // Its parent belongs to root.
  if ((await system.run(['mkdir', '-p', '-m', '0700', scratch])).exitCode !== 0)
    return [ok(check, `${program} exists; only root can test whether it works`)];
  const { exitCode, stderr } = await system.run(argv);
  await system.run(['rm', '-rf', '--one-file-system', '--', scratch]);
  if (exitCode === 0) return [ok(check, `${program} works`)];
  // The last line may be ours (how it was killed); why stands above it.
  const said = stderr.split('\n').filter(line => line.trim() !== '');
  const cause = said.slice(-2).join('; ') || 'no output';
  const saw = `"${argv.join(' ')}" failed (exit ${exitCode}): ${cause}`;
  return [{ check, verdict: 'failure', saw, hint }];
}
