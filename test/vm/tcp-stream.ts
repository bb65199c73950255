// A connection like an SSH session, for as long as a story takes: from the client far away to the VM's primary address, a line every 100 ms,
// each echoed with the VM's clock. It must not break; the longest wait for an echo is measured, and the clocks are compared on the way.
import { fileURLToPath } from 'node:url';
import { type Background, slack, startBackground, waitFor } from '../lab/command.ts';
import { inNamespace } from '../lab/namespace.ts';
import { type Vm, vmOk } from './vm.ts';

export interface StreamState {
  /** Lines sent and echoed. */
  readonly sent: number;
  readonly echoed: number;
  /** Longest milliseconds between a line and its echo, the ones under way included; since the last reset. */
  readonly slowestMs: number;
  /** The VM's clock less this machine's in ms, by the quickest echo of the last minute, and how quick that was. */
  readonly clockMs: number;
  readonly clockWithinMs: number;
  /** Why the connection is no more. */
  readonly error?: string;
}

export interface TcpStream {
  state(): StreamState;
  /** Starts the measurement of the slowest echo anew. */
  reset(): void;
  stop(): Promise<void>;
}

const port = 7022;
const program = fileURLToPath(new URL('tcp-stream-client.ts', import.meta.url));

// A unit of its own: it has nothing to do with the shell that starts it.
const server = `systemctl is-active -q lab-echo || systemd-run -q --unit=lab-echo --collect python3 -uc '
import socket, time
listener = socket.create_server(("0.0.0.0", ${port}))
while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for line in connection.makefile("rb"):
        connection.sendall(b"%s %.6f\\n" % (line.strip(), time.time()))
'
for _ in $(seq ${100 * slack}); do ss -Hltn sport = :${port} | grep -q . && exit; sleep 0.1; done; exit 1`;

/** Opens the connection; there is one per VM. */
export async function openStream(vm: Vm): Promise<TcpStream> {
  await vmOk(vm, server);
  const [primary] = vm.vpc.enis.values();
  const address = primary!.subnets[0]!.addresses[0]!;
  const argv = [process.execPath, program, address, String(port)];
  const client: Background = startBackground(await inNamespace(vm.vpc.client, argv));
  const state = () => JSON.parse(client.output().trim().split('\n').at(-1) ?? '') as StreamState;
  const isOpen = () => client.output().endsWith('\n') && state().echoed > 0;
  if (!(await waitFor(() => isOpen() || !client.running(), 10_000, 50)) || !client.running())
    throw new Error(`no TCP connection to the primary: ${client.output()}`);
  return {
    state,
    // SIGUSR2: node's inspector owns SIGUSR1.
    reset: () => process.kill(client.pid, 'SIGUSR2'),
    stop: client.stop,
  };
}
