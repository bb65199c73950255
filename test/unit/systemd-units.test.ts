// The files of systemd/ say the same thing in several places, and depend on what the code does: kept equal here.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settlementFiles } from '../../agent/coexistence/drop-ins.ts';
import { requestFolder } from '../../agent/daemon/requests.ts';
import { exitCodeOf } from '../../agent/errors.ts';
import { onDemandLink } from '../../agent/system/run-mode.ts';
import { launcherInterpreter } from '../../packaging/bundle.ts';
import { renderers } from '../../renderers/registry.ts';
import { readDocument } from './docs/documents.ts';

const read = (name: string) => readFileSync(new URL(`../../systemd/${name}`, import.meta.url), 'utf8');
/** Its settings, without comments and empty lines. */
const settingsOf = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
const sandboxOf = (name: string) => {
  const [, sandbox = ''] =
    /^# --- The sandbox.*\n([\s\S]*)^# --- The end of the sandbox\./m.exec(read(name)) ?? [];
  return settingsOf(sandbox);
};
const valuesOf = (name: string, key: string) =>
  settingsOf(read(name)).flatMap(line =>
    line.startsWith(`${key}=`) ? line.slice(key.length + 1).split(' ') : [],
  );

const service = 'eni-agent.service';

test('both ways to run the agent have the same sandbox', () => {
  expect(sandboxOf(service).length).toBeGreaterThan(25);
  expect(sandboxOf('eni-agent-once.service')).toEqual(sandboxOf(service));
});

test('each folder of each backend and drop-in can be written', () => {
  const open = valuesOf(service, 'ReadWritePaths').map(path => path.replace(/^-/, ''));
  const owned = [...Object.values(renderers).flatMap(r => r.ownFiles), ...settlementFiles].map(
    ({ dir }) => dir,
  );
  expect(owned.length).toBeGreaterThan(15);
  const lost = owned.filter(dir => !open.some(path => dir === path || dir.startsWith(`${path}/`)));
  expect(lost).toEqual([]);
});

test('what can be written is in the document', () => {
  const documented = readDocument('docs/systemd.md');
  for (const path of valuesOf(service, 'ReadWritePaths'))
    expect(documented).toContain(`\`${path.replace(/^-/, '')}\``);
});

test('one mount for all of /run', () => {
  expect(valuesOf(service, 'RuntimeDirectory')).toEqual([]);
  const below = valuesOf(service, 'ReadWritePaths').filter(path => /^-?\/run\/./.test(path));
  expect(below).toEqual([]);
});

test('the same program, with the same options, whatever starts it', () => {
  const [command] = settingsOf(read(service)).filter(line => line.startsWith('ExecStart='));
  const environment = valuesOf(service, 'Environment').filter(word => !word.startsWith('ENI_AGENT_'));
  expect(settingsOf(read(`legacy/${service}`))).toContain(command);
  expect(valuesOf(`legacy/${service}`, 'Environment')).toEqual(environment);
  const script = read('eni-agent.init');
  expect(script).toContain(`command="${command?.slice('ExecStart='.length)}"`);
  expect(script).toContain(`\n${environment.join(' ')}\n`);
});

test('no signal opens the inspector of a Node that runs as root', () => {
  const starts = [service, `legacy/${service}`, 'eni-agent.init'].map(name => read(name));
  for (const text of [...starts, `${launcherInterpreter} `]) {
    const nodes = [...text.matchAll(/\/usr\/lib\/eni-agent\/node (\S+) /g)];
    expect(nodes.map(([, option]) => option)).toEqual(['--disable-sigusr1']);
  }
  // Everything else starts the launcher.
  const others = readdirSync(new URL('../../systemd/', import.meta.url)).filter(name => name.includes('.'));
  for (const name of others.filter(other => !starts.includes(read(other))))
    expect(read(name)).not.toContain('/usr/lib/eni-agent/node');
});

