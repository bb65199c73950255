// The machine as it will be when some files have been moved away and some links taken down: for a look ahead at what the agent would do
// then. Nobody writes to it but the probes, which keep what they have found.
import type { System } from '../system/system.ts';

export interface Ahead {
  /** Paths that are not there any more. */
  readonly files: readonly string[];
  /** Links without addresses and routes. */
  readonly down: readonly string[];
}

export function lookAhead(system: System, { files, down }: Ahead): System {
  const gone = new Set(files);
  return {
    readFile: async path => (gone.has(path) ? undefined : system.readFile(path)),
    readOwn: path => system.readOwn(path),
    listFolder: async folder =>
      (await system.listFolder(folder)).filter(name => !gone.has(`${folder}/${name}`)),
    exists: async path => !gone.has(path) && system.exists(path),
    readLink: async path => (gone.has(path) ? undefined : system.readLink(path)),
    stat: async path => (gone.has(path) ? undefined : system.stat(path)),
    async run(argv, options) {
      const result = await system.run(argv, options);
      if (argv[0] !== 'ip') return result;
      const lines = result.stdout.split('\n').filter(line => !down.some(link => goesWith(link, line)));
      return { ...result, stdout: lines.join('\n') };
    },
    writeFile: (path, content, mode) => system.writeFile(path, content, mode),
    removeFile: path => system.removeFile(path),
    link: (from, to) => system.link(from, to),
    copy: (from, to) => system.copy(from, to),
    takeNames: (folder, most) => system.takeNames(folder, most),
    removeTree: path => system.removeTree(path),
    secureFolder: path => system.secureFolder(path),
    moveAside: (from, to) => system.moveAside(from, to),
    lock: (path, waitMs) => system.lock(path, waitMs),
    now: () => system.now(),
    ticks: () => system.ticks(),
    sleep: ms => system.sleep(ms),
  };
}

/** A line of `ip -o` that ifdown ends: an address of the link (`3: eth1    inet ...`), or a route by it (`... dev eth1 ...`). */
function goesWith(link: string, line: string): boolean {
  const words = line.split(/\s+/);
  const isAddress = words[1] === link && words[2]?.startsWith('inet') === true;
  return isAddress || (words.includes('dev') && words[words.indexOf('dev') + 1] === link);
}
