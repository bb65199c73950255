// The import directions and the other rules of ARCHITECTURE.md, read from the real import statements of agent/ and renderers/.
// The tables below are as strict as the code allows: an entry that nothing uses is a failure too, so they only ever grow on purpose.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { section, tableRows } from './docs/documents.ts';
import { type Import, importsOf, withoutComments } from './docs/source-imports.ts';

const root = path.join(import.meta.dirname, '../..');

/** From top to bottom: an import may only go to a unit further down, and only to the ones that are named. */
const units: readonly (readonly [unit: string, mayImport: readonly string[]])[] = [
  // Only the version; the program it loads by name, when it is a bundle.
  ['launcher', ['cli', 'system']],
  ['main', ['cli', 'system']],
  [
    'cli',
    // The commands are thin, but each one joins what it shows: `rollback` the checkpoint with the transaction, `render` a recording
    // with the plan and a renderer. No command but `render` reads metadata or plans; see `narrow`.
    [
      ...[
        'doctor',
        'owner',
        'history',
        'support',
        'migrate',
        'removal',
        'daemon',
        'hooks',
        'pass',
        'apply',
        'config',
        'metadata',
        'plan',
      ],
      ...['renderers', 'system', 'log', 'errors', 'model'],
    ],
  ],
  // plan: which numbers are the agent's. system: whether the kernel was probed, which the facts do not say.
  // coexistence: the container networks that a pass goes by.
  // daemon: what it reports, and whether it lives.
  ['doctor', ['daemon', 'pass', 'apply', 'coexistence', 'plan', 'renderers', 'system', 'model']],
  // pass: which claims count. apply: what is ours. renderers: whose files they are. system: of this machine, or of a folder.
  ['owner', ['pass', 'apply', 'renderers', 'system', 'errors', 'model']],
  // metadata: a recording of it. Everything else: what is to be in the archive.
  [
    'support',
    ['history', 'hooks', 'apply', 'coexistence', 'metadata', 'renderers', 'system', 'log', 'errors', 'model'],
  ],
  // renderers: which folders to watch. metadata: the source that it is given. No network logic.
  // config: where its settings come from, as a type.
  ['daemon', ['pass', 'config', 'metadata', 'records', 'renderers', 'system', 'log', 'errors', 'model']],
  // pass, removal: what configures the ENIs, and what takes it off again. renderers: the mark, and the form of ifcfg files.
  ['migrate', ['removal', 'pass', 'records', 'renderers', 'system', 'errors']],
  ['removal', ['pass', 'apply', 'renderers', 'system', 'model']],
  // pass, renderers: what has changed, as types.
  ['hooks', ['pass', 'renderers', 'system', 'log', 'errors']],
  [
    'pass',
    [
      'history',
      'apply',
      'coexistence',
      'metadata',
      'plan',
      'records',
      'renderers',
      'system',
      'log',
      'errors',
      'model',
    ],
  ],
  // plan: the numbers of a slot, to know what in the kernel has our shape. Not metadata: an apply knows no cloud.
  ['apply', ['history', 'plan', 'records', 'renderers', 'system', 'log', 'errors', 'model']],
  // renderers: the form of a file, and what marks it as ours.
  ['coexistence', ['renderers', 'model']],
  // plan: how many numbers `base` takes. system: only the type.
  ['config', ['plan', 'records', 'system', 'errors', 'model']],
  // log: that it cannot be written. system: files.
  ['history', ['records', 'system', 'log', 'errors', 'model']],
  // renderers: what a change is, as a type. system: files.
  ['records', ['renderers', 'system', 'errors', 'model']],
  // Strangers to each other.
  ['metadata', ['errors', 'model']],
  ['plan', ['model']],
  ['renderers', ['errors', 'model']],
  ['system', ['errors', 'model']],
  ['log', []],
  ['errors', []],
  ['model', []],
];

