// What a maintainer needs to repeat a problem: one line for each part. Nothing here copies a file of another program.
import { renderers } from '../../renderers/registry.ts';
import { isMarked } from '../../renderers/renderer.ts';
import { readOwnedFiles } from '../apply/ownership.ts';
import { settlementFiles } from '../coexistence/drop-ins.ts';
import { historyPath } from '../history/store.ts';
import { hookFolder } from '../hooks.ts';
import { recordingOf } from '../metadata/make-recording.ts';
import { readInstance } from '../metadata/read-instance.ts';
import { build, describeBuild } from '../model/build.ts';
import type { Settings } from '../model/settings.ts';
import { readDmi } from '../system/facts/dmi.ts';
import { readHostFacts } from '../system/facts/host-facts.ts';
import type { System } from '../system/system.ts';
import { commandPart, filePart, json, type Part } from './part.ts';
import { withoutForeign } from './redact.ts';

const state = '/var/lib/eni-agent';
const run = '/run/eni-agent';
const config = '/etc/eni-agent';

/** @param settings may throw: then the parts that need them are missing */
export async function machineParts(
  system: System,
  settings: () => Promise<Settings>,
): Promise<readonly Part[]> {
  return [
    { name: 'versions.txt', about: 'eni-agent, system and kernel', make: () => versions(system) },
    { name: 'facts.json', about: 'what was probed to find the network service', make: () => facts(system) },
    {
      name: 'metadata.json',
      about: 'a recording of the metadata keys that eni-agent reads, for "eni-agent render --metadata"',
      make: () => metadata(system, settings),
    },
    ...kernelParts(system),
    ...['state.json', 'checkpoint.json', 'last-change.json'].map(name => recordPart(system, name)),
    filePart(system, historyPath, 'state/history.jsonl', 'what was changed, when and why'),
    filePart(system, `${run}/daemon/report.json`, 'run/report.json', 'the report of the daemon'),
    filePart(system, `${run}/metrics.prom`, 'run/metrics.prom', 'the metrics'),
    filePart(system, `${run}/pause.json`, 'run/pause.json', 'the mark of a pause'),
    ...(await configParts(system)),
    ...(await ownFileParts(system)),
    {
      name: 'hooks.txt',
      about: 'names and modes of the hooks, not their content',
      make: () => hooks(system),
    },
    ...serviceParts(system),
  ];
}

async function versions(system: System): Promise<string> {
  const tools = await Promise.all(
    [
      ['uname', '-srm'],
      ['ip', '-V'],
      ['systemctl', '--version'],
    ].map(async ([program = '', ...args]) => {
      const { stdout } = await system.run([program, ...args]);
      return stdout.split('\n')[0] ?? '';
    }),
  );
  const release = (await system.readFile('/etc/os-release')) ?? '';
  return `eni-agent ${describeBuild(build)}\n${tools.filter(line => line !== '').join('\n')}\n\n${release}`;
}

async function facts(system: System): Promise<string> {
  const { files, ...rest } = await readHostFacts(system);
  const seen = Object.entries(files).map(([path, content]) => ({
    path,
    ours: isMarked(content),
    characters: content.length,
  }));
  return json({ ...rest, files: seen });
}

async function metadata(system: System, settings: () => Promise<Settings>): Promise<string> {
  const { provider, url, timeoutMs } = (await settings()).metadata;
  const reading = await readInstance({ provider, url, timeoutMs, dmi: await readDmi(system) });
  return json(recordingOf(reading, 'eni-agent support'));
}

function kernelParts(system: System): readonly Part[] {
  const part = (name: string, ...words: readonly string[]): Part =>
    commandPart(system, `kernel/${name}`, `"ip ${words.join(' ')}"`, ['ip', ...words]);
  return [
    part('links.json', '-d', '-j', 'link'),
    part('addresses.json', '-d', '-j', 'addr'),
    ...['4', '6'].flatMap(family => [
      part(`rules-${family}.txt`, `-${family}`, 'rule'),
      part(`routes-${family}.txt`, `-${family}`, 'route', 'show', 'table', 'all'),
    ]),
  ];
}

/** Our records of changes: they have whole files, among them such as were replaced. */
function recordPart(system: System, name: string): Part {
  return {
    name: `state/${name}`,
    about: 'a record of eni-agent, without the content of files of others',
    async make() {
      const text = await system.readFile(`${state}/${name}`);
      return text === undefined ? undefined : json(withoutForeign(JSON.parse(text)));
    },
  };
}

async function configParts(system: System): Promise<readonly Part[]> {
  const dropIns = await system.listFolder(`${config}/eni-agent.conf.d`).catch(() => []);
  const names = ['eni-agent.conf', ...dropIns.map(name => `eni-agent.conf.d/${name}`)];
  return names
    .filter(name => name.endsWith('.conf'))
    .map(name => filePart(system, `${config}/${name}`, `config/${name}`, 'the configuration of eni-agent'));
}

async function ownFileParts(system: System): Promise<readonly Part[]> {
  const owners = [...Object.values(renderers), { ownFiles: settlementFiles }];
  const owned = await readOwnedFiles(system, owners).catch(() => new Map<string, { content: string }>());
  return [...owned].map(([path, { content }]) => ({
    name: `files${path}`,
    about: 'a file that eni-agent wrote',
    make: () => Promise.resolve(content),
  }));
}

async function hooks(system: System): Promise<string | undefined> {
  const names = await system.listFolder(hookFolder);
  if (names.length === 0) return undefined;
  const lines = names.map(async name => {
    const stamp = await system.stat(`${hookFolder}/${name}`);
    return `${((stamp?.mode ?? 0) & 0o7777).toString(8).padStart(4, '0')} uid ${stamp?.uid ?? '?'} ${name}\n`;
  });
  return (await Promise.all(lines)).join('');
}

const units = ['eni-agent.service', 'eni-agent-once.service', 'eni-agent-once.path', 'eni-agent-once.timer'];

function serviceParts(system: System): readonly Part[] {
  const properties =
    'Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,StatusText,DropInPaths';
  // Without the name of the host.
  const journal = ['journalctl', '--no-pager', '--no-hostname', '-o', 'short-iso', '-n', '3000'] as const;
  return [
    commandPart(system, 'units.txt', 'state of the units', ['systemctl', 'show', '-p', properties, ...units]),
    commandPart(system, 'journal/units.txt', 'the last 3,000 lines of the units', [
      ...journal,
      ...units.flatMap(unit => ['-u', unit]),
    ]),
    commandPart(system, 'journal/commands.txt', 'what commands of eni-agent have logged', [
      ...journal,
      '-t',
      'eni-agent',
    ]),
    filePart(system, '/var/log/eni-agent.log', 'journal/eni-agent.log', 'the log, without systemd'),
  ];
}
