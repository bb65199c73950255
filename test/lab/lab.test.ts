// The lab proves itself, with a file written by hand and no agent: the router is strict, a right configuration passes
// everywhere, the event counter sees what happens and nothing else, and nothing stays behind.
// needs: tree bookworm
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './command.ts';
import { startEmulator } from './emulator.ts';
import { countEvents } from './event-counter.ts';
import { createGuest, type Guest } from './guest.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { rebootGuest, stopGuest } from './guest-power.ts';
import {
  addressesOnly,
  bySubnet,
  eth1,
  eth2,
  gateway4,
  primary,
  sharedEth1,
  sharedEth2,
} from './hand-written.ts';
import { createNamespace, findRemains, inNamespace, ip, labName, removeNamespace } from './namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import {
  assignAddress,
  attachEni,
  createVpc,
  destroyVpc,
  detachEni,
  readSpoofDrops,
  unassignAddress,
  type Vpc,
} from './vpc.ts';

const eth1File = '/etc/network/interfaces.d/60-eni-eth1';
const eth2File = '/etc/network/interfaces.d/60-eni-eth2';

describe('the lab', () => {
  let vpc: Vpc;
  let guest: Guest;

  beforeAll(async () => {
    vpc = await createVpc({ name: 'proof', provider: 'alibaba', enis: [primary] });
    guest = await createGuest(vpc);
  });
  afterAll(async () => {
    if (guest !== undefined) await stopGuest(guest);
    if (vpc !== undefined) await destroyVpc(vpc);
  });

  test('the primary comes up by DHCP, with the default route, and reaches the metadata address', async () => {
    expect(failedPings(await pingMatrix(guest))).toEqual([]);
    expect(await guestOk(guest, ['ip', '-4', 'route', 'show', 'default'])).toContain(
      'via 10.0.1.253 dev eth0',
    );
    expect(readGuestFile(guest, '/etc/resolv.conf')).toContain('nameserver 198.18.0.53');
    await guestOk(guest, ['ping', '-c', '1', '-W', '1', '100.100.100.200']);
    expect((await readSpoofDrops(vpc)).total).toBe(0);
  });

  test('addresses alone do not make an ENI work: the replies leave by the primary and are dropped as spoofed', async () => {
    await attachEni(vpc, eth1);
    writeGuestFile(guest, eth1File, addressesOnly);
    await guestOk(guest, ['ifup', 'eth1']);
    const results = await pingMatrix(guest, { pick: eni => eni.link === 'eth1', patience: 0 });
    const passed = results.filter(result => result.ok && result.direction !== 'gateway');
    expect(passed, renderMatrix(results)).toEqual([]);
    const drops = await readSpoofDrops(vpc);
    expect(drops.byLink.eth0).toBeGreaterThan(0);
    expect(drops.byLink.eth1).toBe(0);
    // With the file that it was brought up with: ifdown runs the down lines of the file that it reads now.
    await guestOk(guest, ['ifdown', 'eth1']);
  });

  test('with a table and rules by subnet every address works both ways, and eth0 notices nothing', async () => {
    const before = await readSpoofDrops(vpc);
    const { events } = await countEvents(vpc, async () => {
      writeGuestFile(guest, eth1File, bySubnet);
      await guestOk(guest, ['ifup', 'eth1']);
    });
    expect(events.of('eth0')).toEqual([]);
    expect(events.of('eth1').length).toBeGreaterThan(3);
    const results = await pingMatrix(guest);
    expect(results.length).toBe(3 * 6);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect(await readSpoofDrops(vpc)).toEqual(before);
    expect(await guestOk(guest, ['ip', 'rule'])).toContain('28600:\tfrom 10.0.2.0/24 iif lo lookup 28000');
  });

  test('router advertisements and DHCP of the second ENI are there, and a static one takes neither', async () => {
    expect(vpc.servers.get('eth1')?.log()).toContain('RTR-ADVERT(port1) 2001:db8:2::');
    const main = await guestOk(guest, ['ip', '-6', 'route', 'show', 'table', 'main']);
    expect(main.split('\n').filter(line => line.startsWith('default') && line.includes('eth1'))).toEqual([]);
    expect(readGuestFile(guest, '/etc/resolv.conf')).not.toContain('198.18.1.53');
  });

  test('a DHCP client without care gets a second default route and a foreign resolv.conf', async () => {
    await guestOk(guest, ['ifdown', 'eth1']);
    writeGuestFile(guest, eth1File, 'iface eth1 inet dhcp\n    metric 500\n');
    await guestOk(guest, ['ifup', 'eth1']);
    const routes = await guestOk(guest, ['ip', '-4', 'route', 'show', 'default']);
    expect(routes).toContain(`default via ${gateway4} dev eth1`);
    expect(readGuestFile(guest, '/etc/resolv.conf')).toContain('198.18.1.53');
    await guestOk(guest, ['ifdown', 'eth1']);
    writeGuestFile(guest, eth1File, bySubnet);
    await guestOk(guest, ['ifup', 'eth1']);
  });

  test('an address that the cloud assigns and takes away is right and wrong on this ENI at once', async () => {
    await guestOk(guest, ['ip', 'addr', 'add', '10.0.2.13/32', 'dev', 'eth1']);
    const only = (address: string) => ({
      pick: (_: unknown, other: string) => other === address,
      patience: 0,
    });
    const outward = ['ping', '-n', '-c', '1', '-W', '1', '-I', '10.0.2.13', '203.0.113.9'];
    expect((await runInGuest(guest, outward)).exitCode).not.toBe(0);
    await assignAddress(vpc, 'eth1', '10.0.2.13');
    expect(failedPings(await pingMatrix(guest, only('10.0.2.13')))).toEqual([]);
    await unassignAddress(vpc, 'eth1', '10.0.2.13');
    expect((await runInGuest(guest, outward)).exitCode).not.toBe(0);
    expect(failedPings(await pingMatrix(guest))).toEqual([]);
    await guestOk(guest, ['ip', 'addr', 'del', '10.0.2.13/32', 'dev', 'eth1']);
  });

  test('two ENIs in one subnet: rules by address pass, under strict rp_filter on both', async () => {
    await attachEni(vpc, eth2);
    await guestOk(guest, ['ifdown', 'eth1']);
    writeGuestFile(guest, eth1File, sharedEth1);
    writeGuestFile(guest, eth2File, sharedEth2);
    await guestOk(guest, ['ifup', 'eth1']);
    await guestOk(guest, ['ifup', 'eth2']);
    const before = await readSpoofDrops(vpc);
    expect(await guestOk(guest, ['sysctl', '-n', 'net.ipv4.conf.eth2.rp_filter'])).toBe('1\n');
    const results = await pingMatrix(guest);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect(await readSpoofDrops(vpc)).toEqual(before);
    // The router stands for the other port's addresses in the shared subnet, as a VPC does; both families.
    const neighbours = await ip(vpc.router, '-6', 'neigh', 'show', 'proxy');
    expect(neighbours).toContain('2001:db8:2::20 dev port1');
    expect(neighbours).toContain('2001:db8:2::10 dev port2');
  });

  test('after a reboot the network service alone brings everything back', async () => {
    const old = guest.pid;
    await rebootGuest(guest);
    expect(existsSync(`/proc/${old}`)).toBe(false);
    const results = await pingMatrix(guest);
    expect(results.length).toBe((2 + 4 + 2) * 3);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
  });

  test('the event counter sees one touch of eth0, and deletions as such', async () => {
    const { events } = await countEvents(vpc, async () => {
      await guestOk(guest, ['ip', 'addr', 'add', '10.0.1.99/32', 'dev', 'eth0']);
      await guestOk(guest, ['ip', 'addr', 'del', '10.0.1.99/32', 'dev', 'eth0']);
    });
    expect(events.of('eth0').length).toBeGreaterThanOrEqual(2);
    expect(events.deletionsOf('eth0').length).toBeGreaterThanOrEqual(1);
    expect(events.of('eth1')).toEqual([]);
  });

  test('a detached ENI is gone from guest and router; the others go on', async () => {
    await detachEni(vpc, 'eth2');
    expect(await guestOk(guest, ['ls', '/sys/class/net'])).not.toContain('eth2');
    expect(await ip(vpc.router, 'route', 'show')).not.toContain('10.0.2.20');
    expect(failedPings(await pingMatrix(guest))).toEqual([]);
  });

  test('the guest cannot reach the machine: own processes, own host name, read-only sysctls', async () => {
    expect((await guestOk(guest, ['hostname'])).trim()).toBe('guest');
    expect((await guestOk(guest, ['ps', 'ax', '-o', 'comm='])).split('\n')).not.toContain('node');
    expect((await runInGuest(guest, ['sysctl', '-w', 'kernel.panic=1'])).exitCode).not.toBe(0);
    expect((await runInGuest(guest, ['touch', '/sys/x'])).exitCode).not.toBe(0);
  });
});