/** Imports that are allowed, but only where it says. */
const narrow: readonly (readonly [from: string, to: string, where: RegExp, why: string])[] = [
  [
    'cli',
    'metadata',
    /^agent\/cli\/(commands\/render\.ts > agent\/metadata\/recording|(commands\/daemon|status\/watch)\.ts > agent\/metadata\/metadata-source)\.ts$/,
    'render is offline; who reads again and again opens the source for it',
  ],
  [
    'cli',
    'plan',
    /^agent\/cli\/commands\/render\.ts > agent\/plan\/(plan-network|plan-input|imagine-links)\.ts$/,
    'render is offline',
  ],
  [
    'cli',
    'system',
    / > agent\/system\/(system|wakeups|units|look-only|mounted|run-mode|facts\/(host-facts|dmi))\.ts$/,
    'commands get a System, they never make one; of a folder they make one out of it',
  ],
  [
    'cli',
    'daemon',
    /^agent\/cli\/commands\/(daemon|refresh|pause)\.ts > |^agent\/cli\/commands\/remove\.ts > agent\/daemon\/(requests|metrics\/file)\.ts$|\/once\.ts > agent\/daemon\/eni-states\.ts$| > agent\/daemon\/(report|liveness|notices)\.ts$/,
    'others read what the daemon says of itself',
  ],
  ['migrate', 'renderers', / > renderers\/(renderer|formats\/shell-assignments)\.ts$/, 'no renderer'],
  ['migrate', 'system', / > agent\/system\/(system|units|facts\/package-owner)\.ts$/, 'no probes of its own'],
  [
    'main',
    'system',
    /^agent\/main\.ts > agent\/system\/(real-(system|wakeups)|journal-stream)\.ts$/,
    'the one place where they are made',
  ],
  ['launcher', 'cli', / > agent\/cli\/version\.ts$/, 'the version'],
  ['launcher', 'system', / > agent\/system\/compile-cache\.ts$/, 'how it starts the program'],
  ['daemon', 'metadata', / > agent\/metadata\/(metadata-source|read-instance)\.ts$/, 'the types'],
  ['daemon', 'config', /^agent\/daemon\/state\.ts > agent\/config\/source\.ts$/, 'the type'],
  [
    'daemon',
    'renderers',
    / > renderers\/(registry|renderer)\.ts$/,
    'whose folders to watch; the contract: no renderer',
  ],
  [
    'daemon',
    'system',
    / > agent\/system\/(system|wakeups|with-progress|udev|run-mode|facts\/host-facts)\.ts$/,
    'files, clock, what wakes it, how far a pass has come, and facts ahead of a pass',
  ],
  ['doctor', 'plan', / > agent\/plan\/numbering\.ts$/, 'the band'],
  ['doctor', 'daemon', / > agent\/daemon\/(liveness|notices)\.ts$/, 'what it says of itself'],
  [
    'doctor',
    'system',
    / > agent\/system\/(look-only|run-mode|kernel\/(probe|route-lookups|neighbours|pings)|facts\/(rival-facts|owners))\.ts$/,
    'probed or assumed; what no pass needs to know',
  ],
  ['coexistence', 'renderers', / > renderers\/renderer\.ts$/, 'the contract: no renderer'],
  ['apply', 'plan', /^agent\/apply\/own-objects\.ts > agent\/plan\/(eni-plan|numbering)\.ts$/, 'the numbers'],
  ['config', 'plan', / > agent\/plan\/numbering\.ts$/, 'bandWidth'],
  ['config', 'system', / > agent\/system\/(system|trust)\.ts$/, 'the type; who could have written a file'],
  ['hooks', 'renderers', / > renderers\/renderer\.ts$/, 'the contract: no renderer'],
  ['hooks', 'system', / > agent\/system\/(system|trust)\.ts$/, 'the type; who could have written a file'],
  [
    'pass',
    'renderers',
    / > renderers\/(renderer|registry|detect\/select)\.ts$/,
    'the contract: no renderer by name',
  ],
  ['apply', 'renderers', / > renderers\/renderer\.ts$/, 'the contract: it is told which renderer'],
  [
    'renderers',
    'model',
    / > agent\/model\/(address|glob|host|interfaces-text|link-identity|link-sysctls|network-plan|rule-words|value)\.ts$/,
    'not the kernel, not the metadata',
  ],
];

