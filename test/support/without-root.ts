// A fake machine as another user than root has it: what only root may read is refused, and nothing is written.
import { fileError } from '../../agent/system/disk.ts';
import type { System } from '../../agent/system/system.ts';
import type { FakeSystem } from './fake-system.ts';

export function withoutRoot(system: FakeSystem): System {
  const refuse = (verb: string, path: string): never => {
    const cause = Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: 'EACCES' });
    throw fileError(verb, path, cause);
  };
  const isSecret = (path: string) => ((system.files.get(path)?.mode ?? 0o644) & 0o004) === 0;
  const own: Partial<System> = {
    readFile: async path => (isSecret(path) ? refuse('read', path) : system.readFile(path)),
    readOwn: async path => (isSecret(path) ? refuse('read', path) : system.readOwn(path)),
    writeFile: async path => refuse('write', path),
    removeFile: async path => refuse('remove', path),
    lock: async path => refuse('open the lock file', path),
  };
  return new Proxy<System>(system, {
    get(target, name) {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
