// What nobody may get from the installed unit: an inspector in a process of root, and a file of his choice.
// needs: tree bookworm
import { afterAll, beforeAll, expect, test } from 'vitest';
import { first, primary } from '../matrix/enis.ts';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { type Daemon, settled, startDaemon } from './daemon-host.ts';
import { guestOk, startInGuest } from './guest-commands.ts';
import { agentPaths } from './guest-init.ts';
import { createSystemdHost } from './systemd-host.ts';

let host: AgentHost;
let daemon: Daemon;
const mainPid = async () =>
  (await guestOk(host.guest, ['systemctl', 'show', '-P', 'MainPID', 'eni-agent.service'])).trim();

const asRoot = (script: string) => guestOk(host.guest, ['sh', '-c', script]);
const asNobody = (script: string) =>
  guestOk(host.guest, [
    'setpriv',
    '--reuid',
    '65534',
    '--regid',
    '65534',
    '--clear-groups',
    'sh',
    '-c',
    script,
  ]);

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

test('nobody holds its locks up, also where an older version left them open to all', async () => {
  const locks = ['/run/eni-agent/lock', '/run/eni-agent/daemon.lock'];
  await asRoot(`chmod 0644 ${locks.join(' ')}; eni-agent once > /dev/null; systemctl restart eni-agent`);
  await settled(daemon);
  for (const lock of locks) {
    expect(await asRoot(`stat -c '%U %a' ${lock}`)).toBe('root 600\n');
    expect(await asNobody(`flock -n ${lock} true 2>&1 || true`)).toContain('Permission denied');
  }
});

const service = `
  const body = 'x\\nMAINPID=331\\n{"level":"info","msg":"forged log line"}\\n\\u001b]0;pwned\\u0007\\u001b[2J';
  require('node:net').createServer(socket => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 000 X\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
  }).listen(8099, '127.0.0.1');`;

test('a service whose status is none and whose answer is a notification: systemd, journal and terminal hear words only', async () => {
  const config = '/etc/eni-agent/eni-agent.conf.d/liar.conf';
  const before = await mainPid();
  const liar = await startInGuest(host.guest, [agentPaths.node, '-e', service]);
  await asRoot(
    `mkdir -p ${config.replace(/\/[^/]*$/, '')}; printf '[metadata]\\nurl = http://127.0.0.1:8099\\n' > ${config}`,
  );
  const { out } = JSON.parse(
    await asRoot(
      `eni-agent refresh > /tmp/said 2>&1; eni-agent once >> /tmp/said 2>&1; ${agentPaths.node} -p 'JSON.stringify({ out: fs.readFileSync("/tmp/said", "latin1") })'`,
    ),
  );
  expect(out).toContain('metadata-');
  expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|^MAINPID|^\{"level"/m);
  expect(await mainPid()).toBe(before);
  expect(await asRoot('systemctl show -P StatusText eni-agent')).not.toMatch(/MAINPID=331\n.|\u001b/);
  const lines = (await asRoot('journalctl -u eni-agent -o cat')).split('\n');
  expect(lines.filter(line => /^MAINPID|"msg":"forged log line"|\u001b/.test(line))).toEqual([]);
  await asRoot(`rm ${config}`);
  await liar.stop();
  await settled(daemon);
});

const state = '/var/lib/eni-agent';

test('with umask 000 its folders and files are its own, also what Node keeps', async () => {
  const unit = '/etc/systemd/system/eni-agent.service.d/umask.conf';
  await asRoot(`
    systemctl stop eni-agent; rm -rf ${state} /run/eni-agent /var/cache/eni-agent/*
    mkdir -p ${unit.replace(/\/[^/]*$/, '')}; printf '[Service]\\nUMask=0000\\n' > ${unit}
    systemctl daemon-reload`);
  await startDaemon(host, daemon);
  await settled(daemon);
  await asRoot('umask 000; eni-agent status > /dev/null; eni-agent once > /dev/null');
  const open = await asRoot(
    `find ${state} /run/eni-agent /var/cache/eni-agent /etc/network -perm /022 ! -type l`,
  );
  expect(open.trim()).toBe('');
  // With the narrowest one who is not root reads it all the same.
  await asRoot('umask 077; eni-agent once > /dev/null');
  for (const command of ['status', 'plan']) await asNobody(`eni-agent ${command} > /dev/null || test $? = 2`);
  await asRoot(`rm ${unit}; systemctl daemon-reload`);
});

test('in a folder that an earlier version has left open, a planted checkpoint is put aside', async () => {
  await asRoot(`chmod 0777 ${state}`);
  const planted = JSON.stringify({
    version: 1,
    time: '2026-01-01T00:00:00Z',
    backend: 'ifupdown',
    changes: [],
    files: [{ path: '/etc/cron.d/pwn', mode: 0o644, before: '* * * * * root id\n' }],
    primary: { link: 'eth0', addresses: [], defaultRoutes: [] },
    committed: false,
    stateBefore: { version: 1, slots: {}, learnedSubnets: {}, lastGood: [], applied: [] },
    knownFaults: [],
  });
  await asNobody(`printf '%s' '${planted}' > ${state}/checkpoint.json`);
  // systemd makes a StateDirectory= its owner's again; what lies in it stays.
  await asRoot('systemctl restart eni-agent');
  await settled(daemon);
  expect(await asRoot(`ls -d /etc/cron.d/pwn ${state}/checkpoint.json 2> /dev/null || true`)).toBe('');
  expect(await asRoot('journalctl -u eni-agent -o cat')).toContain('it belongs to user 65534, not to root');
  await asRoot(`systemctl stop eni-agent; chmod 0777 ${state}`);
  await asNobody(`cp ${state}/state.json ${state}/x; mv -f ${state}/x ${state}/state.json`);
  expect(await asRoot('eni-agent once 2>&1')).toContain(`${state} is writable by users other than root`);
  expect(await asRoot(`stat -c %a ${state}`)).toBe('755\n');
  expect(await asRoot('eni-agent once 2>&1')).toContain('Nothing to do.');
});
