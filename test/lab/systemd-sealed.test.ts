// What nobody may get from the installed unit: an inspector in a process of root.
// needs: tree bookworm
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { type Daemon, settled, startDaemon } from './daemon-host.ts';
import { guestOk } from './guest-commands.ts';
import { createSystemdHost } from './systemd-host.ts';

let host: AgentHost;
let daemon: Daemon;
const mainPid = async () =>
  (await guestOk(host.guest, ['systemctl', 'show', '-P', 'MainPID', 'eni-agent.service'])).trim();

beforeAll(async () => {
  host = await createSystemdHost(
    { name: 'sealed', provider: 'aws', enis: [primary, first] },
    { image: 'ifupdown-systemd' },
  );
  daemon = await startDaemon(host);
  await settled(daemon);
});
afterAll(async () => destroyAgentHost(host));

test('SIGUSR1 opens no inspector, of the daemon and of a command, and ends no daemon', async () => {
  const before = await mainPid();
  expect(before).toMatch(/^[1-9]\d*$/);
  const script = `
    eni-agent status --watch > /dev/null & sleep 1
    kill -USR1 ${before} $!; sleep 1
    cat /proc/net/tcp; kill $! 2> /dev/null || true`;
  const listening = await guestOk(host.guest, ['sh', '-c', script]);
  // Port 9229, of any address.
  expect(listening).not.toMatch(/:240D /i);
  expect(await mainPid()).toBe(before);
});
