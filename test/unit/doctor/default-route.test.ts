// `doctor`: a default route in main that the plan refuses is a finding of its own, and no fault of the metadata.
import { afterEach, expect, test } from 'vitest';
import { createMachine, type Machine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(async () => {
  expect(machine.system.unknown).toEqual([]);
  await machine.close();
});

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly saw: string;
  readonly hint: string | null;
}

async function found(config: string): Promise<readonly Finding[]> {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis'), config });
  machine.system.sh('ip -4 rule del priority 28450');
  machine.system.sh('ip -4 route del default');
  machine.system.sh('ip -4 route add default via 172.31.16.1 dev eth0 metric 100');
  await machine.agent('once');
  machine.system.restart();
  const all = JSON.parse((await machine.agent('doctor', '--json')).out).findings as readonly Finding[];
  return all.filter(f => ['metadata', 'default-route'].includes(f.check));
}

const section = '[eni "0a:07:84:3d:6e:01"]\ndefault-route = yes\n';
const fine = { check: 'metadata', verdict: 'ok', hint: null };

test('a metric that may come before the primary’s', async () => {
  const [metadata, finding, ...more] = await found(`${section}metric = 1\n`);
  expect(metadata).toMatchObject(fine);
  expect(finding).toEqual({
    check: 'default-route',
    verdict: 'warning',
    saw: expect.stringMatching(
      /^eni-013cdce36ded5e79f: default-route is left out, because metric 1 is not above \d+, which .*[^:]$/,
    ),
    hint: expect.stringMatching(
      /^set a metric above \d+, or take the key "metric" out of \[eni "0a:07:84:3d:6e:01"\]$/,
    ),
  });
  expect(more).toEqual([]);
});

test('one that may not, and none', async () => {
  expect(await found(section)).toMatchObject([fine]);
});
