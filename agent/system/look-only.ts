// The machine as a command sees it that only looks and may be anybody's: what this process may not read is noted, and whoever knows how to
// go on without it does so (`unlessDenied`). A command that changes the machine does not come by here, and fails as ever.
import { AgentError } from '../errors.ts';
import { isErrno } from './disk.ts';
import type { System } from './system.ts';

export class DeniedError extends AgentError {}

export interface LookOnly {
  readonly system: System;
  /** Paths (and `the journal`) that could not be read so far, sorted. */
  readonly denied: () => readonly string[];
}

/** journalctl(1) ends with 0 or 1 where it may not read, by its version, and says one of these. */
const journalRefusal = /not seeing messages from other users|insufficient permissions/;

export function lookOnly(system: System): LookOnly {
  const denied = new Set<string>();
  const deny = (what: string, cause: unknown): never => {
    denied.add(what);
    throw new DeniedError('file-failed', `cannot read ${what}: not allowed`, {
      cause,
      hint: 'run it as root',
    });
  };
  const reading =
    <T>(read: (path: string) => Promise<T>) =>
    async (path: string) => {
      try {
        return await read(path);
      } catch (error) {
        return isDenied(error) ? deny(path, error) : Promise.reject(error);
      }
    };
  const own: Partial<System> = {
    readFile: reading(path => system.readFile(path)),
    readOwn: reading(path => system.readOwn(path)),
    listFolder: reading(path => system.listFolder(path)),
    async run(argv, options) {
      const result = await system.run(argv, options);
      if (argv[0] === 'journalctl' && journalRefusal.test(result.stderr)) deny('the journal', result.stderr);
      return result;
    },
  };
  const proxy = new Proxy(system, {
    get(target, name) {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { system: proxy, denied: () => [...denied].sort() };
}

/** True where it is the user that may not read something. */
export function isDenied(error: unknown): boolean {
  if (error instanceof DeniedError) return true;
  return error instanceof AgentError && isErrno(error.cause, 'EACCES', 'EPERM');
}

/** `otherwise` where a command that only looks may not read it. All other errors are thrown as they are. */
export async function unlessDenied<T, U>(read: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof DeniedError) return otherwise;
    throw error;
  }
}
