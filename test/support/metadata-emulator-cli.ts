// `npm run metadata -- RECORDING --listen 127.0.0.1:8080`: the emulator for people and for the lab. Bundles into one CommonJS file
// (no top-level await, no import.meta), because in a lab namespace there is nothing but a node binary.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { instanceFromRecording, parseRecording } from '../../agent/metadata/recording.ts';
import { providerNamed } from '../../agent/metadata/registry.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import { MetadataEmulator } from './metadata-emulator.ts';
import type { ControlCommand } from './metadata-emulator-control.ts';
import { openControl, sendControl } from './metadata-emulator-control.ts';
import type { ListenAddress } from './metadata-emulator-guard.ts';
import { parseListenAddress } from './metadata-emulator-guard.ts';

const help = `A metadata service that serves a recording.

  npm run metadata -- RECORDING [--listen ADDRESS:PORT]... [--control SOCKET] [--in-namespace]
  npm run metadata -- --control SOCKET --send COMMAND

RECORDING        a JSON file, such as test/fixtures/metadata/aws/two-enis.json (docs/recordings.md)
--listen         where to serve; may be repeated; port 0 takes a free one. Default 127.0.0.1:8080
--control        a unix socket to steer it by while it runs: one JSON command per line
--send           sends one command to the emulator that listens on --control, and prints what came of it
--in-namespace   allows an address that is not loopback, in a network namespace other than the machine's own

Commands
  {"do":"set","path":"/latest/meta-data/...","response":"TEXT"}     or {"status":404,"body":""} as response
  {"do":"merge","responses":{"PATH":"TEXT"}}                        several answers in one step
  {"do":"remove","path":"/latest/meta-data/.../"}                   with a slash at its end: all below it
  {"do":"replace","recording":{...}}                                another recording
  {"do":"fault","fault":{"match":"REGEXP","times":2,"status":503}}  also delayMs, dripMs, drop ("before",
                                                                    "middle"), body, headers, lie (TEXT),
                                                                    method, share (0 to 1)
  {"do":"clear-faults"}  {"do":"expire-tokens"}  {"do":"counters"}  {"do":"log"}  {"do":"clear-log"}
`;

class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(argv);
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  if (values.send !== undefined) {
    if (values.control === undefined) throw new UsageError('--send needs --control SOCKET');
    const result = await sendControl(values.control, readCommand(values.send));
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  const file = positionals[0];
  if (file === undefined || positionals.length > 1) throw new UsageError('name one recording');
  await serve(
    file,
    (values.listen ?? ['127.0.0.1:8080']).map(readAddress),
    values.control,
    values['in-namespace'],
  );
}

async function serve(
  file: string,
  addresses: readonly ListenAddress[],
  control: string | undefined,
  inNamespace: boolean,
): Promise<void> {
  if (!existsSync(file)) throw new UsageError(`there is no recording ${file}`);
  const recording = parseRecording(readFileSync(file, 'utf8'), file);
  const emulator = new MetadataEmulator(recording);
  const urls: string[] = [];
  for (const address of addresses) urls.push(await emulator.listen(address, inNamespace));
  const channel = control === undefined ? undefined : await openControl(emulator, control);

  const contents = await instanceFromRecording(recording).then(
    ({ enis, problems }) => `${enis.length} ENIs, ${problems.length} problems`,
    (error: Error) => `no usable instance (${error.message})`,
  );
  process.stdout.write(describe(file, recording.provider, recording.token, contents, urls, control));

  const stop = () => {
    channel?.close();
    if (control !== undefined) rmSync(control, { force: true });
    void emulator.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function describe(
  file: string,
  provider: ProviderName,
  token: string,
  contents: string,
  urls: readonly string[],
  control: string | undefined,
): string {
  const { title, token: protocol } = providerNamed(provider);
  const url = urls[0]!;
  const tree =
    provider === 'jdcloud' ? '/metadata/latest/network/' : '/latest/meta-data/network/interfaces/macs/';
  const lines = [`${title} metadata from ${file}: ${contents}`, ...urls.map(u => `listening on ${u}`), ''];
  if (protocol === undefined) lines.push(`  curl -H 'Metadata-Flavor: JCS' ${url}${tree}`);
  else {
    lines.push(`A token is ${token}:`);
    lines.push(`  TOKEN=$(curl -sX PUT -H '${protocol.ttlHeader}: 300' ${url}${protocol.path})`);
    lines.push(`  curl -H "${protocol.tokenHeader}: $TOKEN" ${url}${tree}`);
  }
  lines.push(`  npx eni-agent plan --provider ${provider} --metadata-url ${url}`, '');
  if (control === undefined)
    lines.push('Start it with --control SOCKET to change it while it runs (--help).');
  else {
    const command = `{"do":"fault","fault":{"match":"${tree}","times":1,"status":503}}`;
    lines.push(
      'Change it while it runs (--help has all commands):',
      `  npm run metadata -- --control ${control} --send '${command}'`,
    );
  }
  return `${lines.join('\n')}\nready\n`;
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        listen: { type: 'string', multiple: true },
        control: { type: 'string' },
        send: { type: 'string' },
        'in-namespace': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function readCommand(text: string): ControlCommand {
  try {
    return JSON.parse(text) as ControlCommand;
  } catch {
    throw new UsageError('--send takes one JSON command, such as {"do":"counters"}');
  }
}

function readAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined)
    throw new UsageError(`--listen takes ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080, not ${text}`);
  return address;
}

main(process.argv.slice(2)).catch((error: Error) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`metadata emulator: ${error.message}\n${isUsage ? 'see --help\n' : ''}`);
  process.exit(isUsage ? 64 : 1);
});
