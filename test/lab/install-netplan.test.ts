// The package on netplan, where every daemon-reload of an installation is a danger for the primary: it has netplan's generator write all
// files anew, and systemd-networkd 252 drops the primary's lease at the next reload.
// needs: tree bookworm, package deb
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { type AgentHost, agentOk, destroyAgentHost } from './agent-host.ts';
import { allPing } from './daemon-steps.ts';
import { countEvents } from './event-counter.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { tellInstallStory } from './install-story.ts';
import { configure, createPackageHost, install, repack } from './package-guest.ts';
import { findPackage } from './packages.ts';

tellInstallStory({ suite: 'bookworm', image: 'netplan', file: '/etc/netplan/60-eni-eth1.yaml' });

describe('why preinst holds the files that networkd has loaded', () => {
  const hosts: AgentHost[] = [];
  let packages: Awaited<ReturnType<typeof repack>>;

  beforeAll(async () => {
    packages = await repack(findPackage('eni-agent', 'deb'), {
      '1.0-1': undefined,
      '1.0-1~forgetful': tree => rmSync(join(tree, 'DEBIAN/preinst')),
    });
  });
  afterAll(async () => {
    packages?.remove();
    for (const host of hosts) await destroyAgentHost(host);
  });

  /** The ENI is there at the installation, in the hands of the image's catch-all. */
  const installOn = async (name: string, version: string) => {
    const spec = { suite: 'bookworm', image: 'netplan' } as const;
    const host = await createPackageHost({ name, provider: 'aws', enis: [primary, first] }, spec);
    hosts.push(host);
    configure(host);
    const deb = packages.path(version);
    const { events, result } = await countEvents(host.vpc, () => install(host, deb), { linger: 1000 });
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(events.of('eth0')).toEqual([]);
    return host;
  };

  test('with it the ENI is taken over at once, and the primary hears nothing', async () => {
    const host = await installOn('instheld', '1.0-1');
    await agentOk(host, ['once']);
    expect(await guestOk(host.guest, ['ip', 'rule'])).toContain('lookup 28000');
    expect(await guestOk(host.guest, ['ip', 'route'])).not.toContain('default via 10.0.1.1');
  });

  test('without it the ENI is taken over without networkd, because the reload would drop the address of the primary', async () => {
    const host = await installOn('instforgetful', '1.0-1~forgetful');
    const fileOf = async () =>
      (await guestOk(host.guest, ['networkctl', 'status', 'eth1'])).match(/Network File: (.*)/)?.[1];
    // Degraded (2) if the daemon has not made the change before: it goes live only.
    const { exitCode, stdout, stderr } = await runAgent(host.guest, ['once']);
    expect([0, 2], stdout + stderr).toContain(exitCode);
    await allPing(host);
    expect(await guestOk(host.guest, ['ip', 'route'])).not.toContain('default via 10.0.1.1');
    expect(await fileOf()).toBe('/run/systemd/network/10-netplan-all-eth.network');
    // Somebody's reload does what the agent has not done: it reaches the primary, and networkd knows the ENI from then on.
    const reload = () => guestOk(host.guest, ['networkctl', 'reload']);
    const { events } = await countEvents(host.vpc, reload, { settle: ['eth0'], linger: 1500 });
    expect(events.deletionsOf('eth0').length).toBeGreaterThan(0);
    expect(await fileOf()).toBe('/run/systemd/network/10-netplan-00-eni-eth1.network');
    await allPing(host);
  });
});
