// The lab on the other clouds' forms: link-local IPv6 gateways, delegated prefixes, a neighbour in a shared subnet, and the
// number of ENIs of a large instance. Configured by hand, without an agent.
// needs: tree bookworm
import { afterEach, describe, expect, test } from 'vitest';
import { runOk } from './command.ts';
import { createGuest, type Guest } from './guest.ts';
import { guestOk } from './guest-commands.ts';
import { writeGuestFile } from './guest-files.ts';
import { stopGuest } from './guest-power.ts';
import { inNamespace } from './namespace.ts';
import { addNeighbour, neighbourPings } from './neighbour.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { createVpc, destroyVpc, readSpoofDrops, type Vpc, type VpcSpec } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

const eth0: EniSpec = {
  link: 'eth0',
  mac: '0a:00:00:00:00:01',
  subnets: [
    { subnet: '172.31.16.0/20', addresses: ['172.31.16.10'] },
    { subnet: '2001:db8:a::/64', addresses: ['2001:db8:a::10'] },
  ],
};
const eth1: EniSpec = {
  link: 'eth1',
  mac: '0a:00:00:00:00:02',
  subnets: [
    { subnet: '172.31.32.0/20', addresses: ['172.31.32.10', '172.31.32.11'], prefixes: ['172.31.40.16/28'] },
    { subnet: '2001:db8:b::/64', addresses: ['2001:db8:b::10'] },
  ],
};

let vpc: Vpc | undefined;
let guest: Guest | undefined;

async function build(spec: VpcSpec): Promise<{ readonly vpc: Vpc; readonly guest: Guest }> {
  vpc = await createVpc(spec);
  guest = await createGuest(vpc);
  return { vpc, guest };
}

afterEach(async () => {
  if (guest !== undefined) await stopGuest(guest);
  if (vpc !== undefined) await destroyVpc(vpc);
  guest = undefined;
  vpc = undefined;
});

/** eth1 of AWS, by subnet; the delegated prefix gets a rule without `iif lo`, since its packets are forwarded. */
const awsEth1 = `auto eth1
iface eth1 inet static
    address 172.31.32.10/20
    up ip route add 172.31.32.0/20 dev eth1 src 172.31.32.10 table 28000
    up ip route add default via 172.31.32.1 dev eth1 table 28000
    up ip rule add from 172.31.32.0/20 lookup main suppress_prefixlength 0 priority 28300
    up ip rule add from 172.31.32.0/20 iif lo lookup 28000 priority 28600
    up ip rule add from 172.31.40.16/28 lookup 28000 priority 28600
iface eth1 inet static
    address 172.31.32.11/32
iface eth1 inet6 static
    address 2001:db8:b::10/64
    accept_ra 0
    autoconf 0
    dad-attempts 0
    up ip -6 route add 2001:db8:b::/64 dev eth1 table 28000
    up ip -6 route add default via fe80:ec2::1 dev eth1 table 28000
    up ip -6 rule add from 2001:db8:b::/64 lookup main suppress_prefixlength 0 priority 28300
    up ip -6 rule add from 2001:db8:b::/64 iif lo lookup 28000 priority 28600
`;

describe('aws', () => {
  test('link-local IPv6 gateway, delegated prefix, neighbour in the subnet: all by the right ENI', async () => {
    const { vpc, guest } = await build({ name: 'aws', provider: 'aws', enis: [eth0, eth1] });
    writeGuestFile(guest, '/etc/network/interfaces.d/60-eni-eth1', awsEth1);
    await guestOk(guest, ['ifup', 'eth1']);
    const neighbour = await addNeighbour(vpc, {
      link: 'eth0',
      mac: '0a:00:00:00:00:09',
      subnets: [
        { subnet: '172.31.32.0/20', addresses: ['172.31.32.90'] },
        { subnet: '2001:db8:b::/64', addresses: ['2001:db8:b::90'] },
      ],
    });
    const results = await pingMatrix(guest);
    expect(results.length).toBe(2 * 3 + 3 * 4);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    expect(results.map(result => result.target)).toContain('fe80:ec2::1%eth1');
    for (const address of ['172.31.32.11', '2001:db8:b::10'])
      expect(await neighbourPings(neighbour, address), address).toBe(true);

    // A container of the guest with an address out of the delegated prefix, seen from far away.
    await guestOk(guest, ['ip', 'addr', 'add', '172.31.40.17/32', 'dev', 'lo']);
    const client = await inNamespace(vpc.client, ['ping', '-n', '-q', '-c', '1', '-W', '2', '172.31.40.17']);
    await runOk(client);
    expect((await readSpoofDrops(vpc)).total).toBe(0);
  });
});
