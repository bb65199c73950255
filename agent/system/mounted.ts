// The files of another machine below a folder: a mounted image, an unpacked report. Only files: no program is run, and nothing is written.
import path from 'node:path';
import type { System } from './system.ts';

/** As many as the kernel follows (path_resolution(7)). */
const maxLinks = 40;

/** Paths count from `root`, and so do the targets of symbolic links: one to /run/x stays inside. */
export function mounted(system: System, root: string): System {
  const below = (file: string) => path.join(root, file);

  /** Where the path is on this machine, all symbolic links followed inside the root; the last one too unless `last` is false. */
  async function resolve(file: string, last = true): Promise<string> {
    let left = file.split('/').filter(Boolean);
    let done = '/';
    for (let links = 0; left.length > 0; ) {
      const [name = '', ...rest] = left;
      const next = path.posix.join(done, name);
      const isLast = rest.length === 0;
      const target = isLast && !last ? undefined : await system.readLink(below(next));
      // Left to the kernel, the rest of such a chain could lead out of the root.
      if (target !== undefined && ++links > maxLinks) throw new Error(`${file}: too many symbolic links`);
      if (target === undefined) {
        done = next;
        left = rest;
        continue;
      }
      left = [...target.split('/').filter(Boolean), ...rest];
      if (target.startsWith('/')) done = '/';
    }
    return below(done);
  }

  const refuse = async (): Promise<never> => {
    throw new Error(`nothing is written below ${root}`);
  };
  return {
    readFile: async file => system.readFile(await resolve(file)),
    // Whoever has unpacked it has the files.
    readOwn: async file => system.readFile(await resolve(file)),
    listFolder: async folder => system.listFolder(await resolve(folder)),
    exists: async file => system.exists(await resolve(file, false)),
    readLink: async file => system.readLink(await resolve(file, false)),
    stat: async file => system.stat(await resolve(file)),
    writeFile: refuse,
    removeFile: refuse,
    link: refuse,
    copy: refuse,
    takeNames: refuse,
    removeTree: refuse,
    secureFolder: refuse,
    moveAside: refuse,
    lock: refuse,
    run: async () => ({ exitCode: 127, stdout: '', stderr: 'not run: this is a folder' }),
    now: () => system.now(),
    ticks: () => system.ticks(),
    sleep: ms => system.sleep(ms),
  };
}
