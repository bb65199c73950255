// The cloud's metadata service, inside the router namespace, on the cloud's own address: the emulator's command, steered over
// a unix socket (sockets in the file system do not care about network namespaces). The guard of inNamespace applies.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlCommand, sendControl } from '../support/metadata-emulator-control.ts';
import { startBackground, waitFor } from './command.ts';
import { inNamespace } from './namespace.ts';
import { recordingOf } from './recording-of.ts';
import type { Vpc } from './vpc.ts';
import { metadataAddresses } from './vpc-spec.ts';

export interface Emulator {
  /** Sends one command of the emulator's control protocol; resolves with its result. */
  send(command: ControlCommand): Promise<unknown>;
  /** Serves what the VPC is now: after attach, detach, assign, unassign. Until then the metadata lags, as it does in a cloud. */
  sync(): Promise<void>;
  output(): string;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../support/metadata-emulator-cli.ts', import.meta.url));

/** Starts the emulator on all of the provider's addresses, port 80, with the VPC's ENIs. One per VPC. */
export async function startEmulator(vpc: Vpc): Promise<Emulator> {
  const file = join(vpc.dir, 'metadata.json');
  const socket = join(vpc.dir, 'metadata.sock');
  const current = () => recordingOf(vpc.provider, [...vpc.enis.values()]);
  writeFileSync(file, JSON.stringify(current()));
  const addresses = metadataAddresses(vpc.provider);
  const listen = addresses.flatMap(a => ['--listen', a.includes(':') ? `[${a}]:80` : `${a}:80`]);
  const options = [...listen, '--in-namespace', '--control', socket];
  // It starts for each VPC, from its TypeScript.
  const cache = `NODE_COMPILE_CACHE=${join(import.meta.dirname, '../../node_modules/.cache/eni-agent-lab')}`;
  const argv = await inNamespace(vpc.router, ['env', cache, process.execPath, program, file, ...options], {
    router: vpc.router,
    addresses,
  });
  const server = startBackground(argv);
  await waitFor(() => /^ready$/m.test(server.output()) || !server.running(), 10_000);
  if (!server.running() || !/^ready$/m.test(server.output())) {
    await server.stop();
    throw new Error(`the metadata emulator did not start: ${server.output().trim()}`);
  }
  return {
    send: command => sendControl(socket, command),
    sync: async () => {
      await sendControl(socket, { do: 'replace', recording: current() });
    },
    output: server.output,
    stop: server.stop,
  };
}
