// The life of a machine, told once for every column: what a cloud does to it, in order, and what must hold after each step.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normalFormOfKernel } from '../../agent/apply/normal-form.ts';
import { holdAdvertisements } from '../lab/advertisements.ts';
import { type AgentHost, agentOk, destroyAgentHost } from '../lab/agent-host.ts';
import { countEvents } from '../lab/event-counter.ts';
import { runInGuest } from '../lab/guest-commands.ts';
import { rebootGuest } from '../lab/guest-power.ts';
import { kernelOfGuest } from '../lab/proofs/proof-guest.ts';
import { assignAddress, attachEni, detachEni, unassignAddress } from '../lab/vpc.ts';
import { type Column, nameOf } from './columns.ts';
import { disturbances } from './disturbances.ts';
import { joining, plugged, reattached } from './enis.ts';
import { faults, impatiently } from './faults.ts';
import { addForeign, foreignLines, mendForeign } from './foreign.ts';
import {
  createMachine,
  evidenceOf,
  expectForeign,
  expectPlanned,
  pass,
  planOf,
  plug,
  primaryEvidence,
} from './machine.ts';
import { underTraffic } from './steady.ts';

/** With DHCP a cycle takes up to 15 s, most of it waiting for leases: five of them. */
const cyclesOf = ({ addressing }: Column) =>
  Math.min(Number(process.env.MATRIX_CYCLES ?? 20), addressing === 'dhcp' ? 5 : 20);
const ownTraffic = ['10.0.9.10', '10.0.1.30'] as const;

/** All steps of one column: what column.test.ts calls. */
export function tellStory(column: Column): void {
  describe(nameOf(column), () => tell(column));
}

function tell(column: Column): void {
  let host: AgentHost;
  const cycles = cyclesOf(column);
  beforeAll(async () => {
    host = await createMachine(column);
  });
  afterAll(() => destroyAgentHost(host));
  const planned = (step: string) => expectPlanned(host, column, step);
  /** The cloud has changed something. networkd deletes foreign rules when a new link appears, before there is any pass: mended here. */
  const sync = async () => {
    await host.metadata.sync();
    await new Promise(resolve => setTimeout(resolve, 300));
    await mendForeign(host);
  };

  test('boot with ENIs', async () => {
    expect(await evidenceOf(host)).toContain(primaryEvidence[column.image]);
    await pass(host);
    await planned('boot');
    await addForeign(host, column.image);
    await planned('boot');
  });

  test('nothing to do', async () => {
    const settle = [...host.vpc.enis.keys(), 'br0'];
    const { events, result } = await countEvents(host.vpc, () => agentOk(host, ['once']), { settle });
    expect(result).toContain('Nothing to do.');
    expect(events.lines).toEqual([]);
  });

  test('hot-plug', async () => {
    await plug(host, plugged);
    await sync();
    await pass(host);
    await planned('hot-plug');
    await expectForeign(host, column);
  });

  test('addresses come and go', async () => {
    await assignAddress(host.vpc, 'eth1', '10.0.1.33');
    await assignAddress(host.vpc, 'eth1', '2001:db8:1::13');
    await unassignAddress(host.vpc, 'eth1', '10.0.1.32');
    await unassignAddress(host.vpc, 'eth1', '2001:db8:1::11');
    await sync();
    const { losses } = await underTraffic(host, ['10.0.9.10', '10.0.1.30', '10.0.2.50'], () => pass(host));
    expect(losses).toEqual([]);
    await planned('addresses');
    await expectForeign(host, column);
  });

  test('a second ENI joins the subnet', async () => {
    const { losses } = await underTraffic(host, ownTraffic, async () => {
      await attachEni(host.vpc, joining);
      await sync();
      await pass(host);
    });
    expect(losses).toEqual([]);
    await planned('joined');
    await expectForeign(host, column);
  });

  test('and leaves it', async () => {
    const { losses } = await underTraffic(host, ownTraffic, async () => {
      await detachEni(host.vpc, 'eth4');
      await sync();
      await pass(host);
    });
    expect(losses).toEqual([]);
    await planned('left');
    await expectForeign(host, column);
  });

  test('detach', async () => {
    await detachEni(host.vpc, 'eth2');
    await sync();
    await pass(host);
    await planned('detached');
    await expectForeign(host, column);
  });

  test('re-attach with other addresses', async () => {
    await plug(host, reattached);
    await sync();
    await pass(host);
    await planned('reattached');
    await expectForeign(host, column);
  });

  test.each(Object.entries(faults))('caught and taken back: %s', async (_name, fault) => {
    await attachEni(host.vpc, joining);
    await sync();
    const said = await impatiently(host, column.addressing, () => fault(host)).finally(() =>
      detachEni(host.vpc, 'eth4'),
    );
    await sync();
    await pass(host);
    expect(said).toContain('verify-failed');
    await planned('reattached');
  });

  test.each(disturbances[column.image].map(argv => [argv.join(' '), argv] as const))(
    'survives %s',
    async (_name, argv) => {
      expect((await runInGuest(host.guest, argv)).exitCode).toBe(0);
      await planned('reattached');
    },
  );

  test('cycles of attach, change, detach', async () => {
    const { losses, pings } = await underTraffic(host, ownTraffic, async () => {
      for (let cycle = 0; cycle < cycles; cycle++) {
        await attachEni(host.vpc, joining);
        await sync();
        await agentOk(host, ['once']);
        await assignAddress(host.vpc, 'eth4', '10.0.1.92');
        await sync();
        await agentOk(host, ['once']);
        await detachEni(host.vpc, 'eth4');
        await sync();
        await agentOk(host, ['once']);
      }
    });
    expect(losses).toEqual([]);
    expect(pings).toBeGreaterThan(cycles * 20);
    await planned('reattached');
  }, 900_000);

  test('reboot without the agent', async () => {
    await rebootGuest(host.guest);
    await planned('reattached');
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  test('remove', async () => {
    await addForeign(host, column.image);
    const before = await planOf(host);
    // An ENI that is the catch-all's again answers the next advertisement with a default route, which the kernel tells as one of both links.
    await holdAdvertisements(host.vpc);
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['remove']), {
      settle: ['eth0'],
    });
    expect(events.of('eth0')).toEqual([]);
    // ifdown takes the whole link down, and the address on it with it: that is given back.
    await expectForeign(host, column);
    const options = { before, foreign: foreignLines };
    const left = normalFormOfKernel(await kernelOfGuest(host.vpc), { ...before, enis: [] }, options);
    // What stays is the image's own: its catch-all brings leases and autoconfiguration again.
    expect(left.filter(line => !/^address \S+ \S+\/(24|64)( tentative)?$|^route 254 /.test(line))).toEqual(
      [],
    );
  });
}
