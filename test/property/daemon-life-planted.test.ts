// The made-up lives find what they are for: faults that are planted between the daemon and its world, where they have the effect of a fault
// in the daemon itself. Without them the same lives end well (daemon-life.test.ts).
import { expect, test } from 'vitest';
import { checkpointPath } from '../../agent/apply/checkpoint.ts';
import { daemonLockPath } from '../../agent/daemon/requests.ts';
import type { OpenClient } from '../../agent/metadata/client.ts';
import type { Response } from '../../agent/metadata/provider.ts';
import type { CommandResult, RunOptions } from '../../agent/system/system.ts';
import { FakeSystem } from '../support/fake-system.ts';
import { tryLives } from '../support/life-check.ts';
import type { LifeFlaw } from '../support/life-machine.ts';

/** As if recovery were skipped: the next start does not see what an interrupted apply has left. */
class ForgetfulSystem extends FakeSystem {
  override async readFile(path: string): Promise<string | undefined> {
    return path === checkpointPath ? undefined : super.readFile(path);
  }
}

/** As if a rule that is added again took the place of whatever else has its priority. */
class CoarseSystem extends FakeSystem {
  override async run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<CommandResult> {
    const result = await super.run(argv, options);
    for (const [, priority] of options.input?.matchAll(/^rule add .* priority (\d+)/gm) ?? [])
      this.kernel.rules = this.kernel.rules.filter(
        r => r.priority !== Number(priority) || r.selectors === undefined,
      );
    return result;
  }
}

/** As if `remove` did not see the daemon. */
class UnguardedSystem extends FakeSystem {
  override lock(path: string, waitMs: number): Promise<(() => Promise<void>) | undefined> {
    return path === daemonLockPath ? Promise.resolve(async () => undefined) : super.lock(path, waitMs);
  }
}

/** As if one reading were enough: the one that is to confirm it is the same once more. */
function confirmsItself(): (client: OpenClient, now: number) => OpenClient {
  const said = new Map<string, { readonly at: number; readonly response: Response }>();
  return (client, now) => ({
    ...client,
    async get(path) {
      const known = said.get(path);
      if (known !== undefined && now - known.at <= 2000) return known.response;
      const response = await client.get(path);
      said.set(path, { at: now, response });
      return response;
    },
  });
}

/** As if a key that answers 404 were a key that is not there, though the listing has it. */
function believesIn404(client: OpenClient): OpenClient {
  return {
    ...client,
    async get(path) {
      const response = await client.get(path);
      if (!/\/macs\/[0-9a-f:]+\/$/.test(path) || response.status !== 200) return response;
      const names = response.body.split('\n');
      const answers = await Promise.all(names.map(name => client.get(path + name)));
      return { status: 200, body: names.filter((_, i) => answers[i]!.status !== 404).join('\n') };
    },
  };
}

// The seed of each is one with which few lives are needed. Another life than today's takes up to some dozen.
test.each<readonly [string, number, LifeFlaw, RegExp]>([
  ['removal on a single reading', 3, { client: confirmsItself }, /worked, the cloud still gives it/],
  ['a 404 is believed as empty', 48, { client: () => believesIn404 }, /worked, the cloud still gives it/],
  [
    'a repair clears its place by priority',
    9,
    { system: () => new CoarseSystem() },
    /a foreign rule has gone/,
  ],
  ['remove beside the daemon', 2, { system: () => new UnguardedSystem() }, /removed, and it is back/],
  [
    'no recovery after a crash',
    8,
    { system: () => new ForgetfulSystem() },
    /no rest|removed, and it is back|it says that all is well/,
  ],
])('%s', { timeout: 1_200_000 }, async (_name, seed, flaw, expected) => {
  // The first of these that goes wrong is enough; LIFE_SHRINK=1 shows the shortest of its like.
  const { failure } = await tryLives({ seed, runs: 400, flaw }, process.env.LIFE_SHRINK === '1');
  if (process.env.LIFE_SHRINK === '1') console.info(failure);
  expect(failure).toMatch(expected);
});
