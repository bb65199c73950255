// The guest as the agent's own code sees a machine, to ask from outside what the agent in it finds. By programs of the guest, so that a symbolic
// link of the tree leads where it leads there. What the code wants to write down is not kept.
import type { System } from '../../agent/system/system.ts';
import type { Guest } from './guest.ts';
import { runInGuest } from './guest-commands.ts';
import { viewOf } from './proofs/proof-guest.ts';

export function guestSystem(guest: Guest): System {
  const ask = (...argv: readonly string[]) => runInGuest(guest, argv);
  const said = async (...argv: readonly string[]) => {
    const { exitCode, stdout } = await ask(...argv);
    return exitCode === 0 ? stdout : undefined;
  };
  return {
    ...viewOf(guest.vpc),
    run: (argv, options = {}) =>
      runInGuest(guest, argv, {
        ...(options.input === undefined ? {} : { input: options.input }),
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      }),
    readFile: path => said('cat', path),
    listFolder: async path => ((await said('ls', '-A', path)) ?? '').split('\n').filter(Boolean).sort(),
    exists: async path => (await ask('sh', '-c', '[ -e "$1" ] || [ -L "$1" ]', 'sh', path)).exitCode === 0,
    readLink: async path => (await said('readlink', path))?.replace(/\n$/, ''),
    writeFile: async () => undefined,
  };
}
