// The acceptance of the netplan backend: the real generator and the real networkd of two releases, a primary with a lease that must
// not notice anything, and the daemon-reload of somebody else that makes the next reload of networkd dangerous.
// needs: tree bookworm, tree trixie
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdAdvertisements, letAdvertisementsGo } from './advertisements.ts';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { listGuestDir, readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { assignAddress, attachEni, detachEni, unassignAddress } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

const eni = (number: number, net = number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  advertise: number > 0,
  subnets: [
    { subnet: `10.0.${net}.0/24`, addresses: [10, 11].map(last => `10.0.${net}.${number * 20 + last}`) },
    { subnet: `2001:db8:${net}::/64`, addresses: [`2001:db8:${net}::${number}0`] },
  ],
});
const primary: EniSpec = {
  ...eni(0),
  subnets: [
    { subnet: '10.0.9.0/24', addresses: ['10.0.9.10'] },
    { subnet: '2001:db8:9::/64', addresses: ['2001:db8:9::10'] },
  ],
};

const degraded = 2;
const live = '/run/systemd/network';
const kept = '/run/eni-agent/netplan-loaded';
const foreign = ['10-netplan-05-primary.network', '10-netplan-all-eth.network'];
const ours = '10-netplan-00-eni-eth1.network';

/** Waits until the link has a default route in main: half a minute at most. */
const hasDefault = (family: 4 | 6, link: string) =>
  `for i in $(seq 300); do ip -${family} route | grep -q "default.*${link}" && exit; sleep 0.1; done; exit 1`;

