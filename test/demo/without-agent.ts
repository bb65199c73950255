// The demo's first two acts: what the image itself makes of a second ENI, and which packets that loses. Some images leave the link
// alone, others configure each NIC by DHCP.
import { waitFor } from '../lab/command.ts';
import type { Guest } from '../lab/guest.ts';
import { guestOk, runInGuest } from '../lab/guest-commands.ts';
import type { ImageName } from '../lab/images.ts';
import { failedPings, type PingResult } from '../lab/ping-matrix.ts';
import { readSpoofDrops } from '../lab/vpc.ts';
import { remoteClient } from '../lab/vpc-spec.ts';
import { explain, heading } from './screen.ts';
import { check, quiet, shell, showPings } from './stage.ts';

/** What configures the second ENI with a lease and a second default route; undefined where nothing does. */
const catchAll: Readonly<Record<ImageName, string | undefined>> = {
  ifupdown: undefined,
  netplan: "The image's netplan file for every NIC (eth*: dhcp4)",
  networkd: "The image's .network file for every NIC (eth*: DHCP)",
  'networkmanager-keyfile': 'NetworkManager\'s automatic profile "Wired connection 1"',
};

/** Why the kernel takes one of two default routes, by what the image gives them. */
const whichWins: Readonly<Record<ImageName, string>> = {
  ifupdown: '',
  netplan: 'Both default routes have the same metric, so the one that came first wins, at each boot anew.',
  networkd: 'Both default routes have the same metric, so the one that came first wins, at each boot anew.',
  'networkmanager-keyfile': 'The default route with the smaller metric wins.',
};

/** Shows the ENI as the image leaves it, and what is lost. */
export async function withoutAgent(guest: Guest, image: ImageName): Promise<void> {
  const how = catchAll[image];
  if (how === undefined) {
    explain('The distribution configures eth0 only. eth1 is there and has nothing:');
    await shell(guest, 'ip -br addr');
    heading('Without policy routing it does not work');
    explain('With an address alone, the replies leave by eth0, and the VPC drops them as spoofed:');
    await byHand(guest);
  } else {
    explain(`${how} has configured eth1 too: a lease, and a second default route in main.`);
    const ready = await waitFor(() => bothDefaults(guest), 15_000);
    await shell(guest, 'ip -br addr');
    await shell(guest, 'ip route');
    check(ready, 'a default route by each NIC');
    heading('Without policy routing it does not work');
    await byLease(guest, image);
  }
  const { total } = await readSpoofDrops(guest.vpc);
  check(total > 0, `the router has dropped ${total} ${total === 1 ? 'packet' : 'packets'} (it is strict)`);
}

/** An address by hand, as a person would try it, and away with it again. */
async function byHand(guest: Guest): Promise<void> {
  await quiet(guest, 'ip addr add 10.0.2.10/24 dev eth1');
  await quiet(guest, 'ip link set eth1 up');
  checkLost(await showPings(guest, { pick: (_, address) => address === '10.0.2.10', patience: 0 }));
  await guestOk(guest, ['ip', 'addr', 'del', '10.0.2.10/24', 'dev', 'eth1']);
  await guestOk(guest, ['ip', 'link', 'set', 'eth1', 'down']);
}

/** Which NIC has won is the kernel's answer: it differs from run to run where the metrics are equal. */
async function byLease(guest: Guest, image: ImageName): Promise<void> {
  explain(whichWins[image]);
  const winner = / dev (\S+)/.exec(await shell(guest, `ip route get ${remoteClient.address[4]}`))?.[1];
  const [loser, whose] = winner === 'eth0' ? ['eth1', "the second ENI's"] : ['eth0', "the primary's"];
  explain(`Packets with ${whose} address leave by ${winner} as well, and the VPC drops them as spoofed:`);
  const leased = [...guest.vpc.enis.values()].map(eni => eni.subnets[0]?.addresses[0]);
  const results = await showPings(guest, { pick: (_, address) => leased.includes(address), patience: 0 });
  checkLost(results.filter(({ link }) => link === loser));
  if (loser === 'eth0') explain('From outside its subnet the VM no longer answers at its primary address.');
}

function checkLost(results: readonly PingResult[]): void {
  check(
    failedPings(results.filter(({ direction }) => direction !== 'gateway')).length === 2,
    `${failedPings(results).length} of ${results.length} pings of ${results[0]?.link} lost`,
  );
}

/** The leases may come after the boot. */
async function bothDefaults(guest: Guest): Promise<boolean> {
  const { stdout } = await runInGuest(guest, ['ip', '-4', 'route', 'show', 'default']);
  return ['eth0', 'eth1'].every(link => stdout.includes(` dev ${link} `));
}
