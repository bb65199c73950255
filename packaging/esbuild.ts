// `npm run build [-- --outdir DIR --metafile FILE]`: bundles the agent and its launcher with esbuild, each with its libraries in one file.
// Parts of the libraries that this program never uses are left out, since what is loaded costs at every start.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const leftOutFile = path.join(import.meta.dirname, 'left-out.cjs');

/** Of pino its worker thread, redaction and assertions; of execa the end of children at our exit, verbose mode, and programs of node_modules. */
const leftOutModules = ['thread-stream', 'worker_threads', '@pinojs/redact', 'assert'].concat([
  'signal-exit',
  'figures',
  'yoctocolors',
  'pretty-ms',
  'node:v8',
  'npm-run-path',
]);

/**
 * Files of execa, as this program needs them. It starts programs in one way only: no other function, no template string, no pipe from
 * program to program, no messages, no stream but those of Node.
 */
const execaFiles: Readonly<Record<string, string>> = {
  'index.js': `
    import { createExeca } from './lib/methods/create.js';
    export const execa = createExeca(() => ({}));`,
  'lib/methods/template.js':
    'export const isTemplateString = () => false; export const parseTemplates = leftOut;',
  'lib/methods/main-sync.js': 'export const execaCoreSync = leftOut;',
  'lib/pipe/setup.js': 'export const pipeToSubprocess = leftOut;',
  'lib/convert/add.js': 'export const addConvertedStreams = () => {};',
  'lib/ipc/methods.js': 'export const addIpcMethods = () => {};',
};

const lessOfExeca: Plugin = {
  name: 'less-of-execa',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/execa\/.*\.js$/ }, ({ path: file }) => {
      const name = file.slice(file.lastIndexOf('/execa/') + '/execa/'.length);
      if (name === 'lib/utils/standard-stream.js') {
        // It asks Node for all three, which opens them: none of ours is ever given to a program.
        const text = readFileSync(file, 'utf8');
        const all = '[process.stdin, process.stdout, process.stderr]';
        if (!text.includes(all))
          throw new Error(`${name} of execa no longer has ${all}: look at ${import.meta.filename}`);
        return { contents: text.replace(all, '[]') };
      }
      const contents = execaFiles[name];
      return contents === undefined
        ? undefined
        : { contents: `import leftOut from '${leftOutFile}';${contents}` };
    });
  },
};

export const bundleOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  outExtension: { '.js': '.cjs' },
  alias: Object.fromEntries(leftOutModules.map(name => [name, leftOutFile])),
  plugins: [lessOfExeca],
} as const satisfies BuildOptions;

if (import.meta.main) {
  const { values } = parseArgs({
    options: { outdir: { type: 'string', default: 'dist' }, metafile: { type: 'string' } },
  });
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints: { 'eni-agent': 'agent/main.ts', launcher: 'agent/launcher.ts' },
    outdir: values.outdir,
    metafile: true,
    logLevel: 'error',
  });
  if (values.metafile !== undefined) writeFileSync(values.metafile, JSON.stringify(metafile));
}