describe.each([
  { suite: 'bookworm' as const, harm: 1 },
  // networkd 257 asks for its lease again without giving the address up.
  { suite: 'trixie' as const, harm: 0 },
])('netplan of $suite', ({ suite, harm }) => {
  let host: AgentHost;

  beforeAll(async () => {
    host = await createAgentHost(
      { name: `netplan${suite}`, provider: 'aws', enis: [primary, eni(1)], holdAdvertisements: true },
      { suite, image: 'netplan' },
    );
  });
  afterAll(() => destroyAgentHost(host));

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
  /** One run of the agent: the primary must not have had a single event. */
  const quietly = async (args: readonly string[] = ['once'], exitCode = 0, settle = ['eth0']) => {
    const { events, result } = await countEvents(host.vpc, () => runAgent(host.guest, args), { settle });
    expect(result.exitCode, result.stdout + result.stderr).toBe(exitCode);
    expect(events.of('eth0')).toEqual([]);
    return { events, said: result.stdout + result.stderr };
  };
  const expectAllPings = async (links?: readonly string[]) => {
    const results = await pingMatrix(host.guest, { pick: ({ link }) => links?.includes(link) ?? true });
    expect(results.length).toBeGreaterThan(0);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  };
  const stampsOf = (files: readonly string[]) =>
    sh(`cd ${live}; stat -c '%n %i %y %s %A %U:%G' ${files.join(' ')}`);
  const change = async (how: () => Promise<unknown>) => {
    await how();
    await host.metadata.sync();
  };

  test('a broken definition of somebody else: the error is netplan’s, and nothing is touched', async () => {
    const broken = '/etc/netplan/70-broken.yaml';
    writeGuestFile(host.guest, broken, 'network: {version: 2, ethernets: {eth7: {foo: 1}}}\n', 0o600);
    const before = await stampsOf(foreign);
    // The catch-all has just brought eth1 up: what that brings has to be over.
    const { said, events } = await quietly(['once'], 1, ['eth0', 'eth1']).finally(() =>
      removeGuestFile(host.guest, broken),
    );
    expect(said).toContain('70-broken.yaml:1:42: Error in network definition: unknown key');
    expect(events.of('eth1')).toEqual([]);
    expect(await stampsOf(foreign)).toBe(before);
    expect(listGuestDir(host.guest, live)).toEqual(foreign);
    expect(listGuestDir(host.guest, '/etc/netplan')).not.toContain('60-eni-eth1.yaml');
    await letAdvertisementsGo(host.vpc);
  });

  test('add: every address answers, netplan shows it, and only our generated file is new', async () => {
    const before = await stampsOf(foreign);
    await quietly();
    await expectAllPings();
    expect(await sh('netplan get ethernets.00-eni-eth1')).toContain('10.0.1.30/32');
    expect(listGuestDir(host.guest, live)).toEqual([ours, ...foreign]);
    expect(await stampsOf(foreign)).toBe(before);
    // As netplan itself leaves its files: readable for the user of networkd.
    const modes = await sh(`stat -c '%A %U:%G' ${live}/${ours} ${live}/${foreign[0]}`);
    expect(new Set(modes.trim().split('\n')).size).toBe(1);
    expect(await sh('stat -c %a /run/eni-agent/netplan-root')).toBe('700\n');
    expect((await quietly()).events.of('eth1')).toEqual([]);
  });

  test('after a daemon-reload of somebody else: change, and a second ENI in the subnet', async () => {
    await sh('systemctl daemon-reload');
    await change(() => assignAddress(host.vpc, 'eth1', '10.0.1.35'));
    const { events } = await quietly();
    expect(events.deletionsOf('eth1')).toEqual([]);
    await expectAllPings();

    await change(() => attachEni(host.vpc, eni(2, 1)));
    await sh('systemctl daemon-reload');
    await quietly();
    await expectAllPings();
  });

  test('reboot without the agent', async () => {
    await rebootGuest(host.guest);
    await expectAllPings();
    await quietly();
  });

  test('detach', async () => {
    await change(() => detachEni(host.vpc, 'eth2'));
    await quietly();
    await expectAllPings();
    expect(listGuestDir(host.guest, live)).toEqual([ours, ...foreign]);
    expect(listGuestDir(host.guest, '/etc/systemd/network')).toEqual([`${ours}.d`]);
  });

  test('files of others written anew, and no link held: live, without a reload, and it says so', async () => {
    removeGuestFile(host.guest, kept);
    await sh('systemctl daemon-reload');
    await change(() => unassignAddress(host.vpc, 'eth1', '10.0.1.35'));
    await change(() => attachEni(host.vpc, { ...eni(3), advertise: true }));
    await sh(hasDefault(4, 'eth3'));
    await sh(hasDefault(6, 'eth3'));
    // networkd goes on there, and each advertisement brings its routes back: none comes while the agent takes them away.
    await holdAdvertisements(host.vpc);
    const { said } = await quietly(['once'], degraded);
    expect(said).toContain(`${live}/${foreign[0]} was rewritten after systemd-networkd.service loaded`);
    expect(said).toContain('live only: systemd-networkd has not loaded the files of');
    expect(await sh('ip -4 addr show dev eth1')).not.toContain('10.0.1.35');
    expect(readGuestFile(host.guest, '/etc/netplan/60-eni-eth1.yaml')).not.toContain('10.0.1.35');
    // What the image's catch-all has made of the new one is taken over without networkd, which learns of it at its next load.
    expect(await sh('ip -4 route show default')).not.toContain('eth3');
    await expectAllPings();
  });

  test('the lease of a link that was taken over is renewed: its default route comes back, and goes again', async () => {
    await sh('networkctl renew eth3');
    await sh(hasDefault(4, 'eth3'));
    await quietly(['once'], degraded);
    expect(await sh('ip -4 route show default')).not.toContain('eth3');
    await expectAllPings();
  });

  test('control: the reload that was not run does reach the primary', async () => {
    const { events } = await countEvents(host.vpc, () => sh('networkctl reload'), {
      settle: ['eth0'],
      linger: 1500,
    });
    expect(events.of('eth0').length).toBeGreaterThan(0);
    expect(events.deletionsOf('eth0').length > 0).toBe(harm > 0);
    await letAdvertisementsGo(host.vpc);
    // Somebody has loaded the files now, ours among them.
    expect(await sh('networkctl status eth3')).toContain('10-netplan-00-eni-eth3.network');
    await quietly();
    await expectAllPings();
  });

  test('a change of somebody else that he has not applied is his to apply', async () => {
    const yaml = '/etc/netplan/95-his.yaml';
    const text = 'network: {version: 2, ethernets: {05-primary: {link-local: [ipv4, ipv6]}}}\n';
    writeGuestFile(host.guest, yaml, text, 0o600);
    await sh('systemctl daemon-reload');
    await change(() => assignAddress(host.vpc, 'eth1', '10.0.1.36'));
    const { said } = await quietly(['once'], degraded);
    expect(said).toContain(`${live}/${foreign[0]} was changed after`);
    expect(said).toContain('live only: systemd-networkd has not loaded the files of');
    await expectAllPings();
    removeGuestFile(host.guest, yaml);
    await sh('systemctl daemon-reload');
    await change(() => unassignAddress(host.vpc, 'eth1', '10.0.1.36'));
    expect((await quietly()).said).not.toContain('live only: systemd-networkd has not loaded the files of');
    await expectAllPings();
  });

  test('remove', async () => {
    await sh('systemctl daemon-reload');
    const before = await stampsOf(foreign);
    // As in the matrix: an ENI that is the catch-all's again shares its default by advertisement with the primary.
    await holdAdvertisements(host.vpc);
    await quietly(['remove']);
    expect(listGuestDir(host.guest, live)).toEqual(foreign);
    expect(listGuestDir(host.guest, '/etc/netplan')).toEqual(['50-cloud-init.yaml', '90-default.yaml']);
    expect(listGuestDir(host.guest, '/etc/systemd/network')).toEqual([]);
    expect((await sh('ip rule; ip -6 rule')).match(/lookup 28\d\d\d/g)).toBeNull();
    expect(await stampsOf(foreign)).not.toBe(before);
    await agentOk(host, ['remove']);
  });
});
