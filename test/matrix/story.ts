// The life of a machine, told once for every column: what a cloud does to it, in order, and what must hold after each step.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normalFormOfKernel } from '../../agent/apply/normal-form.ts';
import { holdAdvertisements } from '../lab/advertisements.ts';
import { agentOk, destroyAgentHost } from '../lab/agent-host.ts';
import { countEvents } from '../lab/event-counter.ts';
import { runInGuest } from '../lab/guest-commands.ts';
import { rebootGuest } from '../lab/guest-power.ts';
import { kernelOfGuest } from '../lab/proofs/proof-guest.ts';
import { assignAddress, attachEni, detachEni, unassignAddress } from '../lab/vpc.ts';
import { type Column, nameOf } from './columns.ts';
import { complaintsOf } from './complaints.ts';
import { disturbancesOf } from './disturbances.ts';
import { joining, plugged, reattached } from './enis.ts';
import { faults, impatiently } from './faults.ts';
import { addForeign, foreignLines, mendForeign } from './foreign.ts';
import { Recorder } from './lives/recorder.ts';
import { createMachine, evidenceOf, type Machine, planOf, plug, primaryEvidence } from './machine.ts';
import { expectForeign, expectNothingLost, expectPlanned, noteEvents, pass } from './questions.ts';
import { underTraffic } from './steady.ts';
import { disturbanceStep, faultStep } from './steps.ts';

/** With DHCP a cycle takes up to 15 s, most of it waiting for leases: five of them. */
const cyclesOf = ({ suite, addressing, life }: Column) => {
  const usual = life === undefined && suite === 'bookworm' ? 20 : 5;
  return Math.min(Number(process.env.MATRIX_CYCLES ?? usual), addressing === 'dhcp' ? 5 : 20);
};
const ownTraffic = ['10.0.9.10', '10.0.1.30'] as const;

/** All steps of one column: what column.test.ts calls. */
export function tellStory(column: Column): void {
  describe(nameOf(column), () => tell(column));
}

function tell(column: Column): void {
  let host: Machine;
  const cycles = cyclesOf(column);
  const recorder = new Recorder(column, cycles);
  beforeAll(async () => {
    host = await createMachine(column);
  });
  afterAll(() => destroyAgentHost(host));
  afterAll(() => recorder.write(host));
  const step = (name: string, action: () => Promise<void>, timeout?: number) =>
    test(name, () => recorder.during(name, host, action), timeout);
  const planned = (step: string) => expectPlanned(host, column, step);
  /** The cloud has changed something. networkd deletes foreign rules when a new link appears, before there is any pass: mended here. */
  const sync = async () => {
    await host.metadata.sync();
    await new Promise(resolve => setTimeout(resolve, 300));
    await mendForeign(host);
  };

  step('boot with ENIs', async () => {
    expect(await evidenceOf(host)).toContain(primaryEvidence[column.image]);
    await pass(host);
    await planned('boot');
    await addForeign(host, column.image);
    await planned('boot');
  });

  step('nothing to do', async () => {
    const settle = [...host.vpc.enis.keys(), 'br0'];
    const { events, result } = await countEvents(host.vpc, () => agentOk(host, ['once']), { settle });
    expect(result).toContain('Nothing to do.');
    noteEvents(host, events);
    expect(events.lines).toEqual([]);
  });

  step('hot-plug', async () => {
    await plug(host, plugged);
    await sync();
    await pass(host);
    await planned('hot-plug');
    await expectForeign(host, column);
  });

  step('addresses come and go', async () => {
    await assignAddress(host.vpc, 'eth1', '10.0.1.33');
    await assignAddress(host.vpc, 'eth1', '2001:db8:1::13');
    await unassignAddress(host.vpc, 'eth1', '10.0.1.32');
    await unassignAddress(host.vpc, 'eth1', '2001:db8:1::11');
    await sync();
    const traffic = await underTraffic(host, ['10.0.9.10', '10.0.1.30', '10.0.2.50'], () => pass(host));
    expectNothingLost(host, traffic, 1);
    await planned('addresses');
    await expectForeign(host, column);
  });

  step('a second ENI joins the subnet', async () => {
    const traffic = await underTraffic(host, ownTraffic, async () => {
      await attachEni(host.vpc, joining);
      await sync();
      await pass(host);
    });
    expectNothingLost(host, traffic, 1);
    await planned('joined');
    await expectForeign(host, column);
  });

  step('and leaves it', async () => {
    const traffic = await underTraffic(host, ownTraffic, async () => {
      await detachEni(host.vpc, 'eth4');
      await sync();
      await pass(host);
    });
    expectNothingLost(host, traffic, 1);
    await planned('left');
    await expectForeign(host, column);
  });

  step('detach', async () => {
    await detachEni(host.vpc, 'eth2');
    await sync();
    await pass(host);
    await planned('detached');
    await expectForeign(host, column);
  });

  step('re-attach with other addresses', async () => {
    await plug(host, reattached);
    await sync();
    await pass(host);
    await planned('reattached');
    await expectForeign(host, column);
  });

  for (const [name, fault] of Object.entries(faults))
    step(faultStep(name), async () => {
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

  for (const argv of disturbancesOf(column.image, column.life?.release))
    step(disturbanceStep(argv), async () => {
      expect((await runInGuest(host.guest, argv)).exitCode).toBe(0);
      await planned('reattached');
    });

  step(
    'cycles of attach, change, detach',
    async () => {
      const traffic = await underTraffic(host, ownTraffic, async () => {
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
      // Two of the three passes change the first ENI as well, which shares its subnet.
      expectNothingLost(host, traffic, 2 * cycles);
      expect(traffic.pings).toBeGreaterThan(cycles * 20);
      await planned('reattached');
    },
    900_000,
  );

  const complaints: string[] = [];
  step('reboot without the agent', async () => {
    complaints.push(...(await complaintsOf(host)));
    await rebootGuest(host.guest);
    await planned('reattached');
    expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  });

  step('remove', async () => {
    await addForeign(host, column.image);
    const before = await planOf(host);
    // An ENI that is the catch-all's again answers the next advertisement with a default route, which the kernel tells as one of both links.
    await holdAdvertisements(host.vpc);
    const { events } = await countEvents(host.vpc, () => agentOk(host, ['remove']), {
      settle: ['eth0'],
    });
    noteEvents(host, events);
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

  step('nothing in the journal about our files', async () => {
    complaints.push(...(await complaintsOf(host)));
    expect([...new Set(complaints)]).toEqual([]);
  });
}