/** Where a module that is not ours may be imported. A library has one home, so that it can be replaced. */
const homes: Readonly<Record<string, RegExp>> = {
  chokidar: /^agent\/system\/real-wakeups\.ts$/,
  execa: /^agent\/system\/run-command\.ts$/,
  pino: /^agent\/log\/(destination|json)\.ts$/,
  'systemd-notify': /^agent\/daemon\/systemd\/readiness\.ts$/,
  diff: /^agent\/cli\/describe\.ts$/,
  ini: /^agent\/config\/ini-lines\.ts$/,
  'ipaddr.js': /^agent\/model\/address\.ts$/,
  'js-yaml': /^renderers\/netplan\/yaml\.ts$/,
  valibot: /^agent\/(config\/|records\/|metadata\/recording\.ts$)/,
  'node:fs': /^agent\/system\//,
  'node:http': /^agent\/metadata\//,
  // Whether bytes are text.
  'node:buffer': /^agent\/metadata\/send-request\.ts$/,
  // Whether the unit is sandboxed.
  'node:process': /^agent\/system\/outside-sandbox\.ts$/,
  // A type.
  'node:stream': /^agent\/system\/run-command\.ts$/,
  'node:timers/promises': /^agent\/(metadata\/|system\/real-wakeups\.ts)/,
  // Pure functions on text: hashes for names, and paths.
  'node:crypto': /^agent\/apply\/fingerprint\.ts$/,
  'node:module': /^agent\/system\/compile-cache\.ts$/,
  'node:zlib': /^agent\/system\/compile-cache\.ts$/,
  'node:vm': /^agent\/system\/compile-cache\.ts$/,
  'node:path':
    /^agent\/(launcher\.ts$|pass\/(finish-interrupted|records\/put-aside)\.ts$|apply\/|cli\/|system\/)/,
  'node:util': /^agent\/cli\/(args|describe|layout)\.ts$/,
};

const pureUnits = ['model', 'plan', 'renderers', 'coexistence'];

const files = ['agent', 'renderers'].flatMap(folder =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => path.join(folder, name)),
);
const sources = new Map(files.map(file => [file, readFileSync(path.join(root, file), 'utf8')]));
const imports = files.flatMap(file => importsOf(file, sources.get(file)!));
const ours = imports.filter(i => i.to.startsWith('agent/') || i.to.startsWith('renderers/'));

function unitOf(file: string): string {
  const [top, second = ''] = file.split('/');
  return top === 'renderers' ? top : second.replace(/\.ts$/, '');
}

function violations(list: readonly Import[]): readonly string[] {
  const order = units.map(([unit]) => unit);
  return list.flatMap(({ from, to }) => {
    const [a, b] = [unitOf(from), unitOf(to)];
    if (a === b) return [];
    const line = `${from} > ${to}`;
    const allowed = units.find(([unit]) => unit === a)?.[1];
    if (allowed === undefined) return [`${line}: ${a} has no entry in the table`];
    if (!allowed.includes(b)) return [`${line}: ${a} may not import ${b}`];
    if (order.indexOf(a) > order.indexOf(b)) return [`${line}: upwards`];
    return narrow
      .filter(([f, t, where]) => f === a && t === b && !where.test(line))
      .map(([, , , why]) => `${line}: only for another reason (${why})`);
  });
}

