// Versions that are not asked for again: as long as the program is the same file, and no longer.
import { describe, expect, test } from 'vitest';
import { openToolMemory, toolMemoryFile } from '../../../agent/system/facts/tool-memory.ts';
import type { System } from '../../../agent/system/system.ts';
import { type Answer, smallHost } from '../hosts/small-host.ts';

/** A machine whose programs have the stamps of `inodes`. */
function machine(commands: Readonly<Record<string, Answer>>, inodes: Record<string, number>, files = {}) {
  const host = smallHost(files, commands);
  const system: System = {
    ...host.system,
    async stat(path) {
      const inode = inodes[path];
      return inode === undefined ? undefined : { inode, modified: 1, mode: 0o755, uid: 0 };
    },
  };
  const ask = async (paths: readonly string[] = ['/sbin/ip']) => {
    const memory = await openToolMemory(system);
    const output = await memory.ask(['ip', '-V'], paths);
    await memory.save();
    return output;
  };
  return { ...host, ask };
}

describe('the version of a tool', () => {
  test('is asked once, also by another process', async () => {
    const host = machine({ 'ip -V': 'six' }, { '/sbin/ip': 5 });
    expect([await host.ask(), await host.ask()]).toEqual(['six', 'six']);
    expect(host.ran).toEqual(['ip -V']);
  });

  test.each<readonly [string, Record<string, number>]>([
    ['another file', { '/sbin/ip': 6 }],
    ['one more file that may be run', { '/sbin/ip': 5, '/usr/sbin/ip': 7 }],
    ['a file that has gone', {}],
  ])('is asked again: %s', async (_name, inodes) => {
    const paths = ['/sbin/ip', '/usr/sbin/ip'];
    const now: Record<string, number> = { '/sbin/ip': 5 };
    const host = machine({ 'ip -V': 'six' }, now);
    await host.ask(paths);
    delete now['/sbin/ip'];
    Object.assign(now, inodes);
    await host.ask(paths);
    expect(host.ran).toHaveLength(2);
  });

  test('is asked each time where no file tells, and where the answer was none', async () => {
    const noFile = machine({ 'ip -V': 'six' }, {});
    const failure = machine({ 'ip -V': { exitCode: 1, stdout: 'six' } }, { '/sbin/ip': 5 });
    for (const host of [noFile, failure]) {
      await host.ask();
      await host.ask();
      expect(host.ran).toHaveLength(2);
      expect(host.written.has(toolMemoryFile)).toBe(false);
    }
  });

  test.each(['', '{', 'null', '[]', '{"ip -V":{"stamps":1,"output":"x"}}', '{"ip -V":"x"}'])(
    'is asked where the file says %j',
    async text => {
      const host = machine({ 'ip -V': 'six' }, { '/sbin/ip': 5 }, { [toolMemoryFile]: text });
      expect(await host.ask()).toBe('six');
    },
  );
});
