// `doctor`: whether the primary is in its link group, and what it costs if it is not.
import { afterEach, describe, expect, test } from 'vitest';
import { linkGroup } from '../../../agent/doctor/link-group.ts';
import type { Inspection } from '../../../agent/pass/inspect.ts';
import { allWords } from '../../support/example-plans.ts';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';
import { alone, primary, resultOf } from '../../support/plan-machine.ts';
import { emptyKernel, familyOf, nic } from '../../support/plan-parts.ts';

let machine: Machine;
afterEach(() => machine.close());

/** After `once` and these commands. */
async function found(recording: string, ...commands: readonly string[]) {
  machine = await createMachine({ recording: loadRecording('aws', recording) });
  expect((await machine.agent('once')).code).toBe(0);
  return findings(...commands);
}

async function findings(...commands: readonly string[]) {
  for (const command of commands) machine.system.sh(command);
  machine.system.restart();
  const { out } = await machine.agent('doctor', '--json');
  const all = JSON.parse(out).findings as readonly {
    check: string;
    verdict: string;
    saw: string;
    hint: string;
  }[];
  return all.filter(f => f.check === 'link group').map(({ verdict, saw, hint }) => [verdict, saw, hint]);
}

/** The fake machine has a route of somebody by the primary. */
const noStatic = 'ip route del 198.51.100.0/24 dev eth0';
const lost = "once a host has told eth0 a smaller MTU, the ENIs' IPv6 to that host is lost for ten minutes";

describe('the link group of the primary', () => {
  test('is there', async () => {
    expect(await found('dual-stack')).toEqual([['ok', 'eth0 is in group 28000', null]]);
  });

  test('has been taken away', async () => {
    expect(await found('dual-stack', noStatic, 'ip link set dev eth0 group 0')).toEqual([
      ['warning', `eth0 is not in group 28000: ${lost}`, 'run "eni-agent once" as root, which sets it'],
    ]);
  });

  test('is somebody’s own; with IPv4 only nothing is lost until main has a route by the primary', async () => {
    const own = "eth0 is in group 7, which is somebody's own, and not in 28000";
    expect(await found('two-enis', 'ip link set dev eth0 group 7')).toEqual([
      [
        'warning',
        `${own}: what the ENIs send to 198.51.100.0/24 leaves by eth0`,
        'if nothing needs that group: ip link set dev eth0 group 0, then "eni-agent once"',
      ],
    ]);
    expect(await findings(noStatic)).toEqual([['ok', `${own}; nothing is lost by that now`, null]]);
  });

  test('no ENI is configured: no question', async () => {
    machine = await createMachine({
      recording: loadRecording('aws', 'two-enis'),
      config: '[agent]\nmanage = listed\n',
    });
    expect(await findings()).toEqual([]);
  });
});

test.each([
  ['the service', true, 'networkd here (systemd 249)'],
  ['the kernel', false, 'this kernel'],
])('%s has no word for it', (_name, suppressGroup, who) => {
  const ipv6 = familyOf(['2001:db8:2::10'], ['2001:db8:2::/64'], 'fe80::1');
  const words = { ...allWords, primaryGroup: undefined };
  const { plan } = resultOf([primary, { ...alone, ipv6 }], { words });
  const inspection = {
    backend: 'networkd',
    primaryLink: 'eth0',
    enis: plan.enis.map(eni => ({ plan: eni })),
    kernel: { ...emptyKernel, links: [nic(0), nic(1)] },
    facts: { kernel: { suppressGroup }, versions: { systemd: '249' } },
  } as unknown as Inspection;
  expect(linkGroup(inspection)).toEqual([
    {
      check: 'link group',
      verdict: 'warning',
      saw: `${who} has no rule that leaves out the routes by eth0: ${lost}`,
      hint: 'nothing can be set here; see "Known limits" in docs/safety.md',
    },
  ]);
});
