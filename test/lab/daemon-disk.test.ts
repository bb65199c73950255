// The daemon on a disk that is full when an ENI comes: it says which file, everything else stays as it is and is repaired, and the ENI is served
// when there is room again, by nobody's hand.
// needs: tree trixie
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, plugged, primary } from '../matrix/enis.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import {
  createDaemonHost,
  type Daemon,
  killDaemon,
  readReport,
  settled,
  startDaemon,
} from './daemon-host.ts';
import { allPing, asPlanned, kernelText } from './daemon-steps.ts';
import { guestOk } from './guest-commands.ts';
import { listGuestDir } from './guest-files.ts';
import { attachEni, detachEni } from './vpc.ts';

const folders = ['/var/lib/eni-agent', '/etc/systemd/network'];
let host: AgentHost;
let daemon: Daemon;
const shell = (script: string, folder: string) => guestOk(host.guest, ['sh', '-euc', script, 'sh', folder]);

beforeAll(async () => {
  host = await createDaemonHost(
    { name: 'daemondisk', provider: 'aws', enis: [primary, first] },
    { image: 'networkd', suite: 'trixie', agentKeys: ['verify-timeout = 15'] },
  );
  for (const folder of folders)
    await shell(
      'mkdir -p $1; cp -a $1 /tmp/before; mount -t tmpfs -o size=200k,mode=755 tmpfs $1; cp -a /tmp/before/. $1/; rm -rf /tmp/before',
      folder,
    );
  // It has mounts of its own, and would not see this one.
  await guestOk(host.guest, ['systemctl', 'restart', 'systemd-networkd']);
  daemon = await startDaemon(host);
  await settled(daemon);
});
afterAll(async () => destroyAgentHost(host));

test.each(folders)('%s', async folder => {
  const good = await kernelText(host);
  await shell('dd if=/dev/zero of=$1/.filler bs=1k 2> /dev/null || :', folder);
  await attachEni(host.vpc, plugged);
  await host.metadata.sync();
  const said = () => readReport(host)?.error?.message ?? '';
  expect(await waitFor(() => said().includes('ENOSPC'), 20_000), said()).toBe(true);
  expect(said()).toContain(`cannot write ${folder}/`);
  expect(
    readReport(host)
      ?.enis.map(({ link, state }) => `${link} ${state}`)
      .sort(),
  ).toEqual(['eth1 working', 'eth3 failed']);
  // But for what a link has that is down, or that the image's catch-all has taken.
  const ofOthers = (text: string) =>
    text
      .split('\n')
      .filter(line => !line.includes('eth3') && !line.includes('10.0.3.'))
      .join('\n');
  expect(ofOthers(await kernelText(host))).toBe(ofOthers(good));
  // It may be killed there as well.
  await killDaemon(daemon);
  expect(await waitFor(() => said().includes('ENOSPC'), 20_000), said()).toBe(true);
  expect(listGuestDir(host.guest, folder).filter(name => /tmp/.test(name))).toEqual([]);
  await shell('rm $1/.filler', folder);
  await settled(daemon, 60_000);
  await asPlanned(host);
  await allPing(host);
  await detachEni(host.vpc, plugged.link);
  await host.metadata.sync();
  await settled(daemon, 60_000);
  expect(await kernelText(host)).toBe(good);
});
