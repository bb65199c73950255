// `eni-agent support`: what is in the archive, what is in no byte of it, and that it comes whatever fails.
import { expect, test } from 'vitest';
import { instanceFromRecording, parseRecording } from '../../agent/metadata/recording.ts';
import type { CommandResult } from '../../agent/system/system.ts';
import type { Machine, Outcome } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { awsPath, awsTwoEnis, eth1Mac, once, setAddresses, useMachines } from './story.ts';

const make = useMachines();

const token = 'AQAEANtjW8OFMcqNZs0S5eYVYUd2ACIHz0_e-iGuQ3Ggx6yKQx4Pfw==';
const secrets = {
  userData: 'planted-in-user-data',
  role: 'planted-in-role-credentials',
  keyfile: 'planted-in-a-keyfile',
  wifi: 'planted-wifi-phrase',
  hook: 'planted-in-a-hook',
  migrated: 'planted-in-what-was-moved-away',
  replaced: 'planted-in-a-replaced-file',
  config: 'planted-in-a-comment',
  host: 'planted-host-name',
};

interface Archive extends Outcome {
  readonly files: ReadonlyMap<string, string>;
  readonly mode: number | undefined;
}

/** The archive that the command makes: what `tar` finds to pack. */
async function supportOf(machine: Machine, ...args: readonly string[]): Promise<Archive> {
  const { system } = machine;
  const run = system.run.bind(system);
  let files = new Map<string, string>();
  let mode: number | undefined;
  const answer = (stdout: string): CommandResult => ({ exitCode: 0, stdout, stderr: '' });
  system.run = async (argv, options) => {
    const line = argv.join(' ');
    if (argv[0] === 'tar') {
      const [, , file, , folder] = argv;
      mode = system.files.get(file!)?.mode;
      const below = [...system.files].filter(([path]) => path.startsWith(`${folder}/`));
      files = new Map(below.map(([path, { content }]) => [path.split('/').slice(5).join('/'), content]));
      expect(below.every(([, found]) => found.mode === 0o600)).toBe(true);
      return answer('');
    }
    if (argv[0] === 'uname') return answer('Linux 6.1.0 x86_64\n');
    if (argv[0] === 'journalctl') {
      expect(line).toContain('--no-hostname');
      return answer(`eni-agent[1]: sent token=${token}\nX-aws-ec2-metadata-token: ${token}\nread ${token}\n`);
    }
    if (argv[0] === 'systemctl' && argv[1] === '--version') return answer('systemd 252\n');
    if (argv[0] === 'systemctl' && line.includes('StatusText')) return answer('Id=eni-agent.service\n');
    if (argv[0] === 'ip' && (line.includes('-j') || line.includes('table all'))) return answer(`${line}\n`);
    return run(argv, options);
  };
  const outcome = await machine.agent('support', ...args);
  system.run = run;
  return { ...outcome, files, mode };
}

async function planted(): Promise<Machine> {
  const machine = await make({ recording: awsTwoEnis });
  const { system, metadata } = machine;
  await once(machine);
  setAddresses(machine, eth1Mac, '172.31.40.10', '172.31.40.12');
  metadata.set('/latest/user-data', secrets.userData);
  metadata.set('/latest/meta-data/iam/security-credentials/role', secrets.role);
  metadata.set(awsPath(eth1Mac, 'owner-id'), secrets.role);
  const keyfile = `[wifi-security]\npsk=${secrets.wifi}\n[vpn]\nremote=${secrets.keyfile}\n`;
  system.put('/etc/NetworkManager/system-connections/vpn.nmconnection', keyfile, 0o600);
  system.put('/etc/netplan/50-wifi.yaml', `network: {wifis: {w: {password: ${secrets.wifi}}}}\n`);
  system.put(
    '/etc/network/interfaces.d/wifi',
    `iface w inet dhcp\n  wpa-psk ${secrets.wifi}\n# ${secrets.keyfile}\n`,
  );
  system.put('/etc/eni-agent/hooks.d/tell', `#!/bin/sh\ncurl ${secrets.hook}\n`, 0o755);
  system.put('/var/lib/eni-agent/migration/record.json', `{"before":"${secrets.migrated}"}`);
  system.put('/etc/hostname', secrets.host);
  const { content = '' } = system.files.get('/etc/eni-agent/eni-agent.conf') ?? {};
  system.put('/etc/eni-agent/eni-agent.conf', `${content}\n# password: ${secrets.config}\n`);
  const last = '/var/lib/eni-agent/last-change.json';
  const change = JSON.parse(system.files.get(last)!.content) as { files: object[] };
  change.files.push({
    path: '/run/network/interfaces.d/eth1',
    mode: 420,
    before: `auto eth1 # ${secrets.replaced}`,
  });
  system.put(last, JSON.stringify(change), 0o600);
  return machine;
}

test('nothing that must not leave the machine is in any byte of it', async () => {
  const machine = await planted();
  const { code, out, err, files, mode } = await supportOf(machine);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Wrote eni-agent-support-20260115-1000.tar.gz\n');
  expect(mode).toBe(0o600);
  const all = [...files].map(([name, text]) => `${name}\n${text}`).join('\n');
  for (const secret of [...Object.values(secrets), token]) expect(all, secret).not.toContain(secret);
  expect(all).not.toContain('AQAEANtjW8OF');
});

