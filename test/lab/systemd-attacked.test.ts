// A daemon that somebody has taken over, in the unit as it is installed: a planted program in its place tries what it could want. What is open to it is
// what docs/systemd.md says, and nothing else.
// needs: tree trixie
// needs with --all: tree bookworm, tree bullseye
// more with --all: three versions of systemd instead of one
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { partOf } from '../needs/selection.ts';
import { codeColumn, fences, readDocument, section, tableRows } from '../unit/docs/documents.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import type { Background } from './command.ts';
import { waitFor } from './command.ts';
import { settled, startDaemon } from './daemon-host.ts';
import { guestOk, runInGuest, startInGuest } from './guest-commands.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from './guest-files.ts';
import { attacker, attackerPath } from './planted-attacker.ts';
import { createSystemdHost, shippedText } from './systemd-host.ts';

const columns = [
  { suite: 'trixie', image: 'networkd' },
  { suite: 'bookworm', image: 'ifupdown-systemd' },
  { suite: 'bullseye', image: 'networkd' },
] as const;
const chosen = partOf(columns, ({ suite }) => suite === 'trixie');
const unit = 'eni-agent.service';
const dropIn = `/etc/systemd/system/${unit}.d/planted.conf`;
const answers = '/run/attacker-answers';

// As root has them, with sockets that command a machine and one that the unit does not know.
const secrets = ['/etc/shadow', '/etc/ssh/ssh_host_planted_key', '/var/lib/cloud/user-data.txt'];
const hidden = ['/root/planted', '/home/planted', ...secrets];
const sockets = ['/run/docker.sock', '/run/containerd/containerd.sock', '/run/podman/podman.sock'];
const unknownSocket = '/run/planted.sock';

const listener = String.raw`
use Socket;
for (@ARGV) { my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) and bind($s, pack_sockaddr_un($_)) and listen($s, 5) or die "$_: $!"; push @all, $s; }
print "ready\n" if $| = 1; sleep 600;
`;

