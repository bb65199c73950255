// The run-time file with which cloud-ifupdown-helper has configured a new link makes way for ours. A rollback gives it back as it was, also
// what is masked where the program only reads it.
import { expect, test } from 'vitest';
import { crash } from './crash-story.ts';
import { awsTwoEnis, onceOk, useMachines } from './story.ts';

const start = useMachines();
const helper = '/run/network/interfaces.d/eth1';
const stanza = 'auto eth1\nallow-hotplug eth1\niface eth1 inet dhcp\n';

test.each([
  ['as the helper writes it', stanza],
  ['with a secret', `${stanza}    wireless-key-psk hunter2\n`],
  ['with a word that is masked, in a comment', `# no password here\n${stanza}`],
])('%s', async (_name, text) => {
  const machine = await start({ recording: awsTwoEnis });
  const interfaces = machine.system.files.get('/etc/network/interfaces')!.content;
  machine.system.put('/etc/network/interfaces', `source-directory /run/network/interfaces.d\n${interfaces}`);
  machine.system.put(helper, text);
  machine.system.sh('ifup eth1');
  await onceOk(machine);
  expect(machine.system.files.has(helper)).toBe(false);
  machine.system.restart();
  expect(await machine.agent('rollback')).toMatchObject({ code: 0, err: '' });
  expect(machine.system.files.get(helper)?.content).toBe(text);
});

// What was read of the machine before that is no longer true: the file of the helper is there again.
test('killed after it has made way: the next start gives it back first, and ends its DHCP again', async () => {
  const machine = await start({ recording: awsTwoEnis });
  const { system } = machine;
  const interfaces = system.files.get('/etc/network/interfaces')!.content;
  system.put('/etc/network/interfaces', `source-directory /run/network/interfaces.d\n${interfaces}`);
  system.put(helper, stanza);
  system.sh('ifup eth1');
  system.restart();
  const reset = system.snapshot();
  await onceOk(machine);
  const removed = system.steps.indexOf(`remove ${helper}`);
  reset();
  await crash(machine, removed + 2);
  expect(system.files.has(helper)).toBe(false);
  await machine.agent('once');
  expect(system.journal.filter(line => line.startsWith('run if')).slice(-2)).toEqual([
    'run ifdown --force eth1',
    'run ifup --force eth1',
  ]);
  expect(system.files.has(helper)).toBe(false);
  expect(system.kernel.addresses.filter(a => a.link === 'eth1').map(a => a.dynamic)).toEqual([false]);
});
