// The files of the configuration as text: which there are, and that root alone could have written them.
import { AgentError } from '../errors.ts';
import type { System } from '../system/system.ts';
import { distrust } from '../system/trust.ts';
import type { ConfigFile } from './ini-lines.ts';

export const configPath = '/etc/eni-agent/eni-agent.conf';
export const configFolder = '/etc/eni-agent/eni-agent.conf.d';

/** As Debian and RPM leave behind, `NAME.conf.dpkg-old` and `NAME.conf.rpmsave` are none. */
export function isDropIn(name: string): boolean {
  return name.endsWith('.conf');
}

/**
 * Reads the main file, which may be missing, and the drop-ins behind it. Throws `config-invalid` where something is there that cannot be
 * one, and `file-failed`.
 *
 * @param main another file in the place of the main one
 */
export async function readConfigFiles(system: System, main = configPath): Promise<readonly ConfigFile[]> {
  const names = (await system.listFolder(configFolder)).filter(isDropIn);
  const files: ConfigFile[] = [];
  for (const path of new Set([main, ...names.map(name => `${configFolder}/${name}`)])) {
    const content = await readConfigFile(system, path);
    if (content === undefined) continue;
    // Whoever looks at a file of his own (check-config --config) may.
    if (path === configPath || path.startsWith(`${configFolder}/`)) await refuseOthers(system, path);
    files.push({ path, content });
  }
  return files;
}

/** Root configures the network by it: whoever else can write it could have the ENIs go his way. */
async function refuseOthers(system: System, path: string): Promise<void> {
  const stamp = await system.stat(path);
  const why = stamp === undefined ? undefined : distrust(stamp);
  if (why === undefined) return;
  throw new AgentError('config-invalid', `${path} ${why}`, {
    hint: `chown root:root ${path}; chmod 644 ${path}`,
  });
}

/** A link to nothing, or a folder that a container's mount has made: without what the file says, an ENI would not be left alone. */
async function readConfigFile(system: System, path: string): Promise<string | undefined> {
  const content = await system.readFile(path);
  if (content !== undefined || !(await system.exists(path))) return content;
  // An editor may have put it there just now.
  const again = await system.readFile(path);
  if (again !== undefined || !(await system.exists(path))) return again;
  const what = (await system.stat(path)) === undefined ? 'a link to a file that does not exist' : 'a folder';
  throw new AgentError('config-invalid', `${path} is ${what}`, {
    hint: 'put a file of the configuration there, or remove it',
  });
}