describe.each(chosen)('$image on $suite', ({ suite, image }) => {
  let host: AgentHost;
  const background: Background[] = [];
  let inside: ReadonlyMap<string, string>;
  let outside: ReadonlyMap<string, string>;
  let attempts: readonly string[];

  /** Starts a program that stays, and returns its number as the guest has it. */
  const start = async (...argv: readonly string[]) => {
    const running = await startInGuest(host.guest, ['sh', '-c', 'echo "pid $$"; exec "$@"', 'sh', ...argv]);
    background.push(running);
    await waitFor(() => /pid \d+/.test(running.output()), 5000);
    return /pid (\d+)/.exec(running.output())?.[1] ?? '';
  };

  const attackWith = async (settings: string) => {
    const words = attempts.map(word => `"${word}"`).join(' ');
    const planted = `[Service]\nType=oneshot\nRestart=no\nExecStart=\nExecStart=/usr/bin/perl ${attackerPath} ${words}\n`;
    // denials.ts has refused calls kill; here they are errors, as the unit has it.
    writeGuestFile(
      host.guest,
      dropIn,
      `${planted}StandardOutput=file:${answers}\nSystemCallErrorNumber=EPERM\nSystemCallFilter=~@aio\n${settings}`,
    );
    await guestOk(host.guest, ['systemctl', 'daemon-reload']);
    await guestOk(host.guest, ['systemctl', 'start', unit]);
    removeGuestFile(host.guest, dropIn);
    await guestOk(host.guest, ['systemctl', 'daemon-reload']);
    const said = readGuestFile(host.guest, answers) ?? '';
    removeGuestFile(host.guest, answers);
    return answersOf(said);
  };

  beforeAll(async () => {
    host = await createSystemdHost(
      { name: `attacked${suite}`, provider: 'aws', enis: [primary, first] },
      { suite, image },
    );
    writeGuestFile(host.guest, attackerPath, attacker);
    for (const path of [...hidden.filter(path => path !== '/etc/shadow'), '/srv/planted'])
      writeGuestFile(host.guest, path, 'secret\n', 0o600);
    writeGuestFile(host.guest, '/srv/others', 'secret\n', 0o600);
    await guestOk(host.guest, ['chown', 'nobody', '/srv/others']);
    await guestOk(host.guest, ['mkdir', '-p', '/run/containerd', '/run/podman']);
    await start('perl', '-e', listener, '--', ...sockets, unknownSocket);
    await waitFor(() => background[0]?.output().includes('ready') === true, 5000);
    const user = ['setpriv', '--reuid', 'nobody', '--clear-groups', 'sleep', '600'];
    const processes = [await start('sleep', '600'), await start(...user)];
    attempts = [
      `process:a process of root=${processes[0]}`,
      `process:a process of another user=${processes[1]}`,
      ...hidden.map(path => `file:${path}=${path}`),
      'file:a file of root=/srv/planted',
      'file:a file of another user=/srv/others',
      ...sockets.map(path => `socket:${path}=${path}`),
      `socket:another socket of root=${unknownSocket}`,
      'host:any address=10.0.0.253',
    ];
    inside = await attackWith('');
    // In namespaces of its own: some of it succeeds.
    const free = ['unshare', '--mount', '--uts', '--ipc', 'perl', attackerPath, ...attempts];
    outside = answersOf(await guestOk(host.guest, free));
  });
  afterAll(async () => {
    for (const running of background) await running.stop();
    await destroyAgentHost(host);
  });

  test('the attacks work where there is no sandbox', () => {
    const onlyInside = [...inside].filter(([name, end]) => end !== 'open' && outside.get(name) === 'open');
    expect(onlyInside.length).toBeGreaterThan(45);
    expect(foldersIn(outside)).toEqual(['/']);
  });

  test('what is open is what the document says', () => {
    const open = [...inside].flatMap(([name, end]) =>
      end === 'open' ? [name.replace(/^netlink [1-9]\d*$/, 'netlink beyond 0')] : [],
    );
    const documented = codeColumn(
      tableRows(section(readDocument('docs/systemd.md'), 'What code inside it reaches')),
    );
    // systemd 247 does not know the setting that refuses it, and Debian's 252 is built without it.
    const older = suite === 'trixie' ? [] : ['listen'];
    expect([...new Set(open)].sort()).toEqual([...documented, ...older].sort());
  });

  test('it writes where the unit says, and nowhere else', async () => {
    const settings = shippedText(unit).split('\n');
    const named = (key: string) =>
      settings
        .filter(line => line.startsWith(`${key}=`))
        .flatMap(line => line.slice(key.length + 1).split(' '));
    const paths = [
      ...named('ReadWritePaths').map(path => path.replace(/^-/, '')),
      ...named('StateDirectory').map(name => `/var/lib/${name}`),
      ...named('CacheDirectory').map(name => `/var/cache/${name}`),
      ...['/tmp', '/var/tmp'],
    ].filter(path => !path.startsWith('/proc/'));
    const there = await Promise.all(
      paths.map(async path => (await runInGuest(host.guest, ['test', '-d', path])).exitCode === 0),
    );
    expect(foldersIn(inside)).toEqual(paths.filter((_, n) => there[n]).sort());
  });

  test('the narrower network of the document: the metadata is reached, and nothing else', async () => {
    const recipe = fences(readDocument('docs/systemd.md'))
      .find(({ lines }) => lines.includes('IPAddressDeny=any'))!
      .lines.filter(line => !line.startsWith('#'))
      .join('\n');
    expect((await attackWith(recipe)).get('reach any address')).toBe('EPERM');
    // With the calls as the unit has them, which denials.ts changes.
    writeGuestFile(host.guest, dropIn, `${recipe}\nSystemCallErrorNumber=EPERM\nSystemCallFilter=~@aio\n`);
    await guestOk(host.guest, ['systemctl', 'daemon-reload']);
    await settled(await startDaemon(host));
  });
});

function answersOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map(line => (line.startsWith('folder ') ? [line, 'folder'] : (line.split(': ') as [string, string]))),
  );
}

function foldersIn(all: ReadonlyMap<string, string>): readonly string[] {
  return [...all.keys()]
    .filter(name => name.startsWith('folder '))
    .map(name => name.slice('folder '.length))
    .sort();
}