describe('the metadata service of the lab', () => {
  test("answers the guest on the cloud's own address, asks for a token, and says what the VPC is now", async () => {
    const vpc = await createVpc({ name: 'metadata', provider: 'aws', enis: [primary] });
    try {
      const emulator = await startEmulator(vpc);
      const guest = await createGuest(vpc);
      const macs = '/latest/meta-data/network/interfaces/macs/';
      expect((await ask(guest, `GET ${macs}`)).split('\r\n')[0]).toContain(' 401 ');
      const token = (await ask(guest, 'PUT /latest/api/token', 'X-aws-ec2-metadata-token-ttl-seconds: 300'))
        .trim()
        .split(/\s+/)
        .at(-1);
      const listing = () => ask(guest, `GET ${macs}`, `X-aws-ec2-metadata-token: ${token}`);
      expect(await listing()).toContain(primary.mac);
      await attachEni(vpc, eth1);
      expect(await listing()).not.toContain(eth1.mac);
      await emulator.sync();
      expect(await listing()).toContain(eth1.mac);
      await emulator.stop();
      await stopGuest(guest);
    } finally {
      await destroyVpc(vpc);
    }
  });
});

/** One HTTP request from inside the guest, by bash alone: the tree has no client. */
async function ask(guest: Guest, request: string, header = 'X-None: none'): Promise<string> {
  const text = `${request} HTTP/1.1\\r\\nHost: 169.254.169.254\\r\\nConnection: close\\r\\n${header}\\r\\n\\r\\n`;
  const script = `exec 3<>/dev/tcp/169.254.169.254/80; printf '${text}' >&3; cat <&3`;
  return guestOk(guest, ['timeout', '5', 'bash', '-c', script]);
}

