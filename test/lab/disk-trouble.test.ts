// Real file systems that take nothing: full, read-only, full below (what is written is lost at the sync), and broken (EIO). Nothing is half written,
// the error names the file, the network stays, and when the disk is mended the change that waited is made.
// needs: tree bookworm
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import type { Outcome } from './command.ts';
import { kernelText } from './daemon-steps.ts';
import { guestOk, runAgent, runInGuest } from './guest-commands.ts';
import { assignAddress } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

interface Fault {
  readonly name: string;
  /** Shell: makes the file system and mounts it on $1. */
  readonly mount: string;
  /** Shell: from now on it takes nothing; `mend` ends that. */
  readonly harm: string;
  readonly mend: string;
  /** What the agent says of it. */
  readonly said: RegExp;
}

// Room for a few files in a file system that believes to have more: a disk of a thin pool. What is free in it has no room below (fstrim).
const thin = `mkdir -p /tmp/thin; mount -t tmpfs -o size=2200k tmpfs /tmp/thin
truncate -s 16M /tmp/thin/disk; mkfs.ext4 -q -F -b 4096 -O ^has_journal -E lazy_itable_init=1 /tmp/thin/disk
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for n in $(seq 0 31); do [ -e /dev/loop$n ] || mknod /dev/loop$n b 7 $n; done
mount -o loop /tmp/thin/disk $1; rmdir $1/lost+found`;
const tiny = 'mount -t tmpfs -o size=160k,mode=755 tmpfs $1';
const fill = (file: string) => `dd if=/dev/zero of=${file} bs=1k 2> /dev/null || :`;
const device = '$(findmnt -n -o SOURCE $1)';

const faults: readonly Fault[] = [
  {
    name: 'full',
    mount: tiny,
    harm: fill('$1/.filler'),
    mend: 'rm $1/.filler',
    said: /ENOSPC: no space left on device, write/,
  },
  {
    name: 'read-only',
    mount: tiny,
    harm: 'mount -o remount,ro $1',
    mend: 'mount -o remount,rw $1',
    said: /EROFS: read-only file system/,
  },
  {
    name: 'full below',
    mount: thin,
    harm: `sync; fstrim $1; ${fill('/tmp/thin/filler')}`,
    mend: 'rm /tmp/thin/filler',
    said: /ENOSPC: no space left on device, fsync/,
  },
  // The device ends before the blocks that are to be written; another disk comes in its place.
  {
    name: 'broken',
    mount: thin,
    harm: `sync; truncate -s 64k /tmp/thin/disk; losetup -c ${device}`,
    mend: 'rm -rf /tmp/kept; cp -a /tmp/before /tmp/kept; umount $1; cp -a /tmp/kept/. $1/',
    said: /EIO: i\/o error/,
  },
];
const state = '/var/lib/eni-agent';
const files = '/etc/network/interfaces.d';
const file = `${files}/60-eni-eth1`;

let host: AgentHost;
let address = 20;

const shell = (script: string, folder: string) => guestOk(host.guest, ['sh', '-euc', script, 'sh', folder]);
/** Names, modes and contents of a folder, without what fills it. */
const contents = (folder: string) =>
  shell('cd $1; for f in $(ls -A | grep -v -x .filler); do stat -c "%n %a %s" $f; cat $f; done', folder);
const hasAddress = async (wanted: string) =>
  (await guestOk(host.guest, ['ip', '-o', 'addr', 'show', 'eth1'])).includes(`${wanted}/`);

/** The cloud has one more address for eth1. */
async function wantOneMore(): Promise<string> {
  address += 1;
  await assignAddress(host.vpc, 'eth1', `10.0.1.${address}`);
  await host.metadata.sync();
  return `10.0.1.${address}`;
}

async function mountOn(folder: string, { mount }: Fault): Promise<void> {
  await shell(`rm -rf /tmp/before; cp -a $1 /tmp/before\n${mount}\ncp -a /tmp/before/. $1/`, folder);
}

beforeAll(async () => {
  const eni = (number: number): EniSpec => ({
    link: `eth${number}`,
    mac: `02:00:00:00:00:0${number + 1}`,
    subnets: [{ subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`] }],
  });
  host = await createAgentHost({ name: 'disk', provider: 'aws', enis: [eni(0), eni(1)] });
  await agentOk(host, ['once']);
});
afterEach(async () => {
  // What the test has left is what the folder below has from now on.
  const down =
    'if mountpoint -q $1; then rm -f $1/.filler; rm -rf /tmp/kept; cp -a $1 /tmp/kept; umount $1; rm -rf $1/*; cp -a /tmp/kept/. $1/; fi';
  for (const folder of [state, files]) await runInGuest(host.guest, ['sh', '-c', down, 'sh', folder]);
  await runInGuest(host.guest, ['sh', '-c', 'umount /tmp/thin']);
});
afterAll(() => destroyAgentHost(host));

describe.each(faults)('a disk that is $name', fault => {
  const { harm, mend, said } = fault;

  test.each([
    [state, `${state}/checkpoint.json`],
    [files, file],
  ])('below %s', async (folder, path) => {
    await mountOn(folder, fault);
    const before = { network: await kernelText(host), folder: await contents(folder) };
    await shell(harm, folder);
    const wanted = await wantOneMore();
    for (let attempt = 0; attempt < 2; attempt++) {
      const { exitCode, stderr }: Outcome = await runAgent(host.guest, ['once']);
      expect(exitCode, stderr).toBe(1);
      expect(stderr).toMatch(said);
      expect(stderr).toContain(`cannot write ${path}: `);
      expect(stderr).toContain('file-failed');
      expect(await kernelText(host)).toBe(before.network);
      expect(await hasAddress(wanted)).toBe(false);
      expect(await contents(folder)).toBe(before.folder);
    }
    await shell(mend, folder);
    await agentOk(host, ['once']);
    expect(await hasAddress(wanted)).toBe(true);
  });
});

test.each(faults.slice(0, 2))('a /run/eni-agent that is $name keeps nobody from a change', async fault => {
  const folder = '/run/eni-agent';
  await mountOn(folder, fault);
  await shell(fault.harm, folder);
  const wanted = await wantOneMore();
  await agentOk(host, ['once']);
  expect(await hasAddress(wanted)).toBe(true);
  await shell(`${fault.mend}\numount $1`, folder);
});
