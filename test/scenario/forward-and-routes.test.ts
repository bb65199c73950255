// The options `forward` and `routes` on a machine: applied once, known again without the state file, and gone with the option, with `remove` and by
// the script of a purge.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMachine, type Machine } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

const section = '[eni "0a:07:84:3d:6e:01"]\n';
const options = `${section}forward = yes\nroutes = 10.20.0.0/16 via 172.31.32.9, 10.30.0.0/16\n`;
const file = '/etc/eni-agent/eni-agent.conf';
let machine: Machine;

beforeEach(async () => {
  machine = await createMachine({ recording: loadRecording('aws', 'two-enis'), config: options });
});
afterEach(() => machine.close());

const rules = () =>
  machine.system.kernel.rules
    .filter(r => r.priority >= 28900 && r.priority < 29500)
    .map(r => `${r.priority} to ${r.to} table ${r.table}`);
const inMain = () =>
  machine.system.kernel.routes
    .filter(r => r.table === 254 && r.link === 'eth1')
    .map(r => `${r.destination} via ${r.gateway} ${r.metric}`);
const both = {
  rules: ['28900 to 172.31.32.0/20 table 254', '29200 to 172.31.32.0/20 table 28000'],
  inMain: ['10.20.0.0/16 via 172.31.32.9 2000000000', '10.30.0.0/16 via 172.31.32.1 2000000000'],
};
const seen = () => ({ rules: rules().sort(), inMain: inMain().sort() });

async function once(code = 0): Promise<string> {
  machine.system.restart();
  const said = await machine.agent('once');
  expect(said.code, said.out + said.err).toBe(code);
  return said.out;
}

test('are applied once, also where the state file is lost, and go with the option', async () => {
  await once();
  expect(seen()).toEqual(both);
  expect(await once()).toContain('Nothing to do.');
  machine.system.files.delete('/var/lib/eni-agent/state.json');
  await once();
  expect(seen()).toEqual(both);
  machine.system.files.delete('/var/lib/eni-agent/state.json');
  const config = (await machine.system.readFile(file))!;
  machine.system.put(file, config.replace(/^(forward|routes) = .*\n/gm, ''));
  await once();
  expect(seen()).toEqual({ rules: [], inMain: [] });
});

test('go with remove', async () => {
  await once();
  expect((await machine.agent('remove')).code).toBe(0);
  expect(seen()).toEqual({ rules: [], inMain: [] });
});

test('are in plan', async () => {
  const { out } = await machine.agent('plan');
  expect(out).toContain('behind     10.20.0.0/16 via 172.31.32.9 10.30.0.0/16 via 172.31.32.1');
  expect(out).toContain('28900: from all to 172.31.32.0/20 iif lo lookup main');
});