describe('import directions', () => {
  test('the imports were found', () => {
    // Each file but a few nouns imports something; a pattern that misses a form would show here.
    expect(ours.length).toBeGreaterThan(files.length * 2);
    const source = [
      "import {\n  a,\n  type A,\n} from './y.ts';",
      "export type { B } from '../renderers/z.ts';",
      "import { type C } from './c.ts'; // import d from './d.ts';",
      "/* import e from './e.ts'; */ const pattern = '/etc/*.conf';",
      "const p = await import('pino');",
    ];
    expect(importsOf('agent/x.ts', source.join('\n'))).toEqual([
      { from: 'agent/x.ts', to: 'agent/y.ts', types: false },
      { from: 'agent/x.ts', to: 'renderers/z.ts', types: true },
      { from: 'agent/x.ts', to: 'agent/c.ts', types: true },
      { from: 'agent/x.ts', to: 'pino', types: false },
    ]);
  });

  test('every import goes down, to a unit that the table allows', () => {
    expect(violations(ours)).toEqual([]);
  });

  test('the table notices a wrong one', () => {
    const wrong = [
      { from: 'agent/plan/rules.ts', to: 'agent/system/system.ts' },
      { from: 'renderers/netplan/renderer.ts', to: 'agent/model/kernel-state.ts' },
      { from: 'agent/model/host.ts', to: 'agent/errors.ts' },
      { from: 'agent/new-unit.ts', to: 'agent/errors.ts' },
    ];
    expect(violations(wrong.map(w => ({ ...w, types: true })))).toHaveLength(wrong.length);
  });

  test('nothing in the tables is unused', () => {
    const used = new Set(ours.map(i => `${unitOf(i.from)} > ${unitOf(i.to)}`));
    const entries = units.flatMap(([unit, allowed]) => allowed.map(to => `${unit} > ${to}`));
    expect(entries.filter(entry => !used.has(entry))).toEqual([]);
    expect(narrow.map(([from, to]) => `${from} > ${to}`).filter(entry => !used.has(entry))).toEqual([]);
    expect(units.map(([unit]) => unit).sort()).toEqual([...new Set(files.map(unitOf))].sort());
  });

  test('there is no circle, not even of types, not even within a unit', () => {
    const next = new Map(files.map(file => [file, ours.filter(i => i.from === file).map(i => i.to)]));
    expect(files.flatMap(file => cycleFrom(file, next))).toEqual([]);
    const loop = new Map([
      ['a', ['b']],
      ['b', ['a']],
    ]);
    expect(cycleFrom('a', loop)).toEqual(['a > b > a']);
  });

  test('nothing imports a test, and only the version comes from outside', () => {
    const outside = imports.filter(i => !ours.includes(i) && /[/.]/.test(i.to) && i.to.includes('/'));
    const local = outside.filter(i => !i.to.startsWith('node:')).map(i => `${i.from} > ${i.to}`);
    const wanted = ['agent/model/build.ts > package.json'];
    expect(local).toEqual(wanted.filter(() => local.length > 0));
  });
});

