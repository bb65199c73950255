// A boot at which the kernel has given the ENI's name to the primary and the primary's to the ENI, on the services whose files go by MAC. The
// agent does not run at that boot: the primary keeps to itself and answers, the ENI works. Then other names while the machine runs.
// needs: tree bookworm, tree trixie
// with --all only: a minute for each service
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { startBackground, waitFor } from './command.ts';
import { guestOk } from './guest-commands.ts';
import { readGuestFile, writeGuestFile } from './guest-files.ts';
import { powerOn, rebootGuest, stopGuest } from './guest-power.ts';
import { inNamespace, ipBatch } from './namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import { attachEni, detachEni, renewGuestNamespace } from './vpc.ts';
import { type EniSpec, remoteClient } from './vpc-spec.ts';

const primary: EniSpec = {
  link: 'eth0',
  mac: '02:00:00:00:00:01',
  subnets: [{ subnet: '10.0.9.0/24', addresses: ['10.0.9.10'] }],
};
const eniAddresses = { 4: ['10.0.1.10', '10.0.1.11'], 6: ['2001:db8:1::10'] };
const eni: EniSpec = {
  link: 'eth1',
  mac: '02:00:00:00:00:02',
  subnets: [
    { subnet: '10.0.1.0/24', addresses: eniAddresses[4] },
    { subnet: '2001:db8:1::/64', addresses: eniAddresses[6] },
  ],
};
const ownAddresses = [...eniAddresses[4].map(ip => `${ip}/32`), ...eniAddresses[6].map(ip => `${ip}/128`)];

interface Column {
  readonly image: 'networkd' | 'netplan' | 'networkmanager-keyfile';
  readonly suite: 'bookworm' | 'trixie';
  /** What cloud-init writes anew for the name that the primary has; undefined: a catch-all of the image configures it. */
  readonly primaryFile?: string;
  /** Where the files of ours are, and what was made of them. */
  readonly folders: readonly string[];
}

const columns: readonly Column[] = [
  {
    image: 'networkd',
    suite: 'trixie',
    folders: ['/etc/systemd/network'],
  },
  {
    image: 'netplan',
    suite: 'bookworm',
    primaryFile: '/etc/netplan/50-cloud-init.yaml',
    folders: ['/etc/netplan', '/etc/systemd/network', '/run/systemd/network'],
  },
  {
    image: 'networkmanager-keyfile',
    suite: 'bookworm',
    primaryFile: '/etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection',
    folders: ['/etc/NetworkManager', '/run/NetworkManager/system-connections'],
  },
];

