// The run-time file with which cloud-ifupdown-helper has configured a new link makes way for ours. A rollback gives it back as it was, also
// what is masked where the program only reads it.
import { expect, test } from 'vitest';
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