/** The first way from `start` back to itself, as text; none: empty. */
function cycleFrom(start: string, next: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const seen = new Set<string>();
  const search = (at: string, way: readonly string[]): string | undefined => {
    for (const to of next.get(at) ?? []) {
      if (to === start) return [...way, to].join(' > ');
      if (seen.has(to)) continue;
      seen.add(to);
      const found = search(to, [...way, to]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = search(start, [start]);
  return found === undefined ? [] : [found];
}

describe('what a file may use', () => {
  const modules = imports.filter(i => !ours.includes(i) && !i.to.endsWith('package.json'));

  test('every module has its home', () => {
    const lost = modules.filter(i => !homes[i.to]?.test(i.from)).map(i => `${i.from} > ${i.to}`);
    expect(lost).toEqual([]);
    expect(Object.keys(homes).filter(name => !modules.some(i => i.to === name))).toEqual([]);
  });

  /** Lines of code outside of comments and of the files that match `except`. */
  const uses = (pattern: RegExp, except: RegExp): readonly string[] =>
    files
      .filter(file => !except.test(file))
      .flatMap(file =>
        withoutComments(sources.get(file)!)
          .split('\n')
          .filter(line => pattern.test(line))
          .map(line => `${file}: ${line.trim()}`),
      );
  const nowhere = /^$/;

  test('JSON that comes from a disk or a service goes through a shape', () => {
    // What our own command has printed, and what is copied to the archive of `support`.
    const known = /^agent\/(records\/own-file|metadata\/.*|support\/parts|cli\/commands\/support)\.ts$/;
    // Written out there, because records stand above system.
    const own = /^agent\/system\/(facts\/tool-memory|kernel\/probe)\.ts: /;
    expect(uses(/\bJSON\.parse\(/, known).filter(line => !own.test(line))).toEqual([]);
  });

  test('the process belongs to main, and nothing ends it early', () => {
    // A command gets what it needs of the process (ProcessSeam) under that name; a UUID needs a module of Node that few need.
    const named =
      /\bprocess\.(pid|notifySocket|watchdog|openWakeups|releaseMemory)\b|: process \}|getBuiltinModule/;
    expect(
      uses(/\bprocess\.(?!$)/, /^agent\/(main|launcher)\.ts$/).filter(line => !named.test(line)),
    ).toEqual([]);
    // The daemon's own end, behind a systemd-notify that hangs.
    expect(uses(/\bprocess\.exit\(/, nowhere)).toEqual([expect.stringContaining("argv[0] === 'daemon'")]);
    expect(uses(/\bprocess\.exitCode/, nowhere)).toHaveLength(1);
  });

  test('no fetch, no console, no shell', () => {
    expect(uses(/(?<![.\w])fetch\(/, nowhere)).toEqual([]);
    expect(uses(/\bconsole\./, nowhere)).toEqual([]);
    expect(uses(/\bshell: true|\bexec(Sync)?\(['"`]|'sh', '-c'/, nowhere)).toEqual([]);
  });

  test('the pure parts have no clock and no dice', () => {
    const impure = new RegExp(`^(?!agent/(${pureUnits.join('|')})/|renderers/)`);
    expect(uses(/\bDate\b(?!\.parse)|\bMath\.random|\bsetTimeout|\bperformance\.|\bawait\b/, impure)).toEqual(
      [],
    );
    // The words are found where they are allowed, so that the pattern is right.
    expect(uses(/\bDate\.now|\bsetTimeout/, /^(?!agent\/system\/)/).length).toBeGreaterThan(0);
  });

  test.each(files)('%s has at most 220 lines and says what it is', file => {
    const lines = sources.get(file)!.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(220);
    expect(lines.find(line => !line.startsWith('#!'))).toMatch(/^\/\/ \S/);
  });
});

test('a comment names only files that exist', () => {
  const listed = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    f => !/node_modules|^dist/.test(f),
  );
  const names = new Set(listed.map(file => path.basename(file)));
  const mentions = files.flatMap(file =>
    [...sources.get(file)!.matchAll(/^\s*(?:\/\/|\/?\*).*$/gm)]
      .flatMap(([comment]) => comment.match(/[\w./-]+\.ts\b/g) ?? [])
      .map(mention => ({ file, mention })),
  );
  expect(mentions.length).toBeGreaterThan(10);
  expect(mentions.filter(({ mention }) => !names.has(path.basename(mention)))).toEqual([]);
});

test('no folder has more than 20 files', () => {
  const folders = Map.groupBy(files, file => path.dirname(file));
  const crowded = [...folders].filter(([, inside]) => inside.length > 20).map(([folder]) => folder);
  expect(crowded).toEqual([]);
});

test('the code map of ARCHITECTURE.md has a row for each unit', () => {
  const text = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  const rows = tableRows(section(text, 'Code map')).flatMap(row => row[0]!.replaceAll('`', '').split(', '));
  const entries = readdirSync(path.join(root, 'agent'), { withFileTypes: true }).map(
    entry => `agent/${entry.name}${entry.isDirectory() ? '/' : ''}`,
  );
  expect(rows.sort()).toEqual([...entries, 'renderers/'].sort());
});

test('every wait goes by System.ticks or the like: the wall clock, which anybody may set, is for what is written down', () => {
  const allowed = /^agent\/(system\/real-system|system\/outside-sandbox|metadata\/backoff)\.ts$/;
  const found = [...sources].filter(
    ([file, text]) => /\bDate\.now\b|new Date\(\)/.test(text) && !allowed.test(file),
  );
  expect(found.map(([file]) => file)).toEqual([]);
});
