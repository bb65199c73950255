// `doctor`: whether the program that makes networkd's files out of netplan's is there and works, before "once" stumbles over it.
import { beforeEach, describe, expect, test } from 'vitest';
import { generatorCheck } from '../../../agent/doctor/generator.ts';
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import type { System } from '../../../agent/system/system.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { FakeNetplan } from '../../support/fake-netplan.ts';

let host: FakeNetplan;
beforeEach(() => {
  host = new FakeNetplan();
});

const generate = '/usr/libexec/netplan/generate';
const configure = '/usr/libexec/netplan/configure';

async function check(
  paths: readonly string[],
  backend: BackendName | undefined = 'netplan',
  system: System = host,
) {
  const facts: HostFacts = { ...factsForBackend('netplan', 'debian-13'), paths };
  return generatorCheck({ backend, facts }, { system });
}

describe('on netplan', () => {
  test.each([[[generate]], [[configure, generate]]])(
    '%j: the one that works is tried on an empty folder',
    async paths => {
      host.splits = paths.includes(configure);
      expect(await check(paths)).toEqual([
        { check: 'generator', verdict: 'ok', saw: `${paths[0]} works`, hint: undefined },
      ]);
      const root = '/run/eni-agent/netplan-check';
      expect(host.journal).toEqual([
        `run mkdir -p -m 0700 ${root}`,
        `run ${paths[0]} --root-dir ${root}`,
        `run rm -rf --one-file-system -- ${root}`,
      ]);
    },
  );

  test('a generator of 1.2 without its other half aborts, and that is said', async () => {
    host.splits = true;
    expect(await check([generate])).toEqual([
      {
        check: 'generator',
        verdict: 'failure',
        saw: `"${generate} --root-dir /run/eni-agent/netplan-check" failed (exit 126): Bail out! ERROR:../src/gen-openvswitch.c:536:_netplan_state_finish_ovs_generate: assertion failed: (generator_dir != NULL); ${generate} was killed by SIGABRT`,
        hint: 'netplan cannot configure any ENI until it works; reinstall the package netplan-generator (before netplan 1.0: netplan.io), then run "eni-agent once"',
      },
    ]);
  });

  test('none of them is there', async () => {
    expect(await check([])).toMatchObject([{ verdict: 'failure', saw: `${generate} does not exist` }]);
    expect(host.journal).toEqual([]);
  });

  test('without root nothing is tried, and nothing is claimed', async () => {
    host.mayWrite = false;
    expect(await check([generate])).toEqual([
      {
        check: 'generator',
        verdict: 'ok',
        saw: `${generate} exists; only root can test whether it works`,
        hint: undefined,
      },
    ]);
  });
});

test('a backend without such a program has no such check', async () => {
  expect(await check([], 'networkd')).toEqual([]);
  expect(
    await generatorCheck({ backend: undefined, facts: factsForBackend('networkd') }, { system: host }),
  ).toEqual([]);
});
