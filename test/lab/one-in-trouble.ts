// Three secondary ENIs, of which one is in trouble: the other two reach "working" in the usual time and stay so, the one in trouble is named,
// and nothing is tried and taken back over and over. Told once for each service; the troubles are those that it can have.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HistoryEntry } from '../../agent/history/entry.ts';
import type { Suite } from '../needs/suites.ts';
import { agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import {
  createDaemonHost,
  type Daemon,
  readLog,
  readReport,
  settled,
  startDaemon,
  stopDaemon,
} from './daemon-host.ts';
import { guestOk } from './guest-commands.ts';
import { readGuestFile, removeGuestFile } from './guest-files.ts';
import type { ImageName } from './images.ts';
import { ip } from './namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { attachEni, detachEni } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

export interface Trouble {
  readonly name: string;
  /** Whether it is there before the ENI has ever been configured, or comes while the daemon serves all three. */
  readonly comes: 'first' | 'later';
  /** Shell: what brings the ENI `eth2` into it, and what ends it. */
  readonly begin: string;
  readonly end: string;
  /** What the daemon says of the ENI meanwhile. */
  readonly states: readonly ('left-alone' | 'failed' | 'contested' | 'working')[];
  readonly says: RegExp;
  /** Seconds of an idle machine for which the others are watched. */
  readonly seconds: number;
}

const inTrouble = 'eth2';
const leakHook = '/etc/network/if-up.d/zz-leak';
const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  subnets: [
    // The image gives the primary one address of each family.
    {
      subnet: `10.0.${number}.0/24`,
      addresses: [`10.0.${number}.10`, ...(number === 0 ? [] : [`10.0.${number}.11`])],
    },
    { subnet: `2001:db8:${number}::/64`, addresses: [`2001:db8:${number}::10`] },
  ],
});
const others = [eni(1), eni(3)];

/** What each service can have. */
export const troubles: readonly Trouble[] = [
  {
    // What the image's catch-all has given the link goes first: its default route would stay in main, and take packets of the primary.
    name: 'a port of a bridge',
    comes: 'first',
    begin:
      'ip addr flush dev eth2; ip route flush dev eth2; ip link add br0 type bridge; ip link set eth2 master br0; ip link set br0 up',
    end: 'ip link del br0',
    states: ['left-alone'],
    says: /eth2 is a port of br0/,
    seconds: 5,
  },
  {
    name: 'a port of a bridge, of late',
    comes: 'later',
    begin: 'ip link add br0 type bridge; ip link set eth2 master br0',
    end: 'ip link del br0',
    states: ['left-alone'],
    says: /eth2 is a port of br0/,
    seconds: 5,
  },
  {
    name: 'a name that cannot be written',
    comes: 'first',
    begin: "ip link set eth2 down; ip link set eth2 name 'we+ird='; ip link set 'we+ird=' up",
    end: "ip link set 'we+ird=' down; ip link set 'we+ird=' name eth2; ip link set eth2 up",
    states: ['left-alone'],
    says: /has a name that cannot be written/,
    seconds: 5,
  },
  {
    name: 'a name that cannot be written, of late',
    comes: 'later',
    begin: "ip link set eth2 down; ip link set eth2 name 'a@b'",
    end: "ip link set 'a@b' name eth2",
    states: ['left-alone'],
    says: /has a name that cannot be written/,
    seconds: 5,
  },
  {
    name: 'a default route in main, by hand',
    comes: 'first',
    begin:
      'ip link set eth2 up; ip addr show dev eth2 | grep -q 10.0.2.10 || ip addr add 10.0.2.10/24 dev eth2; ip route add default via 10.0.2.1 dev eth2 metric 7001',
    end: 'ip route del default via 10.0.2.1 dev eth2 metric 7001',
    states: ['left-alone'],
    says: /the default route "default via 10\.0\.2\.1 dev eth2 metric 7001/,
    seconds: 5,
  },
  {
    // Whoever it is that brings a default route each time that the ENI has its address: a hook, another client.
    name: 'an apply that fails each time',
    comes: 'first',
    // The hook of ifupdown besides: an apply there may be verified before the loop comes round.
    begin: `if [ -d /etc/network/if-up.d ]; then
        printf '#!/bin/sh\\n[ "$IFACE" != eth2 ] || ip route replace default via 10.0.2.1 dev eth2 onlink metric 7002\\n' > ${leakHook}
        chmod 755 ${leakHook}
      fi
      (while sleep 0.03; do ip -o addr show dev eth2 | grep -q '10.0.2.10/32' && ip route replace default via 10.0.2.1 dev eth2 onlink metric 7002; done) > /dev/null 2>&1 & echo $! > /run/leaker`,
    end: `rm -f ${leakHook}; kill $(cat /run/leaker); sleep 0.3; ip route del default via 10.0.2.1 dev eth2 metric 7002 2> /dev/null || true`,
    // Which of these is a matter of milliseconds: whether the route is there again before the apply is verified, or behind that. `working` only with
    // what was wrong a moment ago.
    states: ['failed', 'contested', 'working'],
    says: /default via 10\.0\.2\.1 dev eth2/,
    // Over before it is tried again (60 s for a contested one): it takes up to 15 s to fail, which is how long an apply waits to be verified.
    seconds: 40,
  },
];

