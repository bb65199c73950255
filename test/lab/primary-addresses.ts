// `primary-addresses = yes` with one network service: the cloud's secondary addresses of the primary come, stay whatever the service does to
// the link, and go with the cloud's; what else is on that link has no event of ours. Told once for each service.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Suite } from '../needs/suites.ts';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { createDaemonHost, type Daemon, startDaemon, stopDaemon } from './daemon-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk } from './guest-commands.ts';
import { rebootGuest } from './guest-power.ts';
import type { GuestImageName } from './images.ts';
import { assignAddress, attachEni, unassignAddress } from './vpc.ts';
import { type EniSpec, remoteClient } from './vpc-spec.ts';

export interface PrimaryAddressesStory {
  /** Of the VPC; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
  /** What an administrator, or the service by itself, does to the primary's link: what it deletes comes back. */
  readonly disturbances: readonly string[];
}

const eni = (number: number, ...more: readonly string[]): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  subnets: [
    { subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`, ...more] },
    { subnet: `2001:db8:10${number}::/64`, addresses: [`2001:db8:10${number}::10`] },
  ],
});
const secondaries = ['10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14'];
const secondary6 = '2001:db8:100::25';

export function tellPrimaryAddresses({ name, suite, image, disturbances }: PrimaryAddressesStory): void {
  let daemon: Daemon;
  const host = (): AgentHost => daemon.host;
  const sh = (script: string) => guestOk(host().guest, ['sh', '-c', script]);

  beforeAll(async () => {
    const spec = { name, provider: 'aws', enis: [eni(0)] } as const;
    const made = await createDaemonHost(spec, { suite, image, agentConfig: 'primary-addresses = yes\n' });
    daemon = await startDaemon(made);
  });
  afterAll(() => destroyAgentHost(daemon?.host));

  /** Those of the list that are on the primary's link. */
  async function present(): Promise<readonly string[]> {
    const shown = await sh('ip -o addr show dev eth0');
    return [...secondaries, secondary6].filter(ip => shown.includes(` ${ip}/`));
  }
  async function becomes(...wanted: readonly string[]): Promise<void> {
    const isThere = async () => (await present()).join() === wanted.join();
    if (!(await waitFor(isThere, 90_000, 200))) expect(await present()).toEqual(wanted);
  }
  /** What is announced of the primary beside our addresses. */
  async function othersEvents(action: () => Promise<unknown>): Promise<readonly string[]> {
    const { events } = await countEvents(host().vpc, action, { settle: ['eth0'], linger: 1000 });
    const ours = [...secondaries, secondary6];
    return events.of('eth0').filter(line => !ours.some(ip => new RegExp(`\\b${ip}(/|\\b)`).test(line)));
  }
  /** At rest: a service may still be about to take away what is there, and the daemon about to bring it back. */
  async function answers(...ips: readonly string[]): Promise<void> {
    for (const ip of ips) {
      const family = ip.includes(':') ? 6 : 4;
      const ping = () => sh(`ping -${family} -c 1 -W 2 -I ${ip} ${remoteClient.address[family]}`);
      const isAnswered = () =>
        ping().then(
          () => true,
          () => false,
        );
      if (!(await waitFor(isAnswered, 20_000, 200))) await ping();
    }
    expect((await sh(`ip -4 route get ${remoteClient.address[4]}`)).split('\n')[0]).toContain(
      ' src 10.0.0.10 ',
    );
  }
  const sync = () => host().metadata.sync();

  test('five appear on a machine without a second ENI, and work; nothing else of the link has an event', async () => {
    expect(
      await othersEvents(async () => {
        for (const ip of [...secondaries, secondary6]) await assignAddress(host().vpc, 'eth0', ip);
        await sync();
        await agentOk(host(), ['refresh']);
      }),
    ).toEqual([]);
    await becomes(...secondaries, secondary6);
    await answers(...secondaries, secondary6);
    expect(await agentOk(host(), ['status'])).toContain('not managed but for its secondary addresses');
  });

  test('two go with the cloud’s, the others stay', async () => {
    expect(
      await othersEvents(async () => {
        for (const ip of secondaries.slice(0, 2)) await unassignAddress(host().vpc, 'eth0', ip);
        await sync();
        await agentOk(host(), ['refresh']);
      }),
    ).toEqual([]);
    await becomes(...secondaries.slice(2), secondary6);
    await answers(...secondaries.slice(2), secondary6);
  });

  test('the metadata fails: they stay', async () => {
    await host().metadata.send({ do: 'fault', fault: { match: '.*', status: 503, body: '' } });
    await sh('ip addr del 10.0.0.14/32 dev eth0; sleep 3');
    expect(await present()).toContain('10.0.0.13');
    await host().metadata.send({ do: 'clear-faults' });
    await agentOk(host(), ['refresh']);
    await becomes(...secondaries.slice(2), secondary6);
  });

  test.each(disturbances)('%s: they are there again', async script => {
    await sh(script);
    await becomes(...secondaries.slice(2), secondary6);
    await answers(...secondaries.slice(2), secondary6);
  });

  test('a second ENI comes: both work', async () => {
    await attachEni(host().vpc, eni(1));
    await sync();
    await waitFor(async () => (await sh('ip -4 rule')).includes('10.0.1.0/24'), 60_000, 200);
    await becomes(...secondaries.slice(2), secondary6);
    await answers(...secondaries.slice(2), secondary6);
    await sh(`ping -c 1 -W 5 -I 10.0.1.10 ${remoteClient.address[4]}`);
  });

  test('a boot takes them, and the agent gives them again', async () => {
    await stopDaemon(daemon);
    await rebootGuest(host().guest);
    await waitFor(async () => (await sh('ip -o addr show dev eth0')).includes(' 10.0.0.10/'), 30_000);
    expect(await present()).toEqual([]);
    await agentOk(host(), ['once']);
    await becomes(...secondaries.slice(2), secondary6);
    expect(await agentOk(host(), ['once'])).toContain('Nothing to do.');
  });

  test('remove takes them, and nothing else of the primary', async () => {
    expect(await othersEvents(() => agentOk(host(), ['remove']))).toEqual([]);
    expect(await present()).toEqual([]);
  });
}