describe('the guard and the broom', () => {
  test('nothing starts in a namespace that is not of this run, nor without the metadata address', async () => {
    await expect(inNamespace('elsewhere', ['true'])).rejects.toThrow('not a namespace of this run');
    const name = labName('guard', 'router');
    await createNamespace(name);
    const metadata = { router: name, addresses: ['169.254.169.254'] };
    await expect(inNamespace(name, ['true'], metadata)).rejects.toThrow('nothing is started');
    await ip(name, 'addr', 'add', '169.254.169.254/32', 'dev', 'lo');
    expect(await inNamespace(name, ['true'], metadata)).toEqual([
      'nsenter',
      `--net=/run/netns/${name}`,
      '--',
      'true',
    ]);
    removeNamespace(name);
  });

  test('no namespace, folder, mount or process of this run is left', async () => {
    expect(await findRemains(process.pid)).toEqual([]);
    const processes = (await run(['ps', 'ax', '-o', 'args='])).stdout.split('\n');
    expect(processes.filter(line => line.includes(`enilab-${process.pid}-`))).toEqual([]);
  });

  test('what a killed run left is found and removed by the next one', async () => {
    const script = `
      const { createVpc } = await import(${JSON.stringify(new URL('./vpc.ts', import.meta.url).href)});
      await createVpc({ name: 'killed', provider: 'aws', enis: [${JSON.stringify(primary)}] });
      console.log('built');
      process.kill(process.pid, 'SIGKILL');`;
    const killed = await run([process.execPath, '--input-type=module', '-e', script]);
    expect(killed.stdout).toContain('built');
    const pid = /enilab-(\d+)-killed-router/.exec((await run(['ip', 'netns', 'list'])).stdout)?.[1];
    expect(pid).toBeDefined();
    const sweep = `
      const { sweepLeftovers } = await import(${JSON.stringify(new URL('./namespace.ts', import.meta.url).href)});
      console.log(sweepLeftovers().join(' '));`;
    const swept = await run([process.execPath, '--input-type=module', '-e', sweep]);
    expect(swept.stdout).toContain(`enilab-${pid}-killed-router`);
    expect(await findRemains(Number(pid))).toEqual([]);
    const processes = (await run(['ps', 'ax', '-o', 'args='])).stdout;
    expect(processes).not.toContain(`enilab-${pid}-`);
  });
});
