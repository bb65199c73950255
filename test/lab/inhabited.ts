// An inhabited machine: an administrator has made one ENI his own, in a way of the backend that does not name its link. It stays his to the
// byte, the other ENI is served, and all of it survives a boot. What he wrote, and what it makes, is given; the story is the same everywhere.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Suite } from '../needs/declaration.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { readGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import type { GuestImageName } from './images.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import type { EniSpec } from './vpc-spec.ts';

export interface Inhabited {
  /** Of the VPC; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
  /** His files, path to content. They configure eth1, whose MAC is `inhabitedMac`. */
  readonly files: Readonly<Record<string, string>>;
  /** His address on eth1, and his route by it, as `ip` shows them. */
  readonly address: string;
  readonly route: string;
  /** What the agent says of it, file and line first. */
  readonly says: string;
}

export const inhabitedMac = '02:00:00:00:00:02';

const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  subnets: [{ subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`, `10.0.${number}.11`] }],
});
/** Something is left alone: that is for a person to know. */
const degraded = 2;

/** Declares the tests of one machine. The file that calls it declares the tree that it needs. */
export function tellInhabited(his: Inhabited): void {
  let host: AgentHost;

  beforeAll(async () => {
    host = await createAgentHost(
      { name: his.name, provider: 'aws', enis: [eni(0), eni(1), eni(2)] },
      {
        suite: his.suite,
        image: his.image,
        files: Object.fromEntries(Object.entries(his.files).map(([path, text]) => [path.slice(1), text])),
      },
    );
  });
  afterAll(() => destroyAgentHost(host));

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
  /** His link as the kernel has it, without what runs down by itself. */
  const theirs = async (): Promise<string> => {
    const shown = await sh(
      'ip -br link show dev eth1; for f in 4 6; do ip -o -$f addr show dev eth1; ip -$f route show table all dev eth1; done',
    );
    return shown.replace(/^\d+: |valid_lft.*$|expires \S+|@if\d+ */gm, '');
  };
  const settled = async (): Promise<string> => {
    const has = `ip -o addr show dev eth1 | grep -q '${his.address}' && ip route show dev eth1 | grep -q '${his.route}'`;
    await sh(
      `for i in $(seq 300); do ${has} && ip -o -6 addr show dev eth1 | grep -q 'fe80.*' && ! ip addr show dev eth1 | grep -q tentative && exit; sleep 0.1; done; ip addr; ip route; exit 1`,
    );
    return theirs();
  };
  const expectUntouched = async (before: string) => {
    expect(await theirs()).toBe(before);
    for (const [path, text] of Object.entries(his.files)) expect(readGuestFile(host.guest, path)).toBe(text);
  };
  const expectServed = async () => {
    const results = await pingMatrix(host.guest, { pick: ({ link }) => link === 'eth2' });
    expect(results.length).toBeGreaterThan(0);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  /** A pass that says whose eth1 is, and after which nothing has happened there. */
  const once = async (): Promise<string> => {
    const { events, result } = await countEvents(host.vpc, () => runAgent(host.guest, ['once']), {
      settle: ['eth0', 'eth1'],
    });
    expect(result.exitCode, result.stdout + result.stderr).toBe(degraded);
    expect(events.of('eth1')).toEqual([]);
    expect(events.of('eth0')).toEqual([]);
    return result.stdout + result.stderr;
  };

  test('once leaves it alone, names file and line, and serves the other', async () => {
    const before = await settled();
    expect(await once()).toContain(his.says);
    await expectUntouched(before);
    await expectServed();
    const owner = JSON.parse(await agentOk(host, ['owner', 'eth1', '--json'])) as { owner: string };
    expect(owner.owner).toBe('other');
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