export function tellOneInTrouble(suite: Suite, image: ImageName, own: readonly Trouble[]): void {
  let daemon: Daemon;
  const host = () => daemon.host;
  const sh = (script: string) => guestOk(host().guest, ['sh', '-c', script]);
  const reported = (mac: string) => readReport(host())?.enis.find(one => one.mac === mac);
  const othersWork = () => others.every(({ mac }) => reported(mac)?.state === 'working');
  const told = () => JSON.stringify(readReport(host()), undefined, 1);
  const expectPings = async () => {
    const results = await pingMatrix(host().guest, {
      pick: ({ link }) => link !== inTrouble,
      patience: 5000,
    });
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  /** Each cause for which an apply was taken back, and how often. */
  const takenBack = (): Readonly<Record<string, number>> => {
    const lines = (readGuestFile(host().guest, '/var/lib/eni-agent/history.jsonl') ?? '').split('\n');
    const causes: Record<string, number> = {};
    for (const line of lines.filter(text => text !== '')) {
      const { result, error, times } = JSON.parse(line) as HistoryEntry;
      const cause = `${result}: ${error?.message}`;
      if (/^(failed|rolled-back|rollback-failed)$/.test(result)) causes[cause] = (causes[cause] ?? 0) + times;
    }
    return causes;
  };

  beforeAll(async () => {
    const name = `trouble${image.replaceAll('-', '')}`.slice(0, 20);
    const spec = { name, provider: 'aws', enis: [eni(0), eni(1), eni(2), eni(3)] } as const;
    daemon = { host: await createDaemonHost(spec, { suite, image }), process: undefined, earlierLog: '' };
  });
  afterAll(() => destroyAgentHost(daemon?.host));

  describe.each([...troubles, ...own])('$name', trouble => {
    beforeAll(async () => {
      if (trouble.comes === 'first') await sh(trouble.begin);
      removeGuestFile(host().guest, '/var/lib/eni-agent/history.jsonl');
      daemon = await startDaemon(host(), daemon);
      if (trouble.comes === 'first') return;
      await settled(daemon);
      await sh(trouble.begin);
    });
    afterAll(async () => {
      await stopDaemon(daemon);
      await agentOk(host(), ['remove']);
    });

    test('the others work, and stay so; it is named, and not tried over and over', async () => {
      expect(await waitFor(othersWork, 20_000), told()).toBe(true);
      const { mac } = eni(2);
      const said = () => reported(mac)?.text ?? reported(mac)?.lastError?.text ?? '';
      const isInTrouble = () =>
        trouble.states.some(state => state === reported(mac)?.state) && trouble.says.test(said());
      expect(await waitFor(isInTrouble, 20_000), told()).toBe(true);
      await expectPings();

      const end = Date.now() + trouble.seconds * 1000;
      while (Date.now() < end) {
        await new Promise(resolve => setTimeout(resolve, 250));
        expect(othersWork(), told()).toBe(true);
        expect(isInTrouble(), told()).toBe(true);
      }
      const causes = takenBack();
      // What is known beforehand is never tried; of what fails three in a minute are the most (agent/daemon/timing/brake.ts).
      const most = trouble.states.includes('left-alone') ? 0 : 3;
      for (const [cause, times] of Object.entries(causes)) expect(times, cause).toBeLessThanOrEqual(most);
    });

    test('what is undone of the others is repaired, and one that comes is served', async () => {
      await ip(host().vpc.guest, 'rule', 'del', 'from', '10.0.1.0/24', 'priority', '28600');
      const isBack = async () => (await ip(host().vpc.guest, 'rule')).includes('28600:\tfrom 10.0.1.0/24');
      expect(await waitFor(isBack, 10_000), told()).toBe(true);
      await detachEni(host().vpc, 'eth3');
      await host().metadata.sync();
      expect(await waitFor(() => reported(eni(3).mac) === undefined, 20_000), told()).toBe(true);
      await attachEni(host().vpc, eni(3));
      await host().metadata.sync();
      expect(await waitFor(othersWork, 20_000), told()).toBe(true);
      await expectPings();
    });

    test('once it is over, all three work', async () => {
      await sh(trouble.end);
      await agentOk(host(), ['refresh']);
      await settled(daemon).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(await readLog(daemon))}`);
      });
    });
  });
}
