// kill -9 at random moments, on each backend, while ENIs come and go and addresses change: `once` and the daemon are killed, several times
// in a row; then a start that sees no metadata, so that the recovery acts alone. After it each ENI is of one plan, the old or the new one.
// needs: tree bookworm
// with --all only: ENI_AGENT_KILL_MINUTES over the four backends, 1 unless told; a release is held against 10
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { primary } from '../matrix/enis.ts';
import { agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import {
  createDaemonHost,
  type Daemon,
  killDaemon,
  readRawLog,
  readReport,
  settled,
  startDaemon,
  stopDaemon,
} from './daemon-host.ts';
import { allPing, asPlanned, isUntouchedForLong, oneInFive } from './daemon-steps.ts';
import { runAgent, startAgent } from './guest-commands.ts';
import { removeGuestFile, writeGuestFile } from './guest-files.ts';
import { imageNames } from './images.ts';
import {
  changeSomething,
  diceOf,
  isApplying,
  isSame,
  killAgent,
  leftOvers,
  mixedIn,
  pause,
  restingPicture,
  secondaries,
  unlikeApplied,
} from './kill-loop.ts';
import { ip } from './namespace.ts';
import { attachEni } from './vpc.ts';

const minutes = Number(process.env.ENI_AGENT_KILL_MINUTES ?? 1);
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
/** Of one backend, one half each for `once` and the daemon. */
const halfMs = (minutes * 60_000) / imageNames.length / 2;

const silent = { match: '.*', lie: '<html><body>Please log in</body></html>' };
// systemd gives a unit up that has to be started so often.
const often = '[Unit]\nStartLimitIntervalSec=0\n';

describe.each(imageNames)('%s', image => {
  const dice = diceOf(seed + imageNames.indexOf(image));
  const seen = {
    kills: 0,
    'before the apply': 0,
    'in the apply': 0,
    'after the commit': 0,
    rounds: 0,
    mixed: 0,
  };
  let daemon: Daemon;
  const hostOf = () => daemon.host;

  beforeAll(async () => {
    const spec = {
      name: `kill${image.slice(0, 9)}`,
      provider: 'aws',
      enis: [primary],
    } as const;
    const host = await createDaemonHost(spec, {
      image,
      primary: 'static',
      agentConfig:
        'verify-timeout = 8\n\n[metadata]\nconfirm-delay = 0\ntimeout = 2\n\n[coexistence]\nnetworkmanager-auto-default = primary-only\n',
      files: { 'etc/systemd/system/eni-agent.service.d/often.conf': often },
    });
    daemon = { host, process: undefined, earlierLog: '' };
    await agentOk(host, ['once']);
    await attachEni(host.vpc, secondaries[0]!);
    await host.metadata.sync();
    await agentOk(host, ['once']);
  });
  afterAll(async () => {
    console.info(`${image}, KILL_SEED=${seed}: ${JSON.stringify(seen)}`);
    if (process.env.DAEMON_LOG !== undefined && daemon !== undefined) console.info(await readRawLog(daemon));
    await destroyAgentHost(daemon?.host);
  });

  /** Half of the moments are any, half are in the apply. */
  async function aMoment(isOver: () => boolean): Promise<void> {
    if (dice(2) === 0) return pause(dice(1500));
    await waitFor(() => isApplying(hostOf()) || isOver(), 1500, 1);
    await pause(dice(dice(2) === 0 ? 60 : 600));
  }

  const once = {
    start: async () => {
      const process = await startAgent(hostOf().guest, ['once']);
      await aMoment(() => !process.running());
      const isKilled = killAgent(process);
      await waitFor(() => !process.running(), 5000, 5);
      return isKilled;
    },
    recover: async () => {
      await runAgent(hostOf().guest, ['once']);
    },
    finish: async () => {
      await agentOk(hostOf(), ['once']);
    },
  };

  const service: typeof once = {
    start: async () => {
      const asks = await startAgent(hostOf().guest, ['refresh']);
      await aMoment(() => !asks.running());
      // Once no daemon lives it takes the daemon's lock for a moment, and a daemon that nobody watches over would not start.
      killAgent(asks);
      await waitFor(() => !asks.running(), 5000, 5);
      await killDaemon(daemon);
      return true;
    },
    recover: () => killDaemon(daemon),
    finish: async () => {
      await runAgent(hostOf().guest, ['refresh']);
      await settled(daemon, 60_000);
    },
  };

  async function round({ start, recover, finish }: typeof once): Promise<void> {
    const host = hostOf();
    const what = await changeSomething(host.vpc, dice);
    const before = await restingPicture(host);
    await host.metadata.sync();
    const isFailing = dice(3) === 0;
    if (isFailing) for (const fault of oneInFive) await host.metadata.send({ do: 'fault', fault });
    let kills = 0;
    let inApply = 0;
    for (let left = 2 + dice(4); left > 0; left--) {
      if (await start()) kills++;
      inApply += isApplying(host) ? 1 : 0;
    }
    await host.metadata.send({ do: 'clear-faults' });
    await host.metadata.send({ do: 'fault', fault: silent });
    await recover();
    // A look that fails is made again after a minute or two.
    if (!(await waitFor(() => !isApplying(host), 60_000)))
      throw new Error(
        `the recovery has no end: ${JSON.stringify(readReport(host))}\n${(await readRawLog(daemon)).slice(-4000)}`,
      );
    const found = await restingPicture(host);
    const [left, unlike] = [await leftOvers(host), await unlikeApplied(host)];
    await host.metadata.send({ do: 'clear-faults' });
    await finish();
    const after = await restingPicture(host);
    // Where answers are missing, an ENI may become what it is to be in two steps.
    const mixed = [...unlike, ...(isFailing ? [] : mixedIn(found, before, after))];

    seen.rounds++;
    seen.kills += kills;
    seen['in the apply'] += inApply;
    seen[isSame(found, before) ? 'before the apply' : 'after the commit'] += Math.max(0, kills - inApply);
    seen.mixed += mixed.length > 0 ? 1 : 0;
    const where = `${image}, round ${seen.rounds} (${what}${isFailing ? ', failing' : ''}), KILL_SEED=${seed}`;
    expect(mixed, where).toEqual([]);
    expect(left, where).toEqual([]);
    expect(await leftOvers(host), where).toEqual([]);
    await asPlanned(host);
  }

  async function loop(kind: typeof once): Promise<void> {
    const end = Date.now() + halfMs;
    // A short run on a busy machine has few rounds.
    const { kills, rounds } = seen;
    const isEnough = () => seen.kills >= kills + 3 || seen.rounds >= rounds + 10;
    await isUntouchedForLong(hostOf(), async () => {
      do await round(kind);
      while (Date.now() < end || !isEnough());
    });
    expect(seen.kills).toBeGreaterThan(kills);
    await allPing(hostOf());
  }

  test('a torn state shows', async () => {
    const host = hostOf();
    const whole = await restingPicture(host);
    expect([mixedIn(whole, whole, whole), await unlikeApplied(host), await leftOvers(host)]).toEqual([
      [],
      [],
      [],
    ]);
    await ip(host.vpc.guest, 'rule', 'del', 'priority', '28600');
    writeGuestFile(host.guest, '/run/eni-agent/.eni-agent.tmp', '');
    expect(mixedIn(await restingPicture(host), whole, whole)).not.toEqual([]);
    expect(await unlikeApplied(host)).toEqual([expect.stringMatching(/^- rule 4 28600 /)]);
    expect(await leftOvers(host)).toEqual(['/run/eni-agent/.eni-agent.tmp']);
    removeGuestFile(host.guest, '/run/eni-agent/.eni-agent.tmp');
    await agentOk(host, ['once']);
    expect(await unlikeApplied(host)).toEqual([]);
    const [old, both, young] = [
      ['a', 'b'],
      ['a', 'c'],
      ['d', 'c'],
    ].map(
      ([one, two]) =>
        new Map([
          ['eth1', one!],
          ['eth2', two!],
        ]),
    );
    expect(mixedIn(both!, old!, young!)).toEqual(['eth1: the old one', 'eth2: the new one']);
  });

  test('once', () => loop(once), 120_000 + 4 * halfMs);

  test(
    'the daemon',
    async () => {
      daemon = await startDaemon(hostOf(), daemon);
      await settled(daemon);
      await loop(service);
      await stopDaemon(daemon);
    },
    120_000 + 4 * halfMs,
  );
});
