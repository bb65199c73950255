// A life on a root tree that somebody brings: what `npm run matrix -- --tree DIR ...` says of it, and how it reaches the test process.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type BackendName, backendNames } from '../../../agent/model/host.ts';
import { parseOsRelease } from '../../../agent/system/facts/os-release.ts';
import { releaseNames } from '../../../renderers/releases/lookup.ts';
import { releaseTable } from '../../../renderers/releases/table.ts';
import { fewestCycles, lifeNames, readLife } from '../../support/recorded-lives.ts';

export interface Life {
  /** Root tree with the network service; it is only read. */
  readonly tree: string;
  readonly backend: BackendName;
  /** Of renderers/releases/table.ts. */
  readonly release: string;
  readonly addressing: 'static' | 'dhcp';
  /** Of the service, where the agent reads none. */
  readonly version?: string;
  /** Name of the recording to write. */
  readonly record?: string;
}

/** Said on standard error; the command ends with 64. */
export class WrongArgument extends Error {}

const options = {
  tree: { type: 'string' },
  backend: { type: 'string' },
  release: { type: 'string' },
  addressing: { type: 'string' },
  version: { type: 'string' },
  record: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

/** Programs that the steps start in the guest, beside those of the service. */
const programs: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  ping: 'iputils-ping',
  perl: 'perl-base',
  sh: 'dash',
};

/** Releases before os-release: the agent knows them by other files. */
const withoutOsRelease = ['centos-6', 'rhel-6', 'sles-11'];

/** Backends whose service tells no version to the agent. */
const untold: readonly BackendName[] = ['initscripts', 'sles11'];

/** Throws WrongArgument with the option, its value and the way out. */
export function parseLife(args: readonly string[]): Life {
  const values = valuesOf(args);
  const must = (name: 'tree' | 'backend' | 'release') => {
    const value = values[name];
    if (value === undefined)
      throw new WrongArgument(`--${name} is missing: a life needs --tree, --backend and --release`);
    return value;
  };
  const tree = treeNamed(must('tree'));
  const backend = backendNames.find(name => name === must('backend'));
  if (backend === undefined) throw wrong('backend', must('backend'), `one of ${backendNames.join(', ')}`);
  const release = must('release');
  if (!Object.hasOwn(releaseTable, release))
    throw wrong('release', release, `one of ${releaseNames().join(', ')}`);
  const addressing = (['static', 'dhcp'] as const).find(name => name === (values.addressing ?? 'static'));
  if (addressing === undefined) throw wrong('addressing', values.addressing ?? '', 'static or dhcp');
  const { version, record } = values;
  if (version !== undefined && !/^\d[\w.+~-]*$/.test(version))
    throw wrong('version', version, 'a version that begins with a digit, such as 9.49.54');
  if (version === undefined && untold.includes(backend))
    throw new WrongArgument(
      `--version is missing: the service of ${backend} tells none; name that of its package`,
    );
  if (record !== undefined && !/^[a-z0-9][a-z0-9.-]*$/.test(record))
    throw wrong(
      'record',
      record,
      'lower-case letters, digits, dots and hyphens: it becomes the name of a file',
    );
  expectSystem(tree, release);
  if (record !== undefined) expectRecordable(record, { backend, release, addressing });
  return {
    ...{ tree, backend, release, addressing },
    ...(version === undefined ? {} : { version }),
    ...(record === undefined ? {} : { record }),
  };
}

/** The life of this run, as test/run.sh hands it over; undefined in every other run. */
export function lifeOfRun(): Life | undefined {
  const text = process.env.ENI_AGENT_LIFE ?? '';
  return text === '' ? undefined : (JSON.parse(text) as Life);
}

/** One recording for each life, and one life for each recording. */
function expectRecordable(record: string, life: Pick<Life, 'backend' | 'release' | 'addressing'>): void {
  const cycles = Number(process.env.MATRIX_CYCLES ?? fewestCycles);
  if (cycles < fewestCycles)
    throw new WrongArgument(`MATRIX_CYCLES=${cycles}: a recording needs ${fewestCycles} cycles or more`);
  const textOf = (l: typeof life) => `${l.backend} of ${l.release} with ${l.addressing} addresses`;
  for (const name of lifeNames()) {
    const other = textOf(readLife(name));
    if (name === record && other !== textOf(life))
      throw wrong('record', record, `another name: this one is that of ${other}`);
    if (name !== record && other === textOf(life))
      throw wrong('record', record, `${name}: that is the recording of ${other}, to be written anew`);
  }
}

function valuesOf(args: readonly string[]) {
  try {
    const { values, tokens } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: false,
      tokens: true,
    });
    const names = tokens.flatMap(token => (token.kind === 'option' ? [token.name] : []));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new WrongArgument(`--${twice} was given twice`);
    return values;
  } catch (error) {
    if (error instanceof WrongArgument) throw error;
    // `Unknown option '--x'. To specify a positional ...`, or `Unexpected argument 'x'. ...`: the rest is about parseArgs.
    const [said = ''] = String(error instanceof Error ? error.message : error).split(/\. |\n/);
    throw new WrongArgument(
      `${said}: a life takes ${Object.keys(options)
        .map(name => `--${name}`)
        .join(', ')}`,
    );
  }
}

function wrong(name: string, value: string, wanted: string): WrongArgument {
  return new WrongArgument(`--${name} "${value.slice(0, 80)}": it has to be ${wanted}`);
}

function treeNamed(tree: string): string {
  if (!path.isAbsolute(tree) || /[:,\\\n]/.test(tree))
    throw wrong(
      'tree',
      tree,
      'an absolute path without colon, comma or backslash, since it becomes a mount option',
    );
  if (!existsSync(path.join(tree, 'etc')))
    throw wrong(
      'tree',
      tree,
      `a root tree with a folder etc${existsSync(tree) ? '' : '; this path does not exist'}`,
    );
  for (const [program, debianPackage] of Object.entries(programs)) {
    const places = ['bin', 'sbin', 'usr/bin', 'usr/sbin'].map(folder => path.join(tree, folder, program));
    if (!places.some(place => existsSync(place)))
      throw wrong(
        'tree',
        tree,
        `a tree that has ${program}, which the steps start: install ${debianPackage} into it`,
      );
  }
  return tree;
}

/** A tree of another system would be rendered for as that system. */
function expectSystem(tree: string, release: string): void {
  const file = ['etc/os-release', 'usr/lib/os-release']
    .map(name => path.join(tree, name))
    .find(name => existsSync(name));
  if (file === undefined && withoutOsRelease.some(name => release.startsWith(name))) return;
  if (file === undefined)
    throw wrong(
      'tree',
      tree,
      'a tree with etc/os-release or usr/lib/os-release, by which the agent knows its system',
    );
  const { id, versionId } = parseOsRelease(readFileSync(file, 'utf8'));
  const { os } = releaseTable[release]!.facts;
  if (id === os.id && isPartOf(versionId, os.versionId)) return;
  throw wrong(
    'release',
    release,
    `that of the tree: its os-release says ID ${id}, VERSION_ID ${versionId}, and ${release} is ${os.id} ${os.versionId}`,
  );
}

/** `7` and `7.9` are one release as far as either tells. */
export function isPartOf(one: string, other: string): boolean {
  return `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
}
