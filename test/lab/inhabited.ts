// An inhabited machine: an administrator has made ENIs his own, in ways of the backend that do not name their links. They stay his to the
// byte, the last ENI is served, and all of it survives a boot. What he wrote, and what it makes, is given; the story is the same everywhere.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Suite } from '../needs/suites.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { readGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import type { GuestImageName } from './images.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import type { EniSpec } from './vpc-spec.ts';

/** An ENI of his. */
export interface His {
  /** As the kernel names it once his configuration has been loaded. */
  readonly link: string;
  /** What has the address, where it is not the link itself: the bridge that it is a port of. */
  readonly on?: string;
  /** His address, and his route by it, as `ip` shows them. */
  readonly address: string;
  readonly route: string;
  /** What the agent says of it: file and line first, where a file is the reason. */
  readonly says: string;
}

export interface Inhabited {
  /** Of the VPC; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
  /** His files, path to content. */
  readonly files: Readonly<Record<string, string>>;
  /** All ENIs between the primary and the last, in order: `inhabitedMac(1)` is the MAC of the first. */
  readonly his: readonly His[];
}

export const inhabitedMac = (number: number): string => `02:00:00:00:00:0${number + 1}`;

const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: inhabitedMac(number),
  subnets: [{ subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`, `10.0.${number}.11`] }],
});
/** Something is left alone: that is for a person to know. */
const degraded = 2;

/** Declares the tests of one machine. The file that calls it declares the tree that it needs. */
export function tellInhabited(machine: Inhabited): void {
  let host: AgentHost;
  const { his, files } = machine;
  const served = his.length + 1;
  const links = [...new Set(his.flatMap(({ link, on = link }) => [link, on]))];

  beforeAll(async () => {
    host = await createAgentHost(
      {
        name: machine.name,
        provider: 'aws',
        enis: Array.from({ length: served + 1 }, (_, number) => eni(number)),
      },
      {
        suite: machine.suite,
        image: machine.image,
        files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path.slice(1), text])),
      },
    );
  });
  afterAll(() => destroyAgentHost(host));

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
  /** His links as the kernel has them, without what runs down by itself. */
  const theirs = async (): Promise<string> => {
    const shown = await sh(
      `for l in ${links.join(' ')}; do ip -br link show dev $l; for f in 4 6; do ip -o -$f addr show dev $l; ip -$f route show table all dev $l; done; done`,
    );
    return shown.replace(/^\d+: |valid_lft.*$|expires \S+|@if\d+ */gm, '');
  };
  const settled = async (): Promise<string> => {
    const has = his.flatMap(({ link, on = link, address, route }) => [
      `ip -o addr show dev ${on} | grep -q '${address}'`,
      `ip route show dev ${on} | grep -q '${route}'`,
      `ip -o -6 addr show dev ${link} | grep -q 'fe80.*'`,
      `! ip addr show dev ${on} | grep -q tentative`,
    ]);
    await sh(
      `for i in $(seq 300); do ${has.join(' && ')} && exit; sleep 0.1; done; ip addr; ip route; exit 1`,
    );
    return theirs();
  };
  const expectUntouched = async (before: string) => {
    expect(await theirs()).toBe(before);
    for (const [path, text] of Object.entries(files)) expect(readGuestFile(host.guest, path)).toBe(text);
  };
  const expectServed = async () => {
    const results = await pingMatrix(host.guest, { pick: ({ link }) => link === `eth${served}` });
    expect(results.length).toBeGreaterThan(0);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  /** A pass that says whose they are, and in which nothing has happened there. */
  const once = async (): Promise<string> => {
    const { events, result } = await countEvents(host.vpc, () => runAgent(host.guest, ['once']), {
      settle: ['eth0', ...links],
    });
    expect(result.exitCode, result.stdout + result.stderr).toBe(degraded);
    for (const link of ['eth0', ...links]) expect(events.of(link)).toEqual([]);
    return result.stdout + result.stderr;
  };

  test('once leaves his alone, names file and line, and serves the last', async () => {
    const before = await settled();
    // Of a port only `status` speaks: that it is one needs nobody's attention.
    const said = (await once()) + (await agentOk(host, ['status'], degraded));
    for (const { says } of his) expect(said).toContain(says);
    await expectUntouched(before);
    await expectServed();
    for (const { link } of his) {
      const { owner } = JSON.parse(await agentOk(host, ['owner', link, '--json'])) as { owner: string };
      expect(owner, link).toBe('other');
    }
  });

  test('a boot without the agent, and a pass after it', async () => {
    const before = await settled();
    await rebootGuest(host.guest);
    expect(await settled()).toBe(before);
    await expectServed();
    await once();
    await expectUntouched(before);
    await expectServed();
  });

  test('remove takes nothing of it, nor does the boot after it', async () => {
    const before = await settled();
    await agentOk(host, ['remove']);
    await expectUntouched(before);
    await rebootGuest(host.guest);
    await settled();
    await expectUntouched(before);
  });
}
