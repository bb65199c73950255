// `default-route = yes` with one service: far behind the primary's in both families, also with a gateway that is not link-local (Alibaba
// Cloud); refused where it would not be behind it; and never missing for a moment when its metric changes. Told once for each service.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Family } from '../../agent/model/address.ts';
import type { Suite } from '../needs/suites.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { countEvents } from './event-counter.ts';
import { guestOk } from './guest-commands.ts';
import { removeGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import type { GuestImageName } from './images.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import type { EniSpec } from './vpc-spec.ts';

export interface DefaultRouteStory {
  /** Of the VPC; no other test file may have it. */
  readonly name: string;
  readonly suite: Suite;
  readonly image: GuestImageName;
  readonly files?: Readonly<Record<string, string>>;
  /** What the service adds to the metric of each default route here. */
  readonly penalty?: number;
  /** The families in which the new one takes the place of the old one without a gap; both unless told. */
  readonly seamless?: readonly Family[];
}

const config = '/etc/eni-agent/eni-agent.conf.d/test.conf';
const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  subnets: [
    { subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`] },
    { subnet: `2001:db8:${number}::/64`, addresses: [`2001:db8:${number}::10`] },
  ],
});
const attention = 2;

export function tellDefaultRoute({
  name,
  suite,
  image,
  files = {},
  penalty = 0,
  seamless = [4, 6],
}: DefaultRouteStory): void {
  let host: AgentHost;
  let usual = 0;

  beforeAll(async () => {
    host = await createAgentHost(
      { name, provider: 'alibaba', enis: [eni(0), eni(1), eni(2)] },
      { suite, image, files },
    );
    await waitFor(async () => (await defaultsBy('eth0')).some(d => d.family === 4), 30_000);
    await agentOk(host, ['once']);
    usual = Math.max(...(await defaultsBy('eth0')).map(d => d.metric));
  });
  afterAll(() => destroyAgentHost(host));

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
  const configure = (...lines: readonly string[]) =>
    writeGuestFile(host.guest, config, `[eni "02:00:00:00:00:02"]\n${lines.join('\n')}\n`);

  async function defaultsBy(link: string) {
    const shown = await sh('for f in 4 6; do ip -o -$f route show default | sed "s/^/$f /"; done');
    // IPv6 routes of one metric are shown as one with several next hops.
    return shown.split('\n').flatMap(line => {
      const metric = Number(/ metric (\d+)/.exec(line)?.[1] ?? 0);
      return line.includes(` dev ${link} `) ? [{ family: Number(line[0]), metric, line }] : [];
    });
  }
  const metricsOf = async (link: string) =>
    (await defaultsBy(link)).map(({ family, metric }) => `IPv${family} ${metric}`).sort();
  const bothWith = (metric: number) => [`IPv4 ${metric + penalty}`, `IPv6 ${metric + penalty}`];

  async function works(): Promise<void> {
    const results = await pingMatrix(host.guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect((await sh('ip route get 203.0.113.9')).split('\n')[0]).toContain('dev eth0');
  }

  test('a fallback in both families, which a boot brings back', async () => {
    configure('default-route = yes');
    const before = await metricsOf('eth0');
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(events.of('eth0')).toEqual([]);
    expect(await metricsOf('eth1')).toEqual(bothWith(2_000_000_000));
    expect(await metricsOf('eth0')).toEqual(before);
    await works();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    await rebootGuest(host.guest);
    await waitFor(async () => (await metricsOf('eth1')).length === 2, 30_000);
    expect(await metricsOf('eth1')).toEqual(bothWith(2_000_000_000));
    await works();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('from another metric to this one, as after an upgrade, and never without one', async () => {
    configure('default-route = yes', 'metric = 30000');
    await agentOk(host, ['once']);
    expect(await metricsOf('eth1')).toEqual(bothWith(30_000));
    configure('default-route = yes');
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['once']));
    expect(await metricsOf('eth1')).toEqual(bothWith(2_000_000_000));
    expect(events.of('eth0')).toEqual([]);
    const present = { 4: new Set([30_000 + penalty]), 6: new Set([30_000 + penalty]) };
    const gaps: string[] = [];
    for (const line of events.of('eth1')) {
      if (!/\bdefault via /.test(line) || / table /.test(line)) continue;
      const family: Family = /via \S*:/.test(line) ? 6 : 4;
      const metric = Number(/ metric (\d+)/.exec(line)?.[1] ?? 0);
      if (line.includes('Deleted')) present[family].delete(metric);
      else present[family].add(metric);
      if (present[family].size === 0 && seamless.includes(family)) gaps.push(line);
    }
    expect(gaps, events.lines.join('\n')).toEqual([]);
    await works();
  });

  test('a metric that is not above the primary’s is refused, and the ENI and the others work', async () => {
    for (const metric of [1, usual].filter(m => m > 0)) {
      configure('default-route = yes', `metric = ${metric}`);
      const said = await agentOk(host, ['once'], attention);
      expect(said).toMatch(
        new RegExp(
          `default-route is left out, because metric ${metric} is not above .*: set a metric above \\d+`,
        ),
      );
      expect(await metricsOf('eth1')).toEqual([]);
      await works();
      expect(await agentOk(host, ['status'], attention)).toContain(`metric ${metric} is not above`);
    }
  });

  test('without the option nothing of it stays', async () => {
    removeGuestFile(host.guest, config);
    await agentOk(host, ['once']);
    expect(await metricsOf('eth1')).toEqual([]);
    await works();
  });

  test('remove takes it away as well, and it does not come back', async () => {
    const inMain = () =>
      sh('for f in 4 6; do ip -o -$f route show table main; done | grep "dev eth1" || true');
    configure('default-route = yes');
    await agentOk(host, ['once']);
    expect(await metricsOf('eth1')).toEqual(bothWith(2_000_000_000));
    await agentOk(host, ['remove']);
    await new Promise(resolve => setTimeout(resolve, 1000));
    // The image's own configuration may bring a lease now.
    expect((await inMain()).split('\n').filter(line => / metric 20000\d{5}\b/.test(line))).toEqual([]);
  });
}
