// A System that says when a command has ended: how far a long pass has come.
import type { System } from './system.ts';

/** @param onProgress called after each command, whatever it ended with */
export function withProgress(system: System, onProgress: () => void): System {
  const run: System['run'] = async (argv, options) => {
    const result = await system.run(argv, options);
    onProgress();
    return result;
  };
  return new Proxy(system, {
    get(target, name) {
      if (name === 'run') return run;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
