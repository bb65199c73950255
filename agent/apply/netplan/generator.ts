// Between our files and those that the service loads, where a program makes the one out of the other (Renderer.netplanGenerator: netplan's
// generator). It never runs on the live folders, because it writes everybody's files anew there. What else it makes below its root
// stays there: overrides of wait-online and rules of udev, made out of everybody's definitions, matter at boot, and the boot runs
// the program itself.
import {
  type EniChange,
  isMarked,
  type NetplanGenerator,
  type Renderer,
} from '../../../renderers/renderer.ts';
import { AgentError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { HostFacts } from '../../model/host.ts';
import { temporaryName } from '../../system/disk.ts';
import type { System } from '../../system/system.ts';
import type { FileChange } from '../ownership.ts';
import { holdLoaded, putBackLoaded } from './loaded.ts';

export interface GenerateContext {
  readonly system: System;
  readonly log: Log;
  readonly renderer: Renderer;
  readonly facts: HostFacts;
  readonly reloadHazard: string | undefined;
}

/** Makes the private root anew: what the program reads, with `files` as they will be. A crash leaves one behind, which is harmless. */
export async function prepareRoot(
  { system, renderer }: GenerateContext,
  files: readonly FileChange[],
): Promise<void> {
  const { netplanGenerator: generator } = renderer;
  if (generator === undefined) return;
  await succeed(system, ['rm', '-rf', '--one-file-system', '--', generator.root]);
  // 0700: the definitions of others may hold secrets (of wireless networks).
  await succeed(system, ['mkdir', '-p', '-m', '0700', generator.root]);
  for (const [path, content] of await sourcesAfter(system, generator, files))
    await system.writeFile(`${generator.root}${path}`, content, 0o600);
}

/**
 * After our files are in place: generates from what is on disk now and installs the generated files of our ENIs, and only those.
 *
 * @param generate runs the program on the root
 * @returns to be called when the commands have run: notes what the service has loaded
 */
export async function installGenerated(
  context: GenerateContext,
  changes: readonly EniChange[],
  generate: () => Promise<void>,
): Promise<() => Promise<void>> {
  const { system, renderer, facts, reloadHazard } = context;
  const { netplanGenerator: generator } = renderer;
  if (generator === undefined) return async () => {};
  const loads = renderer.activate(changes, facts, reloadHazard).some(({ does }) => does === 'load');
  await prepareRoot(context, []);
  await generate();
  await install(context, generator);
  await putBackLoaded(system, generator);
  const before = system.now();
  return async () => {
    await holdLoaded(system, generator, { loadedAt: loads ? before : undefined });
  };
}

async function install({ system, log }: GenerateContext, generator: NetplanGenerator): Promise<void> {
  const { dir, name, ours } = generator.generated;
  const made = (await system.listFolder(`${generator.root}${dir}`)).filter(n => name.test(n));
  // In a rollback the program may fail without stopping it (somebody's definition is broken by now): what is there stays.
  if (made.length === 0 && (await sourcesAfter(system, generator, [])).size > 0) return;
  for (const file of made.filter(n => ours.test(n))) {
    const [from, to] = [`${generator.root}${dir}/${file}`, `${dir}/${file}`];
    if ((await system.readFile(from)) === (await system.readFile(to))) continue;
    // A link keeps mode and group as the program gave them: 0640 root:systemd-network (netplan 1.1), 0644 (0.106).
    await system.link(from, to);
    log.debug({ path: to }, 'installed');
  }
  for (const file of (await system.listFolder(dir)).filter(n => ours.test(n) && !made.includes(n))) {
    await system.removeFile(`${dir}/${file}`);
    log.debug({ path: `${dir}/${file}` }, 'removed');
  }
  await system.removeFile(`${dir}/${temporaryName}`);
}

/** Path to content of all that the program reads. A file of somebody else at a path of ours stays what it is. */
async function sourcesAfter(
  system: System,
  { sources }: NetplanGenerator,
  files: readonly FileChange[],
): Promise<ReadonlyMap<string, string>> {
  const result = new Map<string, string>();
  for (const dir of sources.dirs)
    for (const name of await system.listFolder(dir)) {
      const content = sources.name.test(name) ? await system.readFile(`${dir}/${name}`) : undefined;
      if (content !== undefined) result.set(`${dir}/${name}`, content);
    }
  for (const { path, after } of files) {
    const dir = path.slice(0, path.lastIndexOf('/'));
    const now = result.get(path);
    if (!sources.dirs.includes(dir) || (now !== undefined && !isMarked(now))) continue;
    if (after === undefined) result.delete(path);
    else result.set(path, after);
  }
  return result;
}

async function succeed(system: System, argv: readonly [string, ...string[]]): Promise<void> {
  const { exitCode, stderr } = await system.run(argv);
  if (exitCode !== 0)
    throw new AgentError('command-failed', `"${argv.join(' ')}" failed (exit ${exitCode}): ${stderr.trim()}`);
}
