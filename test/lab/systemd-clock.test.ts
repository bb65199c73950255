// Somebody sets the clock while the installed unit runs: drift is repaired at once and a new ENI is served as before, in both directions. CLOCK_REALTIME
// is in no namespace, and the machine's is not touched: a script that Node loads before the program shifts what the daemon takes for the time.
// needs: tree trixie
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, plugged, primary } from '../matrix/enis.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import { type Daemon, readLog, readReport, settled, startDaemon } from './daemon-host.ts';
import { allPing, asPlanned, kernelText } from './daemon-steps.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { writeGuestFile } from './guest-files.ts';
import { ip } from './namespace.ts';
import { createSystemdHost } from './systemd-host.ts';
import { attachEni, detachEni } from './vpc.ts';

const unit = 'eni-agent.service';
const shiftPath = '/run/lab-clock-shift';
const script = `
const { readFileSync } = require('node:fs');
const Real = Date;
const shift = () => { try { return Number(readFileSync('${shiftPath}', 'utf8')); } catch { return 0; } };
globalThis.Date = class extends Real {
  constructor(...words) { if (words.length > 0) super(...words); else super(Real.now() + shift()); }
  static now() { return Real.now() + shift(); }
};
`;
const withClock = '--require=/usr/local/lib/lab-clock.cjs';
const hour = 3_600_000;

let host: AgentHost;
let daemon: Daemon;
/** Milliseconds that the daemon's clock is ahead, as it says itself. */
const ahead = () => Date.parse(readReport(host)?.lookedAt ?? '') - Date.now();

beforeAll(async () => {
  host = await createSystemdHost(
    { name: 'clock', provider: 'aws', enis: [primary, first] },
    {
      image: 'networkd',
      suite: 'trixie',
      agentKeys: ['verify-timeout = 15'],
      files: {
        'usr/local/lib/lab-clock.cjs': script,
        // Its name is behind that of denials.ts, whose script it replaces.
        [`etc/systemd/system/${unit}.d/lab-later-clock.conf`]: `[Service]\nEnvironment=NODE_OPTIONS=${withClock}\n`,
      },
    },
  );
  daemon = await startDaemon(host);
  await settled(daemon);
});
afterAll(async () => destroyAgentHost(host));

test.each([
  ['back by an hour', -hour],
  ['forward by ten years', 87_600 * hour],
  ['back to where it was', 0],
  ['back by ten years', -87_600 * hour],
] as const)('%s', async (_name, shift) => {
  const good = await kernelText(host);
  writeGuestFile(host.guest, shiftPath, String(shift));
  await ip(host.vpc.guest, 'rule', 'del', 'priority', '28600');
  expect(await waitFor(async () => (await kernelText(host)) === good, 5000)).toBe(true);
  await attachEni(host.vpc, plugged);
  await host.metadata.sync();
  await settled(daemon);
  expect(Math.abs(ahead() - shift)).toBeLessThan(300_000);
  await asPlanned(host);
  await allPing(host);
  await detachEni(host.vpc, 'eth3');
  await host.metadata.sync();
  // The command goes by the same clock.
  const refreshed = await runAgent(host.guest, ['refresh'], { env: { NODE_OPTIONS: withClock } });
  expect(refreshed.exitCode, refreshed.stdout + refreshed.stderr).toBe(0);
  await settled(daemon);
  expect(await kernelText(host)).toBe(good);
});

test('it was one daemon all the time, and nothing went wrong', async () => {
  expect(await guestOk(host.guest, ['systemctl', 'show', '-P', 'NRestarts', unit])).toBe('0\n');
  expect((await readLog(daemon)).filter(({ level }) => level === 'error')).toEqual([]);
});