test('what a maintainer needs is in it, and the README names each part', async () => {
  const machine = await planted();
  const { files } = await supportOf(machine, '/tmp/there.tar.gz');
  const names = [...files.keys()].filter(name => name !== 'README.txt');
  for (const name of names) expect(files.get('README.txt')).toContain(`  ${name} `);
  expect(names).toEqual(
    expect.arrayContaining([
      ...['versions.txt', 'facts.json', 'metadata.json', 'kernel/rules-4.txt', 'kernel/routes-6.txt'],
      ...['state/state.json', 'state/last-change.json', 'config/eni-agent.conf'],
      ...['files/etc/network/interfaces.d/60-eni-eth1', 'hooks.txt', 'units.txt', 'journal/units.txt'],
      ...['status.txt', 'doctor.txt', 'plan.json'],
    ]),
  );
  expect(files.get('hooks.txt')).toBe('0755 uid 0 tell\n');
  expect(files.get('facts.json')).toContain('/etc/network/interfaces.d/wifi');
  expect(files.get('plan.json')).toContain('172.31.40.12');
  // It repeats what the service said, offline.
  const recording = parseRecording(files.get('metadata.json')!, 'metadata.json');
  const wanted = await instanceFromRecording(machine.metadata.recording);
  expect((await instanceFromRecording(recording)).enis).toEqual(wanted.enis);
  const width = files
    .get('README.txt')!
    .split('\n')
    .filter(line => line.length > 80 && !line.startsWith('  '));
  expect(width).toEqual([]);
  // Nothing of it stays behind.
  expect([...machine.system.files.keys()].filter(path => path.includes('/support-'))).toEqual([]);
});

test('it comes without the metadata, with a broken configuration and broken records', async () => {
  const machine = await planted();
  machine.metadata.remove('/');
  machine.system.put('/etc/eni-agent/eni-agent.conf', '[agent]\nnonsense = 1\n');
  machine.system.put('/var/lib/eni-agent/state.json', '{');
  const { code, out, files } = await supportOf(machine);
  expect(code).toBe(0);
  expect(out).toContain('not collected: metadata.json: ');
  expect(out).toContain('not collected: state/state.json: ');
  const readme = files.get('README.txt')!;
  expect(readme.split('Could not be collected:')[1]).toMatch(/metadata\.json: .*nonsense/);
  expect(files.get('config/eni-agent.conf')).toContain('nonsense');
  expect(files.has('kernel/links.json')).toBe(true);
});

test('an archive that cannot be packed leaves nothing behind; one that is there stays', async () => {
  const machine = await planted();
  machine.system.put('/tmp/mine.tar.gz', 'mine');
  const there = await machine.agent('support', '/tmp/mine.tar.gz');
  expect(there).toMatchObject({ code: 64, err: expect.stringContaining('exists already') });
  expect(machine.system.files.get('/tmp/mine.tar.gz')?.content).toBe('mine');
  machine.system.fail(/^write .*\.tar\.gz/, 'No space left on device');
  const full = await supportOf(machine, '/tmp/full.tar.gz');
  expect(full).toMatchObject({ code: 1, err: expect.stringContaining('file-failed') });
  expect([...machine.system.files.keys()].filter(path => /support-|full/.test(path))).toEqual([]);
});

test('where others may write as well, it comes as a new file, and follows no link that somebody put there', async () => {
  const machine = await planted();
  machine.system.journal = [];
  const { code } = await supportOf(machine, '/tmp/there.tar.gz');
  expect(code).toBe(0);
  // A write goes by way of a file with a known name in the same folder, and through a link of that name.
  expect(machine.system.journal.filter(line => / \/tmp\//.test(line))).toEqual([
    expect.stringMatching(/^copy \/run\/eni-agent\/support-\d+\/\S+\.tar\.gz \/tmp\/there\.tar\.gz$/),
  ]);
  expect(machine.system.files.get('/tmp/there.tar.gz')?.mode).toBe(0o600);
  machine.system.fail(/^copy .*full/, 'No space left on device');
  const full = await supportOf(machine, '/tmp/full.tar.gz');
  expect(full).toMatchObject({ code: 1, err: expect.stringContaining('file-failed') });
  expect([...machine.system.files.keys()].filter(path => /support-|full/.test(path))).toEqual([]);
});

test('of one document with all keys only those that are read', async () => {
  const recording = loadRecording('alibaba', 'all');
  const machine = await make({ recording });
  const all = JSON.parse(String(recording.responses['/latest/meta-data/all'])) as object;
  machine.metadata.set(
    '/latest/meta-data/all',
    JSON.stringify({ ...all, ram: { 'security-credentials': secrets.role }, 'public-keys': secrets.keyfile }),
  );
  const { files } = await supportOf(machine);
  const text = files.get('metadata.json')!;
  expect(text).toContain('/latest/meta-data/all');
  expect(text).not.toMatch(/planted|ram/);
  const parsed = await instanceFromRecording(parseRecording(text, 'metadata.json'));
  expect(parsed.enis).toEqual((await instanceFromRecording(recording)).enis);
});
