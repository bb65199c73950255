// `npm run build [-- --outdir DIR --metafile FILE]`: bundles the agent and its launcher with esbuild, each with its libraries in one file.
// Parts of the libraries that this program never uses are left out, since what is loaded costs at every start.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import type { Build } from '../agent/model/build.ts';
import { sourceCommit, sourceDate } from './release.ts';

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
 * Files of execa and of what it brings, as this program needs them. It starts programs in one way only: no other function, no template
 * string, no Windows, no pipe from program to program, no messages, nothing printed, no output kept, no stream but those of Node.
 */
const lessFiles: Readonly<Record<string, string>> = {
  'execa/index.js': `
    import { createExeca } from './lib/methods/create.js';
    export const execa = createExeca(() => ({}));`,
  'execa/lib/arguments/command-file.js': `
    export const parseCommandFile = (file, commandArguments, options) => ({ file, commandArguments, options });`,
  'execa/lib/convert/add.js': 'export const addConvertedStreams = () => {};',
  'execa/lib/ipc/buffer-messages.js': `
    export const waitForIpcOutput = async ({ ipcOutput }) => ipcOutput;
    export const getBufferedIpcOutput = async (_, ipcOutput) => ipcOutput;`,
  'execa/lib/ipc/methods.js': 'export const addIpcMethods = () => {};',
  'execa/lib/methods/main-sync.js': 'export const execaCoreSync = leftOut;',
  'execa/lib/methods/template.js': `
    export const isTemplateString = () => false;
    export const parseTemplates = leftOut;`,
  'execa/lib/pipe/setup.js': 'export const pipeToSubprocess = leftOut;',
  'execa/lib/transform/generator.js':
    'export { leftOut as generatorToStream, leftOut as runGeneratorsSync };',
  'execa/lib/verbose/complete.js': 'export const logResult = () => {};',
  'execa/lib/verbose/output.js': `
    export const shouldLogOutput = () => false;
    export { leftOut as logLines, leftOut as logLinesSync };`,
  'execa/lib/verbose/start.js': 'export const logCommand = () => {};',
  'get-stream/source/index.js': `
    export { leftOut as default, leftOut as getStreamAsArrayBuffer, leftOut as getStreamAsArray };
    export class MaxBufferError extends Error {}`,
  '@sindresorhus/merge-streams/index.js': 'export default leftOut;',
  'human-signals/build/src/main.js':
    'export const signalsByName = new Proxy({}, { get: (_, description) => ({ description }) });',
};

/**
 * execa asks Node for the standard streams, to compare with, and Node opens them for that. None of ours is ever given to a program: what
 * stands in their place is like nothing.
 */
const standardStreams: Readonly<Record<string, readonly string[]>> = {
  'execa/lib/utils/standard-stream.js': ['process.stdin', 'process.stdout', 'process.stderr'],
  'execa/lib/stdio/direction.js': ['process.stdin', 'process.stdout', 'process.stderr'],
};

const less: Plugin = {
  name: 'less-of-the-libraries',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\// }, ({ path: file }) => {
      const [, name = ''] = file.split('/node_modules/');
      if (name in standardStreams) {
        const text = readFileSync(file, 'utf8');
        const words = standardStreams[name]!;
        const missing = words.filter(word => !text.includes(word));
        if (missing.length > 0)
          throw new Error(`${name} no longer says ${missing}: look at ${import.meta.filename}`);
        return { contents: words.reduce((changed, word) => changed.replaceAll(word, 'Symbol()'), text) };
      }
      const contents = lessFiles[name];
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
  // The launcher runs the text by itself, where import() would need a loader: require() it is (agent/system/compile-cache.ts).
  supported: { 'dynamic-import': false },
  minify: true,
  legalComments: 'none',
  outExtension: { '.js': '.cjs' },
  alias: Object.fromEntries(leftOutModules.map(name => [name, leftOutFile])),
  plugins: [less],
} as const satisfies BuildOptions;

/** What agent/model/build.ts says of the build: of the commit alone, so that the same sources give the same bytes. */
async function sourceOfBuild(): Promise<Omit<Build, 'version'>> {
  const date = new Date((await sourceDate(process.env)) * 1000).toISOString().slice(0, 10);
  return { commit: await sourceCommit(process.env), date };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { outdir: { type: 'string', default: 'dist' }, metafile: { type: 'string' } },
  });
  const { metafile } = await build({
    ...bundleOptions,
    define: { eniAgentBuild: JSON.stringify(await sourceOfBuild()) },
    entryPoints: { 'eni-agent': 'agent/main.ts', launcher: 'agent/launcher.ts' },
    outdir: values.outdir,
    metafile: true,
    logLevel: 'error',
  });
  if (values.metafile !== undefined) writeFileSync(values.metafile, JSON.stringify(metafile));
}