describe.each(columns)('$image of $suite', ({ image, suite, primaryFile, folders }) => {
  let host: AgentHost;
  /** The links have the names by which the lab knows them. */
  let namesAreTheLabs = true;

  beforeAll(async () => {
    const vpc = {
      name: `exch${image.replace(/\W/g, '').slice(0, 12)}`,
      provider: 'aws',
      enis: [primary, eni],
    } as const;
    const files = primaryFile === undefined ? { 'etc/systemd/network/10-primary.network': '' } : {};
    host = await createAgentHost(vpc, {
      image,
      suite,
      files,
      primary: primaryFile === undefined ? 'dhcp' : 'static',
    });
    await agentOk(host, ['once']);
  });
  afterAll(() => destroyAgentHost(host));

  const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
  const addressesOf = async (link: string) =>
    [...(await sh(`ip -o addr show ${link} scope global`)).matchAll(/inet6? (\S+)/g)]
      .map(([, address]) => address!)
      .sort();
  /** Paths of files of ours. */
  const ourFiles = () => sh(`find ${folders.join(' ')} -type f -path '*-eni-*' -o -type f -path '*/eni-*'`);

  /** A gateway that is link-local is asked by the name that the lab gave the link, so IPv6 is asked without it. */
  const expectPings = async (which: 'all' | 'primary' = 'all') => {
    const pick = (one: { readonly mac: string }, address: string) =>
      (which === 'all' || one.mac === primary.mac) && (namesAreTheLabs || !address.includes(':'));
    const results = await pingMatrix(host.guest, { pick });
    expect(results.length).toBeGreaterThan(0);
    expect(failedPings(results), renderMatrix(results)).toEqual([]);
    if (which === 'all')
      await sh(
        `for i in $(seq 150); do ping -6 -n -q -c 1 -W 1 -I ${eniAddresses[6][0]} ${remoteClient.address[6]} && exit; sleep 0.1; done; exit 1`,
      );
  };
  /** The primary under `one`: its own address and way out, nothing of the ENI. The ENI under `other`: what is its own, and no more. */
  const expectApart = async (one: string, other: string) => {
    const isThere = async () => (await addressesOf(other)).length >= ownAddresses.length;
    await waitFor(isThere, 15_000, 100);
    expect(await addressesOf(one)).toEqual(['10.0.9.10/24']);
    expect(await addressesOf(other)).toEqual([...ownAddresses].sort());
    const table = await sh('ip route show table 28000; ip -6 route show table 28000');
    expect(table).toContain(`dev ${other}`);
    expect(table).not.toContain(`dev ${one}`);
    const main = await sh('ip route show table main; ip -6 route show table main default');
    expect(main).toMatch(new RegExp(`default via 10\\.0\\.9\\.1 dev ${one}`));
    expect(main).not.toContain(`dev ${other}`);
    const rules = await sh('ip rule; ip -6 rule');
    expect(
      rules.split('\n').filter(line => /(28[036]|330)00:/.test(line) && /10\.0\.9\./.test(line)),
    ).toEqual([]);
    expect(rules).toContain('28600:\tfrom 10.0.1.0/24 iif lo lookup 28000');
  };
  /** Pings the primary from outside meanwhile, five times a second: once it has answered, it always does. */
  const primaryAnswers = async (action: () => Promise<unknown>) => {
    const ping = ['ping', '-n', '-O', '-i', '0.2', '10.0.9.10'];
    const pings = startBackground(await inNamespace(host.vpc.client, ping));
    const numbers = () => [...pings.output().matchAll(/icmp_seq=(\d+) ttl=/g)].map(([, n]) => Number(n));
    try {
      await action();
      const answeredBefore = numbers().length;
      expect(await waitFor(() => numbers().length > answeredBefore + 10, 20_000)).toBe(true);
    } finally {
      await pings.stop();
    }
    const answered = new Set(numbers());
    const [first, last] = [Math.min(...answered), Math.max(...answered)];
    const silent = Array.from({ length: last - first }, (_, i) => first + i).filter(n => !answered.has(n));
    expect(silent, pings.output().slice(-3000)).toEqual([]);
  };
  const swap = ['eth0 name spare', 'eth1 name eth0', 'spare name eth1'].map(words => `link set ${words}`);

  /** cloud-init writes the primary's definition for the name that it has; the lab does it in its place. */
  const bootWith = async (primaryLink: 'eth0' | 'eth1') => {
    namesAreTheLabs = primaryLink === 'eth0';
    if (primaryFile !== undefined) {
      const text = readGuestFile(host.guest, primaryFile)!;
      writeGuestFile(host.guest, primaryFile, text.replaceAll(/eth[01]/g, primaryLink));
    }
    await stopGuest(host.guest);
    await renewGuestNamespace(host.vpc);
    if (!namesAreTheLabs) await ipBatch(host.vpc.guest, swap);
    await primaryAnswers(async () => {
      await powerOn(host.guest);
      await expectPings();
    });
  };

  test('a boot as it was: every address works before the agent has run', async () => {
    await rebootGuest(host.guest);
    await expectPings();
    await expectApart('eth0', 'eth1');
  });

  test('exchanged names without the agent: the primary answers from the boot on, and both have what is their own', async () => {
    await bootWith('eth1');
    await expectApart('eth1', 'eth0');
  });

  test('then the agent: the primary notices nothing, its files bear the new name', async () => {
    await primaryAnswers(() => agentOk(host, ['once']));
    expect(await ourFiles()).toContain('eth0');
    expect(await ourFiles()).not.toContain('eth1');
    await expectApart('eth1', 'eth0');
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
    expect(await agentOk(host, ['status'])).not.toContain('missing');
    await expectPings();
  });

  test('exchanged back: the same', async () => {
    await bootWith('eth0');
    await expectApart('eth0', 'eth1');
    await primaryAnswers(() => agentOk(host, ['once']));
    await expectPings();
    expect(await ourFiles()).not.toContain('eth0');
  });

  test('renamed by hand while the machine runs', async () => {
    namesAreTheLabs = false;
    await sh('ip link set eth1 down; ip link set eth1 name ens9; ip link set ens9 up');
    await primaryAnswers(() => agentOk(host, ['once']));
    await expectApart('eth0', 'ens9');
    await expectPings();
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('detached, and attached again under another name', async () => {
    namesAreTheLabs = true;
    await detachEni(host.vpc, 'eth1');
    await attachEni(host.vpc, { ...eni, link: 'eth5' });
    await host.metadata.sync();
    await primaryAnswers(() => agentOk(host, ['once']));
    await expectApart('eth0', 'eth5');
    await expectPings();
    expect(await ourFiles()).not.toMatch(/eth[01]|ens9/);
    await rebootGuest(host.guest);
    await expectPings();
    await expectApart('eth0', 'eth5');
  });

  test('"remove" after another exchange leaves nothing', async () => {
    await stopGuest(host.guest);
    await renewGuestNamespace(host.vpc);
    // The primary keeps its name, a stranger has the ENI's old one.
    await ipBatch(host.vpc.guest, ['link set eth5 name eth1', 'link add eth5 type bridge']);
    await powerOn(host.guest);
    namesAreTheLabs = false;
    await expectPings();
    await agentOk(host, ['remove']);
    expect(await ourFiles()).toBe('');
    expect(await sh('ip rule; ip -6 rule')).not.toMatch(/(28[036]|330)00:/);
    expect(await sh('ip route show table 28000 2>/dev/null; ip -6 route show table 28000 2>/dev/null')).toBe(
      '',
    );
    expect(await addressesOf('eth0')).toEqual(['10.0.9.10/24']);
    await expectPings('primary');
  });
});