test('before systemd 239 there is no sandbox, and nothing that ends what ifup has started', () => {
  for (const name of [service, 'eni-agent-once.service']) {
    const settings = settingsOf(read(`legacy/${name}`));
    expect(settings).toContain('KillMode=process');
    const shared = sandboxOf(service).filter(line => settings.includes(line));
    expect(shared).toEqual([]);
    expect(settings.filter(line => /^(Memory|Tasks|OOM)/.test(line))).toEqual([]);
  }
});

test('the units and the program mean the same files', () => {
  expect(read('61-eni-agent.rules')).toContain(`TEST=="${onDemandLink}"`);
  const wanted = settingsOf(read('eni-agent-once.path')).filter(line => line.startsWith('WantedBy='));
  expect(wanted).toEqual([`WantedBy=${onDemandLink.split('/').at(-2)?.replace('.wants', '')}`]);
  expect(read('eni-agent-once.path')).toContain(`DirectoryNotEmpty=${requestFolder}\n`);
  expect(read('eni-agent-once.service')).toContain(`find ${requestFolder} -mindepth 1 -delete\n`);
  expect(read('eni-agent-hotplug@.service')).toContain(`touch ${requestFolder}/hotplug\n`);
  expect(read('eni-agent.tmpfiles')).toContain(`d ${requestFolder} 0755 root root`);
});

test('every line of every unit has the same name in the journal, and a dying process is an error', () => {
  const services = ['', 'legacy/'].flatMap(folder =>
    readdirSync(new URL(`../../systemd/${folder}`, import.meta.url))
      .filter(name => name.endsWith('.service'))
      .map(name => `${folder}${name}`),
  );
  expect(services).toHaveLength(7);
  for (const name of services) {
    expect(valuesOf(name, 'SyslogIdentifier'), name).toEqual(['eni-agent']);
    const isAgent = /eni-agent(-once)?\.service$/.test(name);
    expect(valuesOf(name, 'SyslogLevel'), name).toEqual(isAgent ? ['err'] : []);
    expect(valuesOf(name, 'SyslogLevelPrefix'), name).toEqual([]);
  }
});

test('a wrong configuration fails the reload before the daemon hears of it, and is no reason to start again', () => {
  for (const name of [service, `legacy/${service}`]) {
    const reloads = settingsOf(read(name)).filter(line => line.startsWith('ExecReload='));
    expect(reloads).toEqual([
      'ExecReload=/usr/sbin/eni-agent check-config',
      'ExecReload=/bin/kill -HUP $MAINPID',
    ]);
    expect(valuesOf(name, 'RestartPreventExitStatus')).toEqual([String(exitCodeOf('config-invalid'))]);
  }
  expect(read('eni-agent.init')).toMatch(/eni-agent check-config \|\| exit 6\n +kill -HUP/);
});

test('a daemon that hangs is killed at once, where systemd can be told so', () => {
  expect(valuesOf(service, 'WatchdogSec')).toEqual(['10min']);
  expect(valuesOf(`legacy/${service}`, 'WatchdogSec')).toEqual(['10min']);
  expect(valuesOf(service, 'WatchdogSignal')).toEqual(['SIGKILL']);
  // Since systemd 240.
  expect(valuesOf(`legacy/${service}`, 'WatchdogSignal')).toEqual([]);
});

test('no unit runs two modes at a time', () => {
  expect(valuesOf(service, 'Conflicts')).toEqual(
    expect.arrayContaining(['eni-agent-once.path', 'eni-agent-once.timer']),
  );
  for (const name of ['eni-agent-once.path', 'eni-agent-once.timer'])
    expect(valuesOf(name, 'Conflicts')).toEqual([service]);
});

test('docs/systemd.md names each opening', () => {
  const text = readDocument('docs/systemd.md');
  const openings = [
    ...valuesOf(service, 'CapabilityBoundingSet'),
    ...valuesOf(service, 'RestrictAddressFamilies'),
    ...valuesOf(service, 'ReadWritePaths').map(path => path.replace(/^-/, '')),
  ];
  expect(openings.filter(word => !text.includes(`\`${word}\``))).toEqual([]);
});
